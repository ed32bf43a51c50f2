#include "ntfs/run_list.h"

namespace sidestream::ntfs {
namespace {

// VCNs stay below this, so that byte offsets of 2 MiB clusters fit 64 bits.
constexpr std::uint64_t kMaxVcn = 1ull << 42;

std::uint64_t LoadUnsigned(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8) | std::to_integer<std::uint64_t>(bytes[i]);
  }
  return value;
}

// Sign-extended, as the two's complement bit pattern: additions may then wrap without being
// undefined.
std::uint64_t LoadSigned(std::span<const std::byte> bytes) {
  std::uint64_t value = LoadUnsigned(bytes);
  const bool is_negative = (bytes.back() & std::byte{0x80}) != std::byte{0};
  if (is_negative && bytes.size() < 8) value |= ~0ull << (8 * bytes.size());
  return value;
}

}  // namespace

ParseStatus DecodeRunList(std::span<const std::byte> bytes, std::uint64_t volume_offset,
                          const RunListBounds& bounds, std::vector<Run>& runs) {
  std::uint64_t vcn = bounds.first_vcn;
  std::uint64_t lcn = 0;
  if (vcn > kMaxVcn) return ParseError{"first VCN", "at most", kMaxVcn, vcn, volume_offset};

  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] != std::byte{0}) {
    const auto header = std::to_integer<std::size_t>(bytes[at]);
    const std::uint64_t where = volume_offset + at;
    const std::size_t length_size = header & 0xF;
    const std::size_t offset_size = header >> 4;
    if (length_size == 0 || length_size > 8 || offset_size > 8) {
      return ParseError{"run list header", "nibbles of at most", 8, header, where};
    }
    if (length_size + offset_size > bytes.size() - at - 1) {
      return ParseError{"run list entry", "at most", bytes.size() - at - 1,
                        length_size + offset_size, where};
    }
    Run run{vcn, Run::kHole, LoadUnsigned(bytes.subspan(at + 1, length_size))};
    if (run.clusters == 0 || run.clusters > kMaxVcn - vcn) {
      return ParseError{"clusters in a run", "1 to", kMaxVcn - vcn, run.clusters, where};
    }
    if (offset_size > 0) {
      lcn += LoadSigned(bytes.subspan(at + 1 + length_size, offset_size));
      // A negative position is a huge one in this arithmetic, and fails here too.
      if (lcn >= bounds.cluster_count || run.clusters > bounds.cluster_count - lcn) {
        return ParseError{"last cluster of a run", "less than", bounds.cluster_count,
                          lcn + run.clusters - 1, where};
      }
      run.lcn = lcn;
    }
    runs.push_back(run);
    vcn += run.clusters;
    at += 1 + length_size + offset_size;
  }

  // Last VCN 0 is also found where nobody filled it in; ntfs-3g lets that pass as well.
  if (bounds.last_vcn != 0 && vcn != bounds.last_vcn + 1) {
    return ParseError{"clusters in the run list", "up to VCN", bounds.last_vcn, vcn - 1,
                      volume_offset};
  }
  return std::nullopt;
}

}  // namespace sidestream::ntfs
