// What a decoder in this folder answers: a value, or what was wrong and where.
//
// A ParseError allocates nothing, so that a volume full of damage costs no more than a sound one;
// Describe() makes the sentence for people at the edge.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sidestream::ntfs {

struct ParseError {
  const char* field;            // what was looked at, e.g. "attribute length"
  const char* rule;             // how `expected` is meant, e.g. "at most"
  std::uint64_t expected;       // what the format allows
  std::uint64_t actual;         // what is there
  std::uint64_t volume_offset;  // byte offset of the field on the volume
};

// "attribute length at volume offset 12345: expected at most 400, found 70000".
std::string Describe(const ParseError& error);

// Success without a value, or why not.
using ParseStatus = std::optional<ParseError>;

template <typename T>
class [[nodiscard]] Parsed {
 public:
  Parsed(T value) : state_(std::move(value)) {}  // NOLINT: implicit on purpose
  Parsed(ParseError error) : state_(error) {}    // NOLINT: implicit on purpose

  bool ok() const { return std::holds_alternative<T>(state_); }
  T& value() { return *std::get_if<T>(&state_); }
  const T& value() const { return *std::get_if<T>(&state_); }
  const ParseError& error() const { return *std::get_if<ParseError>(&state_); }

 private:
  std::variant<T, ParseError> state_;
};

}  // namespace sidestream::ntfs
