// SHA-256 of one stream of an open carrier, read to its end.

#pragma once

#include <string>
#include <string_view>

#include "streams/stream_provider.h"

namespace sidestream {

// Lower-case hex. Memory stays at one step (1 MiB) whatever the stream's size.
Result<std::string> HashStream(Carrier& carrier, std::u16string_view name);

}  // namespace sidestream
