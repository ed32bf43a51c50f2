// UTF-16 as the addon holds it, and as the Windows headers spell it: the same 16-bit units.

#pragma once

#include <string>
#include <string_view>

#include "base/utf16.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

static_assert(sizeof(wchar_t) == sizeof(char16_t));

inline const wchar_t* Wide(const std::u16string& text) {
  return reinterpret_cast<const wchar_t*>(text.c_str());
}

// As file systems compare names: a unit at a time, by the system's own table.
inline bool EqualIgnoringCase(std::u16string_view a, std::u16string_view b) {
  return CompareStringOrdinal(reinterpret_cast<const wchar_t*>(a.data()),
                              static_cast<int>(a.size()),
                              reinterpret_cast<const wchar_t*>(b.data()),
                              static_cast<int>(b.size()), TRUE) == CSTR_EQUAL;
}

inline std::u16string Units(const wchar_t* text) {
  return reinterpret_cast<const char16_t*>(text == nullptr ? L"" : text);
}

}  // namespace sidestream
