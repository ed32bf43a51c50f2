// What the system says about an open file, and the identity made of it.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

// How a volume tells its files apart.
enum class IdScheme {
  kNtfs,   // `ntfs:<64-bit file reference>`, as the raw provider has it
  kRefs,   // `refs:<low>:<high>` of the 128-bit id
  kOther,  // `file:<64-bit id>:<creation time>`: servers may use an id again
};

struct FileFacts {
  std::uint64_t id = 0;
  std::uint64_t id_high = 0;  // ReFS only
  BasicInformation basic = {};
  std::uint32_t link_count = 0;
  std::uint64_t size = 0;  // of the stream that the handle is open on
  bool is_directory = false;
};

Result<FileFacts> FactsOf(HANDLE handle, IdScheme scheme);
std::string IdentityOf(const FileFacts& facts, IdScheme scheme);

// Nanoseconds since 1970-01-01 UTC.
std::int64_t UnixNs(std::int64_t windows_time);

// Its content is not on this disk; reading it would fetch it (facts 2).
bool IsCloudOnly(std::uint32_t attributes);
StreamError CloudOnlyError(const char* operation);

}  // namespace sidestream
