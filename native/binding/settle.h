// The end of a call that works at once and on the JS thread: nothing, or a NativeError thrown.

#pragma once

#include <napi.h>

#include "base/result.h"
#include "binding/to_js.h"

namespace sidestream::binding {

inline Napi::Value Settle(Napi::Env env, const Status& failed) {
  if (failed) napi_throw(env, ToJs(env, *failed));
  return env.Undefined();
}

// Text for people, paths and settings: without the detour through UTF-8 that Napi::String would
// make.
inline Napi::Value UnitsToJs(Napi::Env env, const std::u16string& units) {
  napi_value value = nullptr;
  napi_create_string_utf16(env, units.data(), units.size(), &value);
  return Napi::Value(env, value);
}

}  // namespace sidestream::binding
