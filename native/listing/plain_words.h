// Whether content surely holds nothing that a computer would run, told without knowing what that
// looks like: server/streams/executable-content.ts has the signatures and patterns.

#pragma once

#include <cstddef>
#include <span>

namespace sidestream::listing {

// True only of content in which none of those patterns can be found: letters, digits and a few
// marks of ASCII, without blank, bracket, quote of a shell or line end, and without the words that
// a pattern could begin with and need nothing else. False says nothing.
bool IsPlainWords(std::span<const std::byte> content);

}  // namespace sidestream::listing
