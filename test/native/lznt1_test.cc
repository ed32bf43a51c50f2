#include "ntfs/lznt1.h"

#include <string>

#include "bytes.h"
#include "check.h"

using sidestream::ntfs::DecompressLznt1;
using test::Bytes;

namespace {

std::string Expand(const Bytes& in, std::size_t size) {
  std::vector<std::byte> out(size, std::byte{0xEE});
  CHECK(!DecompressLznt1(in, 0, out));
  std::string text;
  for (const std::byte byte : out) text += static_cast<char>(byte);
  return text;
}

}  // namespace

TEST("the example of [MS-XCA] 3.2 expands to its text") {
  const Bytes in{0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00,
                 0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01,
                 0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4,
                 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
                 0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
  const std::string text =
      "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E "
      "F# "
      "G F# E D E A F# F# G A A G F# E D D E F# E D D";
  CHECK_EQUAL(Expand(in, text.size()), text);
}

TEST("a chunk that is not compressed is copied, and the rest of its 4096 bytes are zeros") {
  const std::string out = Expand(Bytes{0x02, 0x30, 'a', 'b', 'c', 0, 0}, 8);
  CHECK_EQUAL(out, std::string("abc\0\0\0\0\0", 8));
}

TEST("a reference that overlaps its own output repeats the pattern") {
  // Literal 'x', then distance 1 and length 3 + 5.
  CHECK_EQUAL(Expand(Bytes{0x03, 0xb0, 0x02, 'x', 0x05, 0x00, 0, 0}, 9), "xxxxxxxxx");
}

TEST("a reference before the beginning is refused, and nothing before the output is read") {
  std::vector<std::byte> out(16);
  CHECK(DecompressLznt1(Bytes{0x02, 0xb0, 0x01, 0x00, 0x00}, 0, out).has_value());
  CHECK(DecompressLznt1(Bytes{0x03, 0xb0, 0x02, 'x', 0x00, 0x10}, 0, out).has_value());
}

TEST("a chunk that claims more than there is, is refused") {
  std::vector<std::byte> out(4096);
  CHECK(DecompressLznt1(Bytes{0xff, 0xbf, 0x00}, 0, out).has_value());
}

TEST("any bytes expand or are refused, and never leave the buffers") {
  std::uint32_t state = 12345;
  for (int round = 0; round < 20'000; ++round) {
    Bytes in(40);
    for (std::size_t i = 0; i < in.size(); ++i) {
      state = state * 1664525u + 1013904223u;
      in.U8(i, state >> 24);
    }
    in.U8(1, 0xb0).U8(0, 0x25);
    std::vector<std::byte> out(100);
    static_cast<void>(DecompressLznt1(in, 0, out));
  }
}

TEST("nothing is expanded into no room at all") {
  std::span<std::byte> nowhere;
  CHECK(!DecompressLznt1(Bytes{0x00, 0xB0, 0x00}, 0, nowhere).has_value());
}
