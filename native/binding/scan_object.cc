#include "binding/scan_object.h"

#include <exception>
#include <utility>
#include <variant>

namespace sidestream::binding {

Napi::Function ScanObject::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeScan",
      {InstanceMethod("next", &ScanObject::Next), InstanceMethod("progress", &ScanObject::Progress),
       InstanceMethod("learnName", &ScanObject::LearnName),
       InstanceMethod("pause", &ScanObject::Pause), InstanceMethod("resume", &ScanObject::Resume),
       InstanceMethod("cancel", &ScanObject::Cancel)});
}

ScanObject::ScanObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ScanObject>(info), env_(info.Env()) {
  waker_ = std::make_unique<JsWaker>(info.Env(), [this](Napi::Env env) { Settle(env); });
  // Registered after the waker's threadsafe function, hence run before Node tears that down.
  napi_add_env_cleanup_hook(env_, OnEnvironmentEnd, this);
}

ScanObject::~ScanObject() {
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  Stop();
}

Napi::Value ScanObject::Begin(Napi::Env env, const Napi::Function& constructor, std::u16string path,
                              ScanArguments arguments) {
  const Napi::Object object = constructor.New({});
  // In an environment that is being terminated nothing is made, and no exception says so.
  ScanObject* scan = object.IsEmpty() ? nullptr : Unwrap(object);
  if (scan == nullptr) return env.Undefined();
  if (arguments.with_lines) scan->line_writer_ = std::make_shared<listing::NdjsonLines>();
  BatchOptions batches{.with_sha256 = arguments.options.hash,
                       .streams = arguments.batch_streams,
                       .line_writer = scan->line_writer_,
                       .limits = arguments.limits};
  try {
    scan->session_ = std::make_unique<ScanSession>(std::move(path), std::move(arguments.options),
                                                   std::move(batches),
                                                   [waker = scan->waker_.get()] { waker->Wake(); });
  } catch (const std::exception& exception) {
    Napi::Error::New(env, std::string("startScan: no thread: ") + exception.what())
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return object;
}

Napi::Value ScanObject::Next(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const JsPromise promise(env);
  waiting_.push_back(promise);
  Settle(env);
  return Napi::Value(env, promise.value());
}

Napi::Value ScanObject::Progress(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(),
                     ToJs(info.Env(), session_ ? session_->queue().Progress() : ScanProgress{}));
}

Napi::Value ScanObject::LearnName(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "learnName: name");
  if (!name) return env.Undefined();
  auto verdict = NameVerdictArgument(info, 1, "learnName: verdict");
  if (verdict && line_writer_) line_writer_->names().Learn(*name, std::move(*verdict));
  return env.Undefined();
}

Napi::Value ScanObject::Pause(const Napi::CallbackInfo& info) {
  if (session_) session_->queue().pace().Pause();
  return info.Env().Undefined();
}

Napi::Value ScanObject::Resume(const Napi::CallbackInfo& info) {
  if (session_) session_->queue().pace().Resume();
  return info.Env().Undefined();
}

Napi::Value ScanObject::Cancel(const Napi::CallbackInfo& info) {
  if (session_) session_->queue().Cancel();
  return info.Env().Undefined();
}

// Answers as many next() calls as there are batches.
void ScanObject::Settle(Napi::Env env) {
  while (!waiting_.empty() && session_) {
    BatchQueue::Taken taken = session_->queue().Take();
    if (std::holds_alternative<BatchQueue::Pending>(taken)) break;
    const JsPromise promise = waiting_.front();
    waiting_.pop_front();
    if (auto* batch = std::get_if<Batch>(&taken)) {
      SpareBatches& spares = session_->queue().spares();
      if (line_writer_) spares.GiveBack(line_buffer_.TakeBack(env));
      promise.Resolve(ToJs(env, *batch, line_writer_ ? &line_buffer_ : nullptr));
      spares.GiveBack(std::move(*batch));
    } else if (const auto* error = std::get_if<StreamError>(&taken)) {
      promise.Reject(*error);
    } else {
      promise.Resolve(NullToJs(env));
    }
  }
  if (waiting_.empty()) {
    Release(env);
  } else {
    Hold(env);
  }
}

void ScanObject::Hold(Napi::Env env) {
  if (std::exchange(is_held_, true)) return;
  Ref();
  waker_->HoldLoop(env);
}

void ScanObject::Release(Napi::Env env) {
  if (!std::exchange(is_held_, false)) return;
  waker_->ReleaseLoop(env);
  Unref();
}

// Joins before the waker goes, as the scan's threads call it.
void ScanObject::Stop() {
  session_.reset();
  waker_->Close();
}

void ScanObject::OnEnvironmentEnd(void* self) { static_cast<ScanObject*>(self)->Stop(); }

}  // namespace sidestream::binding
