// Many small pieces of work on the carriers of one target, in one go: what an order's targets need.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "streams/stream_provider.h"

namespace sidestream {

enum class OperationKind { kLook, kRemove, kReplace, kCreate };

struct Operation {
  OperationKind kind = OperationKind::kLook;
  std::u16string path;
  std::string identity;
  std::u16string stream;
  std::uint64_t most_bytes = 0;  // kLook
  // kRemove, kReplace: what the stream must be.
  std::uint64_t expected_size = 0;
  std::array<std::byte, Sha256::kBytes> expected_sha256{};
  std::vector<std::byte> bytes;  // kReplace, kCreate
};

struct OperationResult {
  Status error;  // where this one failed; the others go on
  bool is_directory = false;
  std::int64_t modified_ns = 0;
  RemoveOutcome outcome = RemoveOutcome::kDone;
  StreamLook look;     // kLook
  std::string sha256;  // kLook: of its content, hex; empty without content
};

// In order, each on a handle of its own that is open for that operation only, so that nobody is
// kept from renaming a folder for longer than one of them takes.
std::vector<OperationResult> CarryOut(const StreamProvider& provider,
                                      const std::vector<Operation>& operations);

}  // namespace sidestream
