// hostService(name, listener): void; reportServiceState(report): void

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/js_waker.h"
#include "binding/settle.h"
#include "system/service.h"

namespace sidestream::binding {
namespace {

const char* NameOf(ServiceEventKind kind) {
  switch (kind) {
    case ServiceEventKind::kStarted:
      return "started";
    case ServiceEventKind::kStop:
      return "stop";
    case ServiceEventKind::kShutdown:
      return "shutdown";
    case ServiceEventKind::kPreShutdown:
      return "pre-shutdown";
    case ServiceEventKind::kSuspend:
      return "suspend";
    case ServiceEventKind::kResume:
      return "resume";
    case ServiceEventKind::kVolumeArrived:
      return "volume-arrived";
    case ServiceEventKind::kVolumeRemoved:
      return "volume-removed";
    default:
      return "ended";
  }
}

// What the manager's threads say, until the JS thread hears it.
struct Mailbox {
  std::mutex mutex;
  std::deque<ServiceEvent> events;
  std::unique_ptr<JsWaker> waker;
  Napi::FunctionReference listener;

  void Put(const ServiceEvent& event) {
    {
      const std::lock_guard lock(mutex);
      events.push_back(event);
    }
    waker->Wake();
  }

  void Deliver(Napi::Env env) {
    for (;;) {
      ServiceEvent event;
      {
        const std::lock_guard lock(mutex);
        if (events.empty()) return;
        event = events.front();
        events.pop_front();
      }
      if (event.kind == ServiceEventKind::kEnded) waker->ReleaseLoop(env);
      const Napi::HandleScope scope(env);
      listener.Call({Napi::String::New(env, NameOf(event.kind)),
                     Napi::Number::New(env, static_cast<double>(event.system_code))});
    }
  }
};

ServiceState StateNamed(const std::u16string& name) {
  if (name == u"start-pending") return ServiceState::kStartPending;
  if (name == u"stop-pending") return ServiceState::kStopPending;
  if (name == u"running") return ServiceState::kRunning;
  return ServiceState::kStopped;
}

}  // namespace

Napi::Value HostServiceCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "hostService: name");
  if (!name) return env.Undefined();
  if (!info[1].IsFunction()) {
    Napi::TypeError::New(env, "hostService: listener must be a function")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  // Lives as long as the process: the manager's threads end with it, and may call until then.
  auto* mailbox = new Mailbox;
  mailbox->listener = Napi::Persistent(info[1].As<Napi::Function>());
  mailbox->waker =
      std::make_unique<JsWaker>(env, [mailbox](Napi::Env js) { mailbox->Deliver(js); });
  mailbox->waker->HoldLoop(env);
  const Status failed =
      HostService(*name, [mailbox](const ServiceEvent& event) { mailbox->Put(event); });
  if (failed) delete mailbox;
  return Settle(env, failed);
}

Napi::Value ReportServiceStateCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto state = StringArgument(info, 0, "reportServiceState: state");
  if (!state) return env.Undefined();
  const auto checkpoint = IntegerArgument(info, 1, 0xFFFFFFFF, "reportServiceState: checkpoint");
  if (!checkpoint) return env.Undefined();
  const auto wait_hint = IntegerArgument(info, 2, 0xFFFFFFFF, "reportServiceState: waitHintMs");
  if (!wait_hint) return env.Undefined();
  const auto exit_code = IntegerArgument(info, 3, 0xFFFFFFFF, "reportServiceState: exitCode");
  if (!exit_code) return env.Undefined();
  return Settle(env, ReportServiceState({.state = StateNamed(*state),
                                         .checkpoint = static_cast<std::uint32_t>(*checkpoint),
                                         .wait_hint_ms = static_cast<std::uint32_t>(*wait_hint),
                                         .exit_code = static_cast<std::uint32_t>(*exit_code)}));
}

}  // namespace sidestream::binding
