// One named stream, opened relative to its carrier's handle: no path is involved, so none can be
// swapped (FILE_OBJECT, WDK: streams can be opened relative to an open primary data stream).

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "platform/windows/nt_open.h"

namespace sidestream {

// Refuses names that could mean anything but one named $DATA stream.
Status CheckStreamName(std::u16string_view name, const char* operation);

// Opens `:name:$DATA`. The name must have passed CheckStreamName.
NTSTATUS OpenStream(HANDLE carrier, std::u16string_view name, const OpenHow& how,
                    UniqueHandle& stream);

// For reading, with the carrier's access time frozen where the right to do so can be had.
Result<UniqueHandle> OpenStreamToRead(HANDLE carrier, std::u16string_view name);

// I/O through this handle moves no time of the file from now on (facts 3.7).
NTSTATUS FreezeTimes(HANDLE handle);

// Fewer bytes than asked for only at the end.
Result<std::vector<std::byte>> ReadStream(HANDLE stream, std::uint64_t offset,
                                          std::uint64_t length);

struct StreamDigest {
  std::uint64_t size = 0;
  std::array<std::byte, Sha256::kBytes> sha256{};
  std::vector<std::byte> front;
};

// Reads to the end in steps of 1 MiB, keeping the first `front_bytes`. Stops early, with a digest
// of no use, once `is_cancelled` says so.
Result<StreamDigest> DigestStream(HANDLE stream, std::uint32_t front_bytes,
                                  const std::function<bool()>& is_cancelled);

}  // namespace sidestream
