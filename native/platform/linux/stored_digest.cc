#include "platform/linux/stored_digest.h"

#include <algorithm>

namespace sidestream {

Result<StoredDigest> DigestStored(const StreamScheme& scheme, const CarrierRef& carrier,
                                  const StoredStream& stream, std::uint32_t front_bytes,
                                  const std::function<bool()>& is_cancelled) {
  constexpr std::uint64_t kStep = 1 << 20;
  StoredDigest result;
  Sha256 digest;
  while (!is_cancelled()) {
    const auto step = scheme.Read(carrier, stream, result.size, kStep);
    if (!step.ok()) return step.error();
    const auto& bytes = step.value();
    digest.Update(bytes);
    const std::size_t kept = std::min(front_bytes - result.front.size(), bytes.size());
    result.front.insert(result.front.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    result.size += bytes.size();
    if (bytes.size() < kStep) break;
  }
  result.sha256 = digest.Finish();
  return result;
}

}  // namespace sidestream
