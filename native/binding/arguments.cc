#include "binding/arguments.h"

#include <cmath>
#include <cstring>

namespace sidestream::binding {

void ThrowTypeError(Napi::Env env, const char* what, const std::string& expected) {
  Napi::TypeError::New(env, std::string(what) + ": expected " + expected)
      .ThrowAsJavaScriptException();
}

std::optional<Digest> DigestOf(std::string_view hex) {
  Digest digest{};
  if (hex.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    unsigned nibble = 0;
    if (c >= '0' && c <= '9') {
      nibble = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      nibble = static_cast<unsigned>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    digest[i / 2] = (digest[i / 2] << 4) | static_cast<std::byte>(nibble);
  }
  return digest;
}

std::optional<std::vector<std::byte>> BytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) return std::nullopt;
  if (value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) return std::nullopt;
  const auto array = value.As<Napi::Uint8Array>();
  std::vector<std::byte> bytes(array.ByteLength());
  if (!bytes.empty()) std::memcpy(bytes.data(), array.Data(), bytes.size());
  return bytes;
}

namespace {

constexpr std::uint64_t kLargestBatchStreams = 65536;
constexpr std::uint64_t kMostThreads = 64;

std::optional<std::uint64_t> WholeNumber(const Napi::Value& value, std::uint64_t largest) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0) || number > static_cast<double>(largest) || std::floor(number) != number) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number);
}

std::optional<ExpectedContent> ExpectedOf(const Napi::Value& value) {
  if (!value.IsObject()) return std::nullopt;
  const auto object = value.As<Napi::Object>();
  const Napi::Value size = object.Get("size");
  const Napi::Value hex = object.Get("sha256");
  const auto sha256 =
      hex.IsString() ? DigestOf(hex.As<Napi::String>().Utf8Value()) : std::optional<Digest>();
  bool is_lossless = false;
  const std::uint64_t bytes =
      size.IsBigInt() ? size.As<Napi::BigInt>().Uint64Value(&is_lossless) : 0;
  if (!is_lossless || !sha256) return std::nullopt;
  return ExpectedContent{bytes, *sha256};
}

std::optional<bool> BooleanOf(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsBoolean()) return std::nullopt;
  return value.As<Napi::Boolean>().Value();
}

// 0 where it is not given.
std::optional<double> LimitOf(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsUndefined()) return 0;
  if (!value.IsNumber()) return std::nullopt;
  const double limit = value.As<Napi::Number>().DoubleValue();
  return limit > 0 && std::isfinite(limit) ? std::optional(limit) : std::nullopt;
}

std::optional<TargetHints> HintsOf(const Napi::Value& value) {
  if (value.IsUndefined()) return TargetHints();
  if (!value.IsObject()) return std::nullopt;
  const Napi::Value smb_conf = value.As<Napi::Object>().Get("smbConf");
  if (smb_conf.IsUndefined()) return TargetHints();
  if (!smb_conf.IsString()) return std::nullopt;
  return TargetHints{smb_conf.As<Napi::String>().Utf16Value()};
}

std::optional<std::vector<std::u16string>> StringsOf(const Napi::Value& value) {
  if (!value.IsArray()) return std::nullopt;
  const auto array = value.As<Napi::Array>();
  std::vector<std::u16string> strings;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    if (!item.IsString()) return std::nullopt;
    strings.push_back(item.As<Napi::String>().Utf16Value());
  }
  return strings;
}

}  // namespace

std::optional<std::u16string> StringArgument(const Napi::CallbackInfo& info, std::size_t index,
                                             const char* what) {
  if (info[index].IsString()) return info[index].As<Napi::String>().Utf16Value();
  ThrowTypeError(info.Env(), what, "a string");
  return std::nullopt;
}

std::optional<std::optional<std::string>> IdentityArgument(const Napi::CallbackInfo& info,
                                                           std::size_t index, const char* what) {
  if (info[index].IsNull()) return std::optional<std::string>();
  if (info[index].IsString()) return info[index].As<Napi::String>().Utf8Value();
  ThrowTypeError(info.Env(), what, "a string or null");
  return std::nullopt;
}

std::optional<std::uint64_t> IntegerArgument(const Napi::CallbackInfo& info, std::size_t index,
                                             std::uint64_t largest, const char* what) {
  const auto number = WholeNumber(info[index], largest);
  if (!number) {
    ThrowTypeError(info.Env(), what, "a whole number from 0 to " + std::to_string(largest));
  }
  return number;
}

std::optional<std::vector<std::byte>> BytesArgument(const Napi::CallbackInfo& info,
                                                    std::size_t index, const char* what) {
  auto bytes = BytesOf(info[index]);
  if (!bytes) ThrowTypeError(info.Env(), what, "a Uint8Array");
  return bytes;
}

std::optional<ExpectedContent> ExpectedArgument(const Napi::CallbackInfo& info, std::size_t index,
                                                const char* what) {
  const auto expected = ExpectedOf(info[index]);
  if (!expected) {
    ThrowTypeError(info.Env(), what, "{ size: bigint, sha256: 64 lower-case hex digits }");
  }
  return expected;
}

std::optional<listing::NameVerdict> NameVerdictArgument(const Napi::CallbackInfo& info,
                                                        std::size_t index, const char* what) {
  if (info[index].IsObject()) {
    const auto object = info[index].As<Napi::Object>();
    const auto below_bytes = WholeNumber(object.Get("belowBytes"), UINT32_MAX);
    const Napi::Value verdict = object.Get("verdict");
    const Napi::Value rule = object.Get("rule");
    if (below_bytes && verdict.IsString() && rule.IsString()) {
      return listing::NameVerdict{*below_bytes, verdict.As<Napi::String>().Utf8Value(),
                                  rule.As<Napi::String>().Utf8Value()};
    }
  }
  ThrowTypeError(info.Env(), what, "{ belowBytes: number, verdict: string, rule: string }");
  return std::nullopt;
}

std::optional<TargetHints> HintsArgument(const Napi::CallbackInfo& info, std::size_t index,
                                         const char* what) {
  auto hints = HintsOf(info[index]);
  if (!hints) ThrowTypeError(info.Env(), what, "{ smbConf?: string }");
  return hints;
}

std::optional<ScanArguments> ScanOptionsArgument(const Napi::CallbackInfo& info, std::size_t index,
                                                 const char* what) {
  const auto fail = [&](const char* expected) {
    ThrowTypeError(info.Env(), what, expected);
    return std::nullopt;
  };
  if (!info[index].IsObject()) return fail("an object");
  const auto object = info[index].As<Napi::Object>();
  const auto hash = BooleanOf(object, "hash");
  if (!hash) return fail("hash: boolean");
  const auto content_bytes = WholeNumber(object.Get("contentBytes"), kLargestContentBytes);
  if (!content_bytes) return fail("contentBytes: a whole number from 0 to 16777216");
  const auto include_internal = BooleanOf(object, "includeInternal");
  if (!include_internal) return fail("includeInternal: boolean");
  const auto include_deleted = object.Get("includeDeleted").IsUndefined()
                                   ? std::optional<bool>(false)
                                   : BooleanOf(object, "includeDeleted");
  if (!include_deleted) return fail("includeDeleted?: boolean");
  auto exclude = StringsOf(object.Get("exclude"));
  if (!exclude) return fail("exclude: string[]");
  const bool names_carriers = !object.Get("carriers").IsUndefined();
  auto carriers = names_carriers ? StringsOf(object.Get("carriers"))
                                 : std::optional<std::vector<std::u16string>>(std::in_place);
  if (!carriers || (names_carriers && carriers->empty())) {
    return fail("carriers?: string[], not empty");
  }
  const auto batch_streams = WholeNumber(object.Get("batchStreams"), kLargestBatchStreams);
  if (!batch_streams || *batch_streams == 0) {
    return fail("batchStreams: a whole number from 1 to 65536");
  }
  const Napi::Value given_threads = object.Get("threads");
  const auto threads = given_threads.IsUndefined() ? std::optional<std::uint64_t>(1)
                                                   : WholeNumber(given_threads, kMostThreads);
  if (!threads || *threads == 0) return fail("threads: a whole number from 1 to 64");
  const auto background = object.Get("background").IsUndefined() ? std::optional<bool>(false)
                                                                 : BooleanOf(object, "background");
  if (!background) return fail("background?: boolean");
  const auto files_per_second = LimitOf(object, "filesPerSecond");
  if (!files_per_second) return fail("filesPerSecond?: a number above 0");
  const auto bytes_per_second = LimitOf(object, "bytesPerSecond");
  if (!bytes_per_second) return fail("bytesPerSecond?: a number above 0");
  const bool says_lines = !object.Get("lines").IsUndefined();
  const auto with_lines = says_lines ? BooleanOf(object, "lines") : false;
  if (!with_lines) return fail("lines: boolean");
  auto hints = HintsOf(object.Get("hints"));
  if (!hints) return fail("hints: { smbConf?: string }");
  return ScanArguments{{.hash = *hash,
                        .content_bytes = static_cast<std::uint32_t>(*content_bytes),
                        .include_internal = *include_internal,
                        .include_deleted = *include_deleted,
                        .exclude = std::move(*exclude),
                        .carriers = std::move(*carriers),
                        .background = *background,
                        .threads = static_cast<std::uint32_t>(*threads),
                        .hints = std::move(*hints)},
                       static_cast<std::uint32_t>(*batch_streams),
                       *with_lines,
                       {*files_per_second, *bytes_per_second}};
}

}  // namespace sidestream::binding
