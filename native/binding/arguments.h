// Checks arguments and copies them out of JavaScript. JS thread only.
//
// A wrong argument is a bug in our TypeScript: each function throws a TypeError that names the call
// and the argument, and returns nothing. The caller returns at once.

#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "listing/known_names.h"
#include "streams/pace.h"
#include "streams/stream_provider.h"

namespace sidestream::binding {

using Digest = std::array<std::byte, 32>;

// Content of one row is kept in memory several times over on its way out.
inline constexpr std::uint64_t kLargestContentBytes = 16 << 20;

void ThrowTypeError(Napi::Env env, const char* what, const std::string& expected);
// 64 lower-case hex digits.
std::optional<Digest> DigestOf(std::string_view hex);
// Of a Uint8Array.
std::optional<std::vector<std::byte>> BytesOf(const Napi::Value& value);

struct ScanArguments {
  ScanOptions options;
  std::uint32_t batch_streams = 0;
  bool with_lines = false;
  PaceLimits limits{};
};

// `what`: for the message, e.g. "startScan: path".
std::optional<std::u16string> StringArgument(const Napi::CallbackInfo& info, std::size_t index,
                                             const char* what);
// The outer optional is "was it right", the inner one null.
std::optional<std::optional<std::string>> IdentityArgument(const Napi::CallbackInfo& info,
                                                           std::size_t index, const char* what);
// A whole number 0 .. `largest`.
std::optional<std::uint64_t> IntegerArgument(const Napi::CallbackInfo& info, std::size_t index,
                                             std::uint64_t largest, const char* what);
std::optional<std::vector<std::byte>> BytesArgument(const Napi::CallbackInfo& info,
                                                    std::size_t index, const char* what);
// `{ size: bigint, sha256: string }` of NativeCarrier.remove.
struct ExpectedContent {
  std::uint64_t size = 0;
  Digest sha256{};
};
std::optional<ExpectedContent> ExpectedArgument(const Napi::CallbackInfo& info, std::size_t index,
                                                const char* what);
// `NativeNameVerdict` of NativeScan.learnName.
std::optional<listing::NameVerdict> NameVerdictArgument(const Napi::CallbackInfo& info,
                                                        std::size_t index, const char* what);
// `NativeHints | undefined`, the last argument of a call that opens a target.
std::optional<TargetHints> HintsArgument(const Napi::CallbackInfo& info, std::size_t index,
                                         const char* what);
std::optional<ScanArguments> ScanOptionsArgument(const Napi::CallbackInfo& info, std::size_t index,
                                                 const char* what);

}  // namespace sidestream::binding
