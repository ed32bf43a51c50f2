// Makes lines of streams told on standard input, for comparing them with TypeScript's.
//
//   lines_driver <FINDINGS >LINES
//
// FINDINGS is a row of requests, all numbers little-endian:
//   'L' name, u64 below_bytes, verdict, rule                            a name is learned; no
//   answer 'S' path, u32 links, that many paths, name, u64 size, u64 allocated, i64 modified_ns,
//       u8 flags (1 directory, 2 resident, 4 content), content          a stream
// where a text is u32 units and UTF-16LE; verdict, rule and content are u32 bytes and bytes.
// LINES has for each stream u32 bytes and its line; none for one that is left to others.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/little_endian.h"
#include "listing/ndjson_lines.h"

namespace sidestream {
namespace {

class Input {
 public:
  explicit Input(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  bool IsAtEnd() const { return at_ == bytes_.size(); }
  template <typename T>
  T Number() {
    return LoadLe<T>(Take(sizeof(T)));
  }
  std::u16string Text() {
    const auto units = Number<std::uint32_t>();
    std::u16string text(units, u'\0');
    CopyUtf16Le(Take(2 * std::size_t{units}), text);
    return text;
  }
  // A copy of its own, so that the address sanitizer sees a read one byte too far.
  std::vector<std::byte> Bytes() {
    const auto count = Number<std::uint32_t>();
    const std::byte* const from = Take(count);
    return {from, from + count};
  }
  std::string Ascii() {
    const std::vector<std::byte> bytes = Bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  const std::byte* Take(std::size_t count) {
    if (count > bytes_.size() - at_) {
      std::fprintf(stderr, "lines_driver: the input ends early\n");
      std::exit(1);
    }
    at_ += count;
    return bytes_.data() + at_ - count;
  }

  const std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
};

std::vector<std::byte> ReadAll() {
  std::vector<std::byte> all;
  std::byte piece[1 << 16];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, stdin)) {
    all.insert(all.end(), piece, piece + count);
  }
  return all;
}

void Answer(const listing::NdjsonLines& writer, const FoundStream& stream) {
  // Something before it: a line must not depend on where it stands.
  ByteBuffer lines;
  lines.Append("x");
  if (!writer.Append(stream, lines) && lines.size() != 1) std::abort();
  const std::string_view line = lines.View().substr(1);
  for (int shift = 0; shift < 32; shift += 8) {
    std::putchar(static_cast<int>(line.size() >> shift & 0xFF));
  }
  std::fwrite(line.data(), 1, line.size(), stdout);
}

void ReadStream(Input& input, const listing::NdjsonLines& writer) {
  FoundStream stream;
  const std::u16string path = input.Text();
  std::vector<std::u16string> links(input.Number<std::uint32_t>());
  for (std::u16string& link : links) link = input.Text();
  const std::u16string name = input.Text();
  const std::vector<std::u16string_view> views(links.begin(), links.end());
  stream.path = path;
  stream.links = views;
  stream.name = name;
  stream.size = input.Number<std::uint64_t>();
  stream.allocated = input.Number<std::uint64_t>();
  stream.modified_ns = static_cast<std::int64_t>(input.Number<std::uint64_t>());
  const auto flags = input.Number<std::uint8_t>();
  stream.is_directory = (flags & 1) != 0;
  stream.is_resident = (flags & 2) != 0;
  const std::vector<std::byte> content = input.Bytes();
  if ((flags & 4) != 0) stream.content = content;
  Answer(writer, stream);
}

}  // namespace
}  // namespace sidestream

int main() {
  sidestream::Input input(sidestream::ReadAll());
  sidestream::listing::NdjsonLines writer;
  while (!input.IsAtEnd()) {
    if (input.Number<std::uint8_t>() == 'L') {
      const std::u16string name = input.Text();
      const auto below_bytes = input.Number<std::uint64_t>();
      std::string verdict = input.Ascii();
      std::string rule = input.Ascii();
      writer.names().Learn(name, {below_bytes, std::move(verdict), std::move(rule)});
    } else {
      ReadStream(input, writer);
    }
  }
}
