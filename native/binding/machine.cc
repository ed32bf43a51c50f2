// writeSystemEvent, addEventSource, removeEventSource, readRegistryValues, protectFolder

#include "system/machine.h"

#include <cstdint>
#include <variant>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/settle.h"

namespace sidestream::binding {
namespace {

EventLevel LevelNamed(const std::u16string& name) {
  if (name == u"error") return EventLevel::kError;
  if (name == u"warning") return EventLevel::kWarning;
  return EventLevel::kInformation;
}

Napi::Value ToValue(Napi::Env env, const RegistryValue& value) {
  if (const auto* text = std::get_if<std::u16string>(&value.value)) return UnitsToJs(env, *text);
  if (const auto* number = std::get_if<std::uint32_t>(&value.value)) {
    return Napi::Number::New(env, static_cast<double>(*number));
  }
  const auto& list = std::get<std::vector<std::u16string>>(value.value);
  Napi::Array array = Napi::Array::New(env, list.size());
  for (std::uint32_t at = 0; at < list.size(); ++at) array.Set(at, UnitsToJs(env, list[at]));
  return array;
}

}  // namespace

Napi::Value WriteSystemEventCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto source = StringArgument(info, 0, "writeSystemEvent: source");
  if (!source) return env.Undefined();
  const auto level = StringArgument(info, 1, "writeSystemEvent: level");
  if (!level) return env.Undefined();
  const auto id = IntegerArgument(info, 2, 1'000, "writeSystemEvent: id");
  if (!id) return env.Undefined();
  const auto text = StringArgument(info, 3, "writeSystemEvent: text");
  if (!text) return env.Undefined();
  return Settle(
      env, WriteSystemEvent(*source, LevelNamed(*level), static_cast<std::uint32_t>(*id), *text));
}

Napi::Value AddEventSourceCall(const Napi::CallbackInfo& info) {
  const auto source = StringArgument(info, 0, "addEventSource: source");
  if (!source) return info.Env().Undefined();
  return Settle(info.Env(), AddEventSource(*source));
}

Napi::Value RemoveEventSourceCall(const Napi::CallbackInfo& info) {
  const auto source = StringArgument(info, 0, "removeEventSource: source");
  if (!source) return info.Env().Undefined();
  return Settle(info.Env(), RemoveEventSource(*source));
}

Napi::Value ReadRegistryValuesCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto key = StringArgument(info, 0, "readRegistryValues: key");
  if (!key) return env.Undefined();
  const auto found = ReadRegistryValues(*key);
  if (!found.ok()) return Settle(env, found.error());
  const auto& values = found.value();
  Napi::Array array = Napi::Array::New(env, values.size());
  for (std::uint32_t at = 0; at < values.size(); ++at) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", UnitsToJs(env, values[at].name));
    object.Set("value", ToValue(env, values[at]));
    array.Set(at, object);
  }
  return array;
}

Napi::Value ProtectFolderCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "protectFolder: path");
  if (!path) return env.Undefined();
  const auto audience = StringArgument(info, 1, "protectFolder: audience");
  if (!audience) return env.Undefined();
  return Settle(
      env, ProtectFolder(*path, *audience == u"administrators" ? FolderAudience::kAdministrators
                                                               : FolderAudience::kEverybodyReads));
}

}  // namespace sidestream::binding
