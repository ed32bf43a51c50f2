#include "listing/json_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sidestream::listing {
namespace {

// Units looked at together; the compiler makes one step of them.
constexpr std::size_t kBlock = 16;
constexpr std::size_t kHalfBlock = 8;

constexpr bool IsHighSurrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool IsLowSurrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// ASCII that stands for itself.
constexpr bool IsPlain(std::uint32_t unit) {
  return unit >= 0x20 && unit < 0x80 && unit != '"' && unit != '\\';
}

template <std::size_t kUnits, typename Unit>
bool IsPlainBlock(const Unit* units) {
  unsigned odd = 0;
  for (std::size_t i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<std::uint16_t>(units[i]);
    odd |= static_cast<unsigned>(unit < 0x20) | static_cast<unsigned>(unit >= 0x80) |
           static_cast<unsigned>(unit == '"') | static_cast<unsigned>(unit == '\\');
  }
  return odd == 0;
}

char* PutUnitEscape(std::uint32_t unit, char* to) {
  constexpr char kHex[] = "0123456789abcdef";
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = kHex[unit >> shift & 0xF];
  return to;
}

// Quote, backslash or a control character.
char* PutEscape(std::uint32_t unit, char* to) {
  char letter = 0;
  switch (unit) {
    case '"':
    case '\\':
      letter = static_cast<char>(unit);
      break;
    case '\b':
      letter = 'b';
      break;
    case '\t':
      letter = 't';
      break;
    case '\n':
      letter = 'n';
      break;
    case '\f':
      letter = 'f';
      break;
    case '\r':
      letter = 'r';
      break;
    default:
      return PutUnitEscape(unit, to);
  }
  *to++ = '\\';
  *to++ = letter;
  return to;
}

char* PutUtf8(std::uint32_t point, char* to) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
  return to;
}

// False, and nothing done, where there are fewer or one of them is not plain.
template <std::size_t kUnits, typename Unit>
bool TakePlainBlock(std::basic_string_view<Unit>& units, char*& to) {
  if (units.size() < kUnits || !IsPlainBlock<kUnits>(units.data())) return false;
  for (std::size_t i = 0; i < kUnits; ++i) to[i] = static_cast<char>(units[i]);
  to += kUnits;
  units.remove_prefix(kUnits);
  return true;
}

template <typename Unit>
char* Put(std::basic_string_view<Unit> units, char* to) {
  *to++ = '"';
  while (!units.empty()) {
    if (TakePlainBlock<kBlock>(units, to) || TakePlainBlock<kHalfBlock>(units, to)) continue;
    // One block by the unit, then the next may be plain again.
    const std::size_t count = units.size();
    std::size_t i = 0;
    for (const std::size_t end = std::min(kBlock, count); i < end;) {
      const std::uint32_t unit = units[i++];
      if (IsPlain(unit)) {
        *to++ = static_cast<char>(unit);
      } else if (unit < 0x80 && unit != 0x7F) {
        to = PutEscape(unit, to);
      } else if (unit == 0x7F) {
        *to++ = '\x7F';
      } else if (IsHighSurrogate(unit) && i < count && IsLowSurrogate(units[i])) {
        to = PutUtf8(0x10000 + ((unit - 0xD800) << 10) + (units[i++] - 0xDC00u), to);
      } else if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) {
        to = PutUnitEscape(unit, to);
      } else {
        to = PutUtf8(unit, to);
      }
    }
    units.remove_prefix(i);
  }
  *to++ = '"';
  return to;
}

}  // namespace

char* PutJsonString(std::u16string_view units, char* to) { return Put(units, to); }

char* PutJsonString(std::string_view ascii, char* to) { return Put(ascii, to); }

}  // namespace sidestream::listing
