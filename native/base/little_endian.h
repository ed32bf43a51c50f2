// Little-endian loads from untrusted bytes of any alignment. The caller has checked the bounds.

#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace sidestream {

template <std::unsigned_integral T>
inline T LoadLe(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      swapped = static_cast<T>((swapped << 8) | static_cast<T>((value >> (8 * i)) & 0xFF));
    }
    return swapped;
  }
  return value;
}

// Copies as many UTF-16LE code units as `into` has.
inline void CopyUtf16Le(const std::byte* at, std::span<char16_t> into) {
  if constexpr (std::endian::native == std::endian::little) {
    if (!into.empty()) std::memcpy(into.data(), at, 2 * into.size());
  } else {
    for (char16_t& unit : into) {
      unit = static_cast<char16_t>(LoadLe<std::uint16_t>(at));
      at += 2;
    }
  }
}

// Appends `units` UTF-16LE code units to `text`, as they are: they need not be well formed.
template <typename String>
inline void AppendUtf16Le(const std::byte* at, std::size_t units, String& text) {
  const std::size_t start = text.size();
  text.resize(start + units);
  CopyUtf16Le(at, std::span(text).subspan(start));
}

}  // namespace sidestream
