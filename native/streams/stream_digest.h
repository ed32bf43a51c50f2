// One pass over a stream, wherever it is kept: its size, its digest, and its first bytes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"

namespace sidestream {

struct StreamDigest {
  std::uint64_t size = 0;
  std::array<std::byte, Sha256::kBytes> sha256{};
  std::vector<std::byte> front;
};

// Reads `length` bytes from `offset`; fewer only at the stream's end.
using ReadAt =
    std::function<Result<std::vector<std::byte>>(std::uint64_t offset, std::uint64_t length)>;

// How much of a stream of any length is in memory at once.
inline constexpr std::uint64_t kDigestStep = 1 << 20;

// Reads to the end in steps of kDigestStep, keeping the first `front_bytes`. Stops early, with a
// digest of no use, once `is_cancelled` says so.
Result<StreamDigest> DigestInSteps(const ReadAt& read, std::uint32_t front_bytes,
                                   const std::function<bool()>& is_cancelled);

}  // namespace sidestream
