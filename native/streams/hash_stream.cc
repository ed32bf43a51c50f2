#include "streams/hash_stream.h"

#include <cstdint>

#include "base/sha256.h"

namespace sidestream {

Result<std::string> HashStream(Carrier& carrier, std::u16string_view name) {
  constexpr std::uint64_t kStep = 1 << 20;
  Sha256 digest;
  std::uint64_t offset = 0;
  while (true) {
    const auto step = carrier.Read(name, offset, kStep);
    if (!step.ok()) return step.error();
    digest.Update(step.value());
    offset += step.value().size();
    if (step.value().size() < kStep) break;
  }
  return HexFromBytes(digest.Finish());
}

}  // namespace sidestream
