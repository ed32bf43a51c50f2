#include "binding/js_values.h"

#include <cstring>

namespace sidestream::binding {

napi_value Utf16ToJs(napi_env env, std::u16string_view units) {
  napi_value value = nullptr;
  napi_create_string_utf16(env, units.data(), units.size(), &value);
  return value;
}

napi_value AsciiToJs(napi_env env, std::string_view text) {
  napi_value value = nullptr;
  napi_create_string_latin1(env, text.data(), text.size(), &value);
  return value;
}

napi_value NumberToJs(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

napi_value BooleanToJs(napi_env env, bool boolean) {
  napi_value value = nullptr;
  napi_get_boolean(env, boolean, &value);
  return value;
}

napi_value BigIntToJs(napi_env env, std::uint64_t number) {
  napi_value value = nullptr;
  napi_create_bigint_uint64(env, number, &value);
  return value;
}

napi_value SignedToJs(napi_env env, std::int64_t number) {
  napi_value value = nullptr;
  napi_create_bigint_int64(env, number, &value);
  return value;
}

napi_value ObjectToJs(napi_env env) {
  napi_value value = nullptr;
  napi_create_object(env, &value);
  return value;
}

void Set(napi_env env, napi_value object, const char* key, napi_value value) {
  napi_set_named_property(env, object, key, value);
}

// Copied: as fast as handing the memory over at these sizes, and free of its rules about who frees
// it.
napi_value TypedArrayToJs(napi_env env, napi_typedarray_type type, const void* data,
                          std::size_t count, std::size_t item_bytes) {
  void* memory = nullptr;
  napi_value buffer = nullptr;
  if (napi_create_arraybuffer(env, count * item_bytes, &memory, &buffer) != napi_ok) return nullptr;
  if (count > 0) std::memcpy(memory, data, count * item_bytes);
  napi_value array = nullptr;
  napi_create_typedarray(env, type, count, buffer, 0, &array);
  return array;
}

}  // namespace sidestream::binding
