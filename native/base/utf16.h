// Names between file systems that store bytes and JavaScript, which holds UTF-16 code units.
//
// Bytes that are valid UTF-8 become the usual units. Every other byte 0x80..0xFF becomes the lone
// surrogate U+DC80..U+DCFF ("surrogateescape", Python PEP 383). So any byte string has exactly one
// sequence of units, and goes back to the same bytes.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sidestream {

// Never fails.
std::u16string UnitsFromBytes(std::string_view bytes);
void AppendUnits(std::u16string& units, std::string_view bytes);

// Empty where no byte string has these units: a lone surrogate other than an escape, or escapes
// that spell valid UTF-8 (they would come back as other units, so a name could change on its way
// through).
std::optional<std::string> BytesFromUnits(std::u16string_view units);

// For messages only: what BytesFromUnits cannot express becomes U+FFFD.
std::string TextFromUnits(std::u16string_view units);

}  // namespace sidestream
