#include "base/utf16.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sidestream {
namespace {

// Looked at together; the compiler makes one step of them.
constexpr std::size_t kBlock = 8;

// How many at the front are ASCII, as nearly all of all names are.
template <typename Unit>
std::size_t PlainFront(std::basic_string_view<Unit> text) {
  const auto is_plain = [](Unit unit) {
    return static_cast<std::make_unsigned_t<Unit>>(unit) < 0x80;
  };
  std::size_t front = 0;
  for (; front + kBlock <= text.size(); front += kBlock) {
    unsigned odd = 0;
    for (std::size_t i = 0; i < kBlock; ++i) odd |= is_plain(text[front + i]) ? 0 : 1;
    if (odd != 0) break;
  }
  while (front < text.size() && is_plain(text[front])) ++front;
  return front;
}

constexpr char16_t kEscapeBase = 0xDC00;
constexpr char32_t kNoCharacter = 0xFFFFFFFF;

struct Decoded {
  char32_t character;
  std::size_t bytes;
};

bool IsHighSurrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLowSurrogate(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }
bool IsEscape(char32_t unit) { return unit >= 0xDC80 && unit <= 0xDCFF; }

// One well-formed UTF-8 sequence at the front (Unicode table 3-7: no overlong form, no surrogate,
// nothing above U+10FFFF), or kNoCharacter.
Decoded DecodeOne(std::string_view bytes) {
  const auto lead = static_cast<std::uint8_t>(bytes[0]);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  char32_t character = 0;
  char32_t smallest = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2, character = lead & 0x1Fu, smallest = 0x80;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3, character = lead & 0x0Fu, smallest = 0x800;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4, character = lead & 0x07u, smallest = 0x10000;
  } else {
    return {kNoCharacter, 1};
  }
  if (bytes.size() < length) return {kNoCharacter, 1};
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(bytes[i]);
    if ((next & 0xC0) != 0x80) return {kNoCharacter, 1};
    character = (character << 6) | (next & 0x3Fu);
  }
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < smallest || is_surrogate || character > 0x10FFFF) return {kNoCharacter, 1};
  return {character, length};
}

void AppendUtf8(std::string& bytes, char32_t character) {
  const auto put = [&bytes](char32_t value) { bytes.push_back(static_cast<char>(value)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

// The character at `units[at]`, joining a surrogate pair; a lone surrogate is returned as it is.
char32_t CharacterAt(std::u16string_view units, std::size_t& at) {
  const char32_t first = units[at++];
  if (!IsHighSurrogate(first) || at == units.size() || !IsLowSurrogate(units[at])) return first;
  const char32_t second = units[at++];
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

}  // namespace

std::u16string UnitsFromBytes(std::string_view bytes) {
  std::u16string units;
  AppendUnits(units, bytes);
  return units;
}

void AppendUnits(std::u16string& units, std::string_view bytes) {
  units.reserve(units.size() + bytes.size());
  while (!bytes.empty()) {
    const std::size_t plain = PlainFront(bytes);
    const std::size_t done = units.size();
    units.resize(done + plain);
    std::ranges::copy(bytes.substr(0, plain), units.begin() + static_cast<std::ptrdiff_t>(done));
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const auto [character, length] = DecodeOne(bytes);
    if (character == kNoCharacter) {
      units.push_back(static_cast<char16_t>(kEscapeBase + static_cast<std::uint8_t>(bytes[0])));
    } else if (character < 0x10000) {
      units.push_back(static_cast<char16_t>(character));
    } else {
      units.push_back(static_cast<char16_t>(0xD800 + ((character - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + ((character - 0x10000) & 0x3FF)));
    }
    bytes.remove_prefix(length);
  }
}

std::optional<std::string> BytesFromUnits(std::u16string_view units) {
  const std::size_t plain = PlainFront(units);
  std::string bytes(plain, '\0');
  std::ranges::copy(units.substr(0, plain), bytes.begin());
  bool has_escape = false;
  for (std::size_t at = plain; at < units.size();) {
    const char32_t character = CharacterAt(units, at);
    if (IsEscape(character)) {
      bytes.push_back(static_cast<char>(character - kEscapeBase));
      has_escape = true;
    } else if (IsHighSurrogate(character) || IsLowSurrogate(character)) {
      return std::nullopt;
    } else {
      AppendUtf8(bytes, character);
    }
  }
  if (has_escape && UnitsFromBytes(bytes) != units) return std::nullopt;
  return bytes;
}

std::string TextFromUnits(std::u16string_view units) {
  std::string text;
  text.reserve(units.size());
  for (std::size_t at = 0; at < units.size();) {
    const char32_t character = CharacterAt(units, at);
    const bool is_lone = IsHighSurrogate(character) || IsLowSurrogate(character);
    AppendUtf8(text, is_lone ? U'\uFFFD' : character);
  }
  return text;
}

}  // namespace sidestream
