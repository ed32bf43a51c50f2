// UTF-16 as the addon holds it, and as the Windows headers spell it: the same 16-bit units.

#pragma once

#include <string>
#include <string_view>

#include "base/utf16.h"

namespace sidestream {

static_assert(sizeof(wchar_t) == sizeof(char16_t));

inline const wchar_t* Wide(const std::u16string& text) {
  return reinterpret_cast<const wchar_t*>(text.c_str());
}

inline std::u16string Units(const wchar_t* text) {
  return reinterpret_cast<const char16_t*>(text == nullptr ? L"" : text);
}

}  // namespace sidestream
