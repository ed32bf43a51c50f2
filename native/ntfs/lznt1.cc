#include "ntfs/lznt1.h"

#include <algorithm>
#include <cstring>

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kChunkSize = 4096;

// Expands one compressed chunk into `out` and returns how many bytes it made.
Parsed<std::size_t> ExpandChunk(std::span<const std::byte> in, std::uint64_t volume_offset,
                                std::span<std::byte> out) {
  std::size_t from = 0;
  std::size_t made = 0;
  while (from < in.size() && made < out.size()) {
    const auto flags = std::to_integer<unsigned>(in[from++]);
    for (unsigned bit = 0; bit < 8 && from < in.size() && made < out.size(); ++bit) {
      if ((flags >> bit & 1u) == 0) {
        out[made++] = in[from++];
        continue;
      }
      if (in.size() - from < 2) {
        return ParseError{"LZNT1 back reference", "at least", 2, in.size() - from,
                          volume_offset + from};
      }
      const std::size_t token = LoadLe<std::uint16_t>(in.data() + from);
      // The distance needs as many bits as the position does, at least four.
      unsigned length_bits = 12;
      for (std::size_t reach = made == 0 ? 0 : made - 1; reach >= 0x10; reach >>= 1) --length_bits;
      const std::size_t distance = (token >> length_bits) + 1;
      const std::size_t length = (token & ((1u << length_bits) - 1u)) + 3;
      if (distance > made) {
        return ParseError{"LZNT1 distance", "at most", made, distance, volume_offset + from};
      }
      from += 2;
      // Byte by byte: source and target overlap on purpose where a pattern repeats.
      const std::size_t stop = std::min(out.size(), made + length);
      for (; made < stop; ++made) out[made] = out[made - distance];
    }
  }
  return made;
}

}  // namespace

ParseStatus DecompressLznt1(std::span<const std::byte> in, std::uint64_t volume_offset,
                            std::span<std::byte> out) {
  std::size_t from = 0;
  std::size_t made = 0;
  while (made < out.size() && in.size() - from >= 2) {
    const auto header = LoadLe<std::uint16_t>(in.data() + from);
    if (header == 0) break;
    const std::size_t size = (header & 0x0FFFu) + 1u;  // without the header
    const std::uint64_t where = volume_offset + from;
    from += 2;
    if (size > in.size() - from) {
      return ParseError{"LZNT1 chunk size", "at most", in.size() - from, size, where};
    }
    const auto chunk = in.subspan(from, size);
    const auto target = out.subspan(made, std::min(kChunkSize, out.size() - made));
    std::size_t written = std::min(size, target.size());
    if ((header & 0x8000u) != 0) {
      const auto expanded = ExpandChunk(chunk, where + 2, target);
      if (!expanded.ok()) return expanded.error();
      written = expanded.value();
    } else {
      std::memcpy(target.data(), chunk.data(), written);
    }
    std::memset(target.data() + written, 0, target.size() - written);
    made += target.size();
    from += size;
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(made), out.end(), std::byte{0});
  return std::nullopt;
}

}  // namespace sidestream::ntfs
