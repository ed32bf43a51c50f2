// JSON strings, byte for byte as JSON.stringify makes them and UTF-8 encodes them: quote, backslash
// and control characters are escaped, a surrogate without partner is `\ud800`-like, all else stands
// for itself.

#pragma once

#include <cstddef>
#include <string_view>

namespace sidestream::listing {

// The room that a string of so many units may need: each as `\ud800`, and the quotes.
constexpr std::size_t JsonStringRoom(std::size_t units) { return 6 * units + 2; }

// With the quotes around it. Returns where it ends.
char* PutJsonString(std::u16string_view units, char* to);

// The same of text that is ASCII.
char* PutJsonString(std::string_view ascii, char* to);

}  // namespace sidestream::listing
