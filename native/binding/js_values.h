// The smallest JavaScript values. As in to_js.h: a failed call yields null, and null is accepted.

#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sidestream::binding {

napi_value Utf16ToJs(napi_env env, std::u16string_view units);
napi_value AsciiToJs(napi_env env, std::string_view text);
napi_value NumberToJs(napi_env env, double number);
napi_value BooleanToJs(napi_env env, bool boolean);
napi_value BigIntToJs(napi_env env, std::uint64_t number);
napi_value SignedToJs(napi_env env, std::int64_t number);
napi_value ObjectToJs(napi_env env);
void Set(napi_env env, napi_value object, const char* key, napi_value value);

napi_value TypedArrayToJs(napi_env env, napi_typedarray_type type, const void* data,
                          std::size_t count, std::size_t item_bytes);

template <typename T>
napi_value ColumnToJs(napi_env env, napi_typedarray_type type, const std::vector<T>& values) {
  return TypedArrayToJs(env, type, values.data(), values.size(), sizeof(T));
}

}  // namespace sidestream::binding
