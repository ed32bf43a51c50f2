// JSON strings, byte for byte as JSON.stringify makes them and UTF-8 encodes them: quote, backslash
// and control characters are escaped, a surrogate without partner is `\ud800`-like, all else stands
// for itself.

#pragma once

#include <string_view>

#include "base/byte_buffer.h"

namespace sidestream::listing {

// With the quotes around it.
void AppendJsonString(std::u16string_view units, ByteBuffer& out);

// The same of text that is ASCII.
void AppendJsonString(std::string_view ascii, ByteBuffer& out);

}  // namespace sidestream::listing
