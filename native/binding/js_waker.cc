#include "binding/js_waker.h"

#include <mutex>
#include <utility>

#include "binding/to_js.h"

namespace sidestream::binding {

// Shared between the owner and Node's threadsafe function, whichever lives longer.
struct JsWaker::State {
  std::function<void(Napi::Env)> on_wake;  // JS thread only
  std::mutex mutex;
  napi_threadsafe_function function = nullptr;  // null once closed
  bool is_queued = false;                       // one queued call serves any number of wake-ups
};

namespace {

template <typename State>
void CallJs(napi_env env, napi_value, void* context, void*) {
  const std::shared_ptr<State> state = *static_cast<std::shared_ptr<State>*>(context);
  {
    const std::lock_guard lock(state->mutex);
    state->is_queued = false;
    if (state->function == nullptr) return;
  }
  // No environment: Node is only emptying the queue.
  if (env == nullptr) return;
  state->on_wake(env);
}

template <typename State>
void Finalize(napi_env, void*, void* context) {
  auto* held = static_cast<std::shared_ptr<State>*>(context);
  {
    const std::lock_guard lock((*held)->mutex);
    (*held)->function = nullptr;
  }
  delete held;
}

}  // namespace

JsWaker::JsWaker(Napi::Env env, std::function<void(Napi::Env)> on_wake)
    : state_(std::make_shared<State>()) {
  state_->on_wake = std::move(on_wake);
  auto* held = new std::shared_ptr<State>(state_);
  const napi_value name = TextToJs(env, "sidestream.scan");
  napi_threadsafe_function function = nullptr;
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, nullptr, Finalize<State>, held, CallJs<State>, &function);
  if (status != napi_ok) {
    delete held;
    return;
  }
  napi_unref_threadsafe_function(env, function);
  state_->function = function;
}

JsWaker::~JsWaker() { Close(); }

void JsWaker::Wake() {
  const std::lock_guard lock(state_->mutex);
  if (state_->function == nullptr || state_->is_queued) return;
  // The lock is held across the call: it does not block, and Close() must not free meanwhile.
  state_->is_queued =
      napi_call_threadsafe_function(state_->function, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void JsWaker::HoldLoop(Napi::Env env) {
  if (state_->function != nullptr) napi_ref_threadsafe_function(env, state_->function);
}

void JsWaker::ReleaseLoop(Napi::Env env) {
  if (state_->function != nullptr) napi_unref_threadsafe_function(env, state_->function);
}

void JsWaker::Close() {
  napi_threadsafe_function function = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    function = std::exchange(state_->function, nullptr);
  }
  if (function != nullptr) napi_release_threadsafe_function(function, napi_tsfn_abort);
}

}  // namespace sidestream::binding
