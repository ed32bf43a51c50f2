// Runs one piece of file system work on libuv's pool and settles a promise with what came of it.
//
// Three steps, each on its own side of the boundary: arguments are copied out on the JS thread,
// `work` runs on a pool thread and touches no Napi:: value, `to_js` runs on the JS thread. The
// worker owns all that it uses and frees itself after the last step.

#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "base/result.h"
#include "binding/to_js.h"

namespace sidestream::binding {

template <typename T>
class PromiseWorker final : public Napi::AsyncWorker {
 public:
  using Work = std::function<Result<T>()>;
  using ToValue = std::function<napi_value(napi_env, T&)>;

  // `after` runs on the JS thread once the promise is settled.
  static void Start(Napi::Env env, JsPromise promise, Work work, ToValue to_value,
                    std::function<void()> after) {
    auto* worker =
        new PromiseWorker(env, promise, std::move(work), std::move(to_value), std::move(after));
    worker->Queue();
  }

 private:
  PromiseWorker(Napi::Env env, JsPromise promise, Work work, ToValue to_value,
                std::function<void()> after)
      : Napi::AsyncWorker(env),
        promise_(promise),
        work_(std::move(work)),
        to_value_(std::move(to_value)),
        after_(std::move(after)) {}

  void Execute() override {
    // Providers do not throw; the allocator does.
    try {
      result_.emplace(work_());
    } catch (const std::exception& exception) {
      result_.emplace(StreamError{"ADS_IO", 0, "run", exception.what()});
    }
  }

  void OnOK() override {
    if (result_->ok()) {
      promise_.Resolve(to_value_(Env(), result_->value()));
    } else {
      promise_.Reject(result_->error());
    }
    if (after_) after_();
  }

  const JsPromise promise_;
  const Work work_;
  const ToValue to_value_;
  const std::function<void()> after_;
  std::optional<Result<T>> result_;
};

}  // namespace sidestream::binding
