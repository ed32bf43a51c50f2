#include "streams/stream_digest.h"

#include <algorithm>

namespace sidestream {

Result<StreamDigest> DigestInSteps(const ReadAt& read, std::uint32_t front_bytes,
                                   const std::function<bool()>& is_cancelled) {
  StreamDigest result;
  Sha256 digest;
  while (!is_cancelled()) {
    const auto step = read(result.size, kDigestStep);
    if (!step.ok()) return step.error();
    const auto& bytes = step.value();
    digest.Update(bytes);
    const std::size_t kept = std::min(front_bytes - result.front.size(), bytes.size());
    result.front.insert(result.front.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    result.size += bytes.size();
    if (bytes.size() < kDigestStep) break;
  }
  result.sha256 = digest.Finish();
  return result;
}

}  // namespace sidestream
