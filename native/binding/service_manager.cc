// installService, configureService, removeService, startService, stopService, inspectService

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/settle.h"
#include "system/service.h"

namespace sidestream::binding {
namespace {

using ByName = Status (*)(const std::u16string&);

Napi::Value CallByName(const Napi::CallbackInfo& info, const char* what, ByName call) {
  const auto name = StringArgument(info, 0, what);
  if (!name) return info.Env().Undefined();
  return Settle(info.Env(), call(*name));
}

const char* NameOf(ServiceState state) {
  switch (state) {
    case ServiceState::kStopped:
      return "stopped";
    case ServiceState::kStartPending:
      return "start-pending";
    case ServiceState::kStopPending:
      return "stop-pending";
    case ServiceState::kRunning:
      return "running";
    default:
      return "other";
  }
}

}  // namespace

Napi::Value InstallServiceCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "installService: name");
  if (!name) return env.Undefined();
  const auto display_name = StringArgument(info, 1, "installService: displayName");
  if (!display_name) return env.Undefined();
  const auto description = StringArgument(info, 2, "installService: description");
  if (!description) return env.Undefined();
  const auto command_line = StringArgument(info, 3, "installService: commandLine");
  if (!command_line) return env.Undefined();
  return Settle(env, InstallService({*name, *display_name, *description, *command_line}));
}

Napi::Value ConfigureServiceCall(const Napi::CallbackInfo& info) {
  return CallByName(info, "configureService: name", ConfigureService);
}

Napi::Value RemoveServiceCall(const Napi::CallbackInfo& info) {
  return CallByName(info, "removeService: name", RemoveService);
}

Napi::Value StartServiceCall(const Napi::CallbackInfo& info) {
  return CallByName(info, "startService: name", StartInstalledService);
}

Napi::Value StopServiceCall(const Napi::CallbackInfo& info) {
  return CallByName(info, "stopService: name", StopInstalledService);
}

Napi::Value InspectServiceCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "inspectService: name");
  if (!name) return env.Undefined();
  const auto found = InspectService(*name);
  if (!found.ok()) return Settle(env, found.error());
  const ServiceFacts& facts = found.value();
  if (!facts.is_installed) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("state", Napi::String::New(env, NameOf(facts.state)));
  object.Set("processId", Napi::Number::New(env, static_cast<double>(facts.process_id)));
  object.Set("startsDelayed", Napi::Boolean::New(env, facts.starts_delayed));
  object.Set("recoveryActions",
             Napi::Number::New(env, static_cast<double>(facts.recovery_actions)));
  object.Set("commandLine", UnitsToJs(env, facts.command_line));
  return object;
}

}  // namespace sidestream::binding
