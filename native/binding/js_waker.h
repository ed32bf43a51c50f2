// Lets any thread ask for a call on the JS thread, soon and at least once after each Wake().
//
// Lifetimes. The threadsafe function inside may be torn down by Node at any moment after the
// environment begins to end. So: Wake() may be called from any thread until Close() returns;
// Close() is called on the JS thread, also from an environment cleanup hook (which Node runs before
// it tears threadsafe functions down that were made earlier).

#pragma once

#include <napi.h>

#include <functional>
#include <memory>

namespace sidestream::binding {

class JsWaker {
 public:
  // JS thread. `on_wake` runs on the JS thread inside a handle scope. It does not keep the event
  // loop alive until HoldLoop() is called.
  JsWaker(Napi::Env env, std::function<void(Napi::Env)> on_wake);
  ~JsWaker();
  JsWaker(const JsWaker&) = delete;
  JsWaker& operator=(const JsWaker&) = delete;

  void Wake();
  // JS thread: whether the process stays up for the sake of a wake-up to come.
  void HoldLoop(Napi::Env env);
  void ReleaseLoop(Napi::Env env);
  // JS thread. `on_wake` is not called any more.
  void Close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sidestream::binding
