#include "binding/watch_object.h"

#include <exception>
#include <utility>
#include <variant>

namespace sidestream::binding {

Napi::Function WatchObject::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeWatch",
      {InstanceMethod("next", &WatchObject::Next), InstanceMethod("close", &WatchObject::Close)});
}

WatchObject::WatchObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<WatchObject>(info), env_(info.Env()) {
  waker_ = std::make_unique<JsWaker>(info.Env(), [this](Napi::Env env) { Settle(env); });
  // Registered after the waker's threadsafe function, hence run before Node tears that down.
  napi_add_env_cleanup_hook(env_, OnEnvironmentEnd, this);
}

WatchObject::~WatchObject() {
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  Stop();
}

Napi::Value WatchObject::Begin(Napi::Env env, const Napi::Function& constructor,
                               std::u16string path, std::size_t most_places) {
  const Napi::Object object = constructor.New({});
  // In an environment that is being terminated nothing is made, and no exception says so.
  WatchObject* self = object.IsEmpty() ? nullptr : Unwrap(object);
  if (self == nullptr) return env.Undefined();
  self->collector_ = std::make_unique<ChangeCollector>(
      most_places, [waker = self->waker_.get()] { waker->Wake(); });
  try {
    self->watch_ = StartChangeWatch(std::move(path), *self->collector_);
  } catch (const std::exception& exception) {
    Napi::Error::New(env, std::string("watchChanges: no thread: ") + exception.what())
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return object;
}

Napi::Value WatchObject::Next(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const JsPromise promise(env);
  waiting_.push_back(promise);
  Settle(env);
  return Napi::Value(env, promise.value());
}

Napi::Value WatchObject::Close(const Napi::CallbackInfo& info) {
  is_closed_ = true;
  watch_.reset();
  Settle(info.Env());
  return info.Env().Undefined();
}

// Answers as many next() calls as there is something to say.
void WatchObject::Settle(Napi::Env env) {
  while (!waiting_.empty() && collector_) {
    ChangeCollector::Taken taken = collector_->Take();
    if (is_closed_) taken = StreamError{"ADS_CANCELLED", 0, "watch", "the watch was closed"};
    if (std::holds_alternative<ChangeCollector::Pending>(taken)) break;
    const JsPromise promise = waiting_.front();
    waiting_.pop_front();
    if (const auto* error = std::get_if<StreamError>(&taken)) {
      promise.Reject(*error);
    } else {
      promise.Resolve(ToJs(env, std::get<WatchedChanges>(taken)));
    }
  }
  Hold(env, !waiting_.empty());
}

// While a next() is unanswered the object is kept, and the process with it.
void WatchObject::Hold(Napi::Env env, bool is_wanted) {
  if (std::exchange(is_held_, is_wanted) == is_wanted) return;
  if (is_wanted) {
    Ref();
    waker_->HoldLoop(env);
  } else {
    waker_->ReleaseLoop(env);
    Unref();
  }
}

// Joins before the waker goes, as the watch's thread calls it.
void WatchObject::Stop() {
  watch_.reset();
  waker_->Close();
}

void WatchObject::OnEnvironmentEnd(void* self) { static_cast<WatchObject*>(self)->Stop(); }

}  // namespace sidestream::binding
