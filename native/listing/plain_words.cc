#include "listing/plain_words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace sidestream::listing {
namespace {

constexpr std::string_view kMarks = "+/=_.,:;{}\"-";
// In lower case. `wscript.shell` needs no blank; `iex"` and `invoke-expression"` need but a quote.
constexpr std::string_view kScript = "script";
constexpr std::string_view kIex = "iex";
constexpr std::string_view kExpression = "expression";
// The one signature that is made of letters.
constexpr std::string_view kProgram = "MZ";

constexpr std::array<bool, 256> MakeAllowed() {
  std::array<bool, 256> allowed{};
  for (char c = '0'; c <= '9'; ++c) allowed[static_cast<std::uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) allowed[static_cast<std::uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) allowed[static_cast<std::uint8_t>(c)] = true;
  for (const char c : kMarks) allowed[static_cast<std::uint8_t>(c)] = true;
  return allowed;
}

constexpr std::array<bool, 256> kAllowed = MakeAllowed();

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool BeginsWith(std::string_view text, std::string_view lower_word) {
  return text.size() >= lower_word.size() &&
         std::equal(lower_word.begin(), lower_word.end(), text.begin(),
                    [](char a, char b) { return a == Lower(b); });
}

// One way through the text for all words.
bool HasWord(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (Lower(text[i])) {
      case kScript.front():
        if (BeginsWith(text.substr(i), kScript)) return true;
        break;
      case kIex.front():
        if (BeginsWith(text.substr(i), kIex)) return true;
        break;
      case kExpression.front():
        if (BeginsWith(text.substr(i), kExpression)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

bool IsPlainWords(std::span<const std::byte> content) {
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  const bool is_allowed = std::all_of(
      text.begin(), text.end(), [](char c) { return kAllowed[static_cast<std::uint8_t>(c)]; });
  return is_allowed && !text.starts_with(kProgram) && !HasWord(text);
}

}  // namespace sidestream::listing
