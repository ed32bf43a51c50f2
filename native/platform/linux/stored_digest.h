// One pass over a stored stream: its size, its digest, and its first bytes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/sha256.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

struct StoredDigest {
  std::uint64_t size = 0;
  std::array<std::byte, Sha256::kBytes> sha256{};
  std::vector<std::byte> front;
};

// Reads to the end in steps of 1 MiB, keeping the first `front_bytes`. Stops early, with a digest
// of no use, once `is_cancelled` says so.
Result<StoredDigest> DigestStored(const StreamScheme& scheme, const CarrierRef& carrier,
                                  const StoredStream& stream, std::uint32_t front_bytes,
                                  const std::function<bool()>& is_cancelled);

}  // namespace sidestream
