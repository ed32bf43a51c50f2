// Expected failures as values. Codes are those of NativeErrorCode in native/addon.ts.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sidestream {

struct StreamError {
  std::string code;       // "ADS_…"
  int system_code = 0;    // errno or GetLastError(); 0 if the system said nothing
  std::string operation;  // "open", "list", "read", …
  std::string message;    // for people: what, where, expected, found
};

// Success without a value, or why not.
using Status = std::optional<StreamError>;

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT: implicit on purpose
  Result(StreamError error) : state_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return std::holds_alternative<T>(state_); }
  T& value() { return std::get<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  const StreamError& error() const { return std::get<StreamError>(state_); }

 private:
  std::variant<T, StreamError> state_;
};

}  // namespace sidestream
