#include "streams/hash_stream.h"

#include "base/sha256.h"
#include "streams/stream_digest.h"

namespace sidestream {

Result<std::string> HashStream(Carrier& carrier, std::u16string_view name) {
  const auto read = [&](std::uint64_t offset, std::uint64_t length) {
    return carrier.Read(name, offset, length);
  };
  const auto digest = DigestInSteps(read, 0, [] { return false; });
  if (!digest.ok()) return digest.error();
  return HexFromBytes(digest.value().sha256);
}

}  // namespace sidestream
