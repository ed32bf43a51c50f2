#include "binding/operation_columns.h"

#include <string>
#include <string_view>
#include <utility>

#include "binding/arguments.h"
#include "binding/js_values.h"
#include "binding/to_js.h"

namespace sidestream::binding {
namespace {

constexpr std::size_t kParts = 4;

// In the order of ACTS.
constexpr OperationKind kKinds[] = {OperationKind::kLook, OperationKind::kRemove,
                                    OperationKind::kReplace, OperationKind::kCreate};
constexpr std::uint8_t kIsDirectory = 1;
constexpr std::uint8_t kHasSize = 2;
constexpr std::uint8_t kHasContent = 4;

template <typename Array>
std::optional<Array> ArrayOf(const Napi::Value& value, napi_typedarray_type type) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    return std::nullopt;
  }
  return value.As<Array>();
}

std::string AsciiOf(std::u16string_view units) { return std::string(units.begin(), units.end()); }

struct Columns {
  Napi::Uint8Array acts;
  std::u16string texts;
  Napi::Uint32Array text_ends;
  Napi::BigUint64Array numbers;
  Napi::Array bytes;
};

std::optional<Columns> ColumnsOf(const Napi::Value& value) {
  if (!value.IsObject()) return std::nullopt;
  const auto object = value.As<Napi::Object>();
  const auto acts = ArrayOf<Napi::Uint8Array>(object.Get("acts"), napi_uint8_array);
  const auto ends = ArrayOf<Napi::Uint32Array>(object.Get("textEnds"), napi_uint32_array);
  const auto numbers = ArrayOf<Napi::BigUint64Array>(object.Get("numbers"), napi_biguint64_array);
  const Napi::Value texts = object.Get("texts");
  const Napi::Value bytes = object.Get("bytes");
  if (!acts || !ends || !numbers || !texts.IsString() || !bytes.IsArray()) return std::nullopt;
  const std::size_t count = acts->ElementLength();
  if (ends->ElementLength() != count * kParts || numbers->ElementLength() != count) {
    return std::nullopt;
  }
  return Columns{*acts, texts.As<Napi::String>().Utf16Value(), *ends, *numbers,
                 bytes.As<Napi::Array>()};
}

class Reader {
 public:
  explicit Reader(Columns columns) : columns_(std::move(columns)) {}

  // Nothing where the next row is not as in NativeOperation.
  std::optional<Operation> Next() {
    const std::size_t row = row_++;
    const std::uint8_t act = columns_.acts[row];
    Operation operation;
    const auto path = NextText();
    const auto identity = NextText();
    const auto stream = NextText();
    const auto sha256 = NextText();
    if (act >= std::size(kKinds) || !path || !identity || !stream || !sha256) return std::nullopt;
    operation.kind = kKinds[act];
    operation.path = *path;
    operation.identity = AsciiOf(*identity);
    operation.stream = *stream;
    const std::uint64_t number = columns_.numbers[row];
    if (operation.kind == OperationKind::kLook) {
      if (number > kLargestContentBytes) return std::nullopt;
      operation.most_bytes = number;
      return operation;
    }
    if (operation.kind != OperationKind::kCreate) {
      const auto digest = DigestOf(AsciiOf(*sha256));
      if (!digest) return std::nullopt;
      operation.expected_size = number;
      operation.expected_sha256 = *digest;
    }
    if (operation.kind != OperationKind::kRemove) {
      const Napi::HandleScope scope(columns_.bytes.Env());
      auto bytes = BytesOf(columns_.bytes.Get(next_bytes_++));
      if (!bytes) return std::nullopt;
      operation.bytes = std::move(*bytes);
    }
    return operation;
  }

 private:
  std::optional<std::u16string_view> NextText() {
    const std::size_t end = columns_.text_ends[part_++];
    if (end < start_ || end > columns_.texts.size()) return std::nullopt;
    const std::size_t start = std::exchange(start_, end);
    return std::u16string_view(columns_.texts).substr(start, end - start);
  }

  const Columns columns_;
  std::size_t row_ = 0;
  std::size_t part_ = 0;
  std::size_t start_ = 0;
  std::uint32_t next_bytes_ = 0;
};

napi_value NamesToJs(napi_env env, const std::vector<std::u16string>& names) {
  napi_value js = nullptr;
  napi_create_array_with_length(env, names.size(), &js);
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    napi_set_element(env, js, i, Utf16ToJs(env, names[i]));
  }
  return js;
}

// Row and value by turns, for the few rows that have one.
class Sparse {
 public:
  explicit Sparse(napi_env env) : env_(env) { napi_create_array(env, &js_); }

  void Add(std::size_t row, napi_value value) {
    napi_set_element(env_, js_, next_++, NumberToJs(env_, static_cast<double>(row)));
    napi_set_element(env_, js_, next_++, value);
  }
  napi_value js() const { return js_; }

 private:
  napi_env env_;
  napi_value js_ = nullptr;
  std::uint32_t next_ = 0;
};

}  // namespace

std::optional<std::vector<Operation>> OperationsArgument(const Napi::CallbackInfo& info,
                                                         std::size_t index, const char* what) {
  auto columns = ColumnsOf(info[index]);
  if (!columns) {
    ThrowTypeError(info.Env(), what, "operations as columns");
    return std::nullopt;
  }
  const std::size_t count = columns->acts.ElementLength();
  std::vector<Operation> operations;
  operations.reserve(count);
  Reader reader(std::move(*columns));
  for (std::size_t i = 0; i < count; ++i) {
    auto operation = reader.Next();
    if (!operation) {
      ThrowTypeError(info.Env(), what, "as in NativeOperation, number " + std::to_string(i));
      return std::nullopt;
    }
    operations.push_back(std::move(*operation));
  }
  return operations;
}

ResultColumns::ResultColumns(std::vector<OperationResult> results) {
  for (OperationResult& result : results) Add(std::move(result));
}

void ResultColumns::Add(OperationResult result) {
  auto& [size, bytes, other_names] = result.look;
  const std::size_t row = outcomes.size();
  // In the order of OUTCOMES.
  outcomes.push_back(static_cast<std::uint8_t>(result.outcome));
  flags.push_back(static_cast<std::uint8_t>((result.is_directory ? kIsDirectory : 0) |
                                            (size ? kHasSize : 0) | (bytes ? kHasContent : 0)));
  sizes.push_back(static_cast<double>(size.value_or(0)));
  modified_ns.push_back(result.modified_ns);
  if (bytes) {
    content.insert(content.end(), bytes->begin(), bytes->end());
    sha256 += result.sha256;
  }
  content_ends.push_back(static_cast<double>(content.size()));
  if (result.error) errors.emplace_back(row, std::move(*result.error));
  if (!other_names.empty()) names.emplace_back(row, std::move(other_names));
}

napi_value ToJs(napi_env env, const ResultColumns& columns) {
  Sparse errors(env);
  for (const auto& [row, error] : columns.errors) errors.Add(row, ToJs(env, error));
  Sparse names(env);
  for (const auto& [row, found] : columns.names) names.Add(row, NamesToJs(env, found));
  napi_value js = ObjectToJs(env);
  Set(env, js, "outcomes", ColumnToJs(env, napi_uint8_array, columns.outcomes));
  Set(env, js, "flags", ColumnToJs(env, napi_uint8_array, columns.flags));
  Set(env, js, "sizes", ColumnToJs(env, napi_float64_array, columns.sizes));
  Set(env, js, "modifiedNs", ColumnToJs(env, napi_bigint64_array, columns.modified_ns));
  Set(env, js, "content", BytesToJs(env, columns.content));
  Set(env, js, "contentEnds", ColumnToJs(env, napi_float64_array, columns.content_ends));
  Set(env, js, "sha256", TextToJs(env, columns.sha256));
  Set(env, js, "errors", errors.js());
  Set(env, js, "names", names.js());
  return js;
}

}  // namespace sidestream::binding
