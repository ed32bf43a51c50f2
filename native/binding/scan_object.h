// The NativeScan object of native/addon.ts.
//
// The scan's own threads fill a queue and wake the JS thread; next() takes from it and never waits
// on a thread of libuv's pool. Garbage collection and the end of the environment (process exit,
// worker termination) cancel the scan and join its threads. While a next() is unanswered the object
// is kept.

#pragma once

#include <napi.h>

#include <deque>
#include <memory>

#include "binding/arguments.h"
#include "binding/js_waker.h"
#include "binding/line_buffer.h"
#include "binding/to_js.h"
#include "listing/ndjson_lines.h"
#include "streams/scan_session.h"

namespace sidestream::binding {

class ScanObject final : public Napi::ObjectWrap<ScanObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // Constructed by Begin() only, then started.
  explicit ScanObject(const Napi::CallbackInfo& info);
  ~ScanObject() override;

  // Returns nothing with a pending exception if no thread could be started.
  static Napi::Value Begin(Napi::Env env, const Napi::Function& constructor, std::u16string path,
                           ScanArguments arguments);

 private:
  Napi::Value Next(const Napi::CallbackInfo& info);
  Napi::Value Progress(const Napi::CallbackInfo& info);
  Napi::Value LearnName(const Napi::CallbackInfo& info);
  Napi::Value Pause(const Napi::CallbackInfo& info);
  Napi::Value Resume(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);

  void Settle(Napi::Env env);
  void Hold(Napi::Env env);
  void Release(Napi::Env env);
  void Stop();
  static void OnEnvironmentEnd(void* self);

  const napi_env env_;
  std::unique_ptr<JsWaker> waker_;
  std::shared_ptr<listing::NdjsonLines> line_writer_;  // null where lines were not asked for
  LineBuffer line_buffer_;
  std::unique_ptr<ScanSession> session_;
  std::deque<JsPromise> waiting_;  // next() calls, oldest first
  bool is_held_ = false;
};

}  // namespace sidestream::binding
