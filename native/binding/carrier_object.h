// The NativeCarrier object of native/addon.ts.
//
// Operations run on libuv's pool, one at a time and in the order of the calls: a waiting one
// occupies no pool thread. close() lets those already called finish, then closes the handle.

#pragma once

#include <napi.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "streams/stream_provider.h"

namespace sidestream::binding {

class CarrierObject final : public Napi::ObjectWrap<CarrierObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit CarrierObject(const Napi::CallbackInfo& info);

  static Napi::Value Wrap(const Napi::Function& constructor, std::unique_ptr<Carrier> carrier);

 private:
  // Outlives the object while an operation runs.
  struct Lane {
    std::shared_ptr<Carrier> carrier;  // null once closed
    std::deque<std::function<void()>> waiting;
    bool is_busy = false;

    static void StartNext(const std::shared_ptr<Lane>& lane);
  };

  Napi::Value Identity(const Napi::CallbackInfo& info);
  Napi::Value Kind(const Napi::CallbackInfo& info);
  Napi::Value ModifiedNs(const Napi::CallbackInfo& info);
  Napi::Value List(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Hash(const Napi::CallbackInfo& info);
  Napi::Value Remove(const Napi::CallbackInfo& info);
  Napi::Value Create(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  template <typename T>
  Napi::Value Run(Napi::Env env, std::function<Result<T>(Carrier&)> work,
                  std::function<napi_value(napi_env, T&)> to_value);

  std::shared_ptr<Lane> lane_ = std::make_shared<Lane>();
  std::string identity_;
  bool is_directory_ = false;
  std::int64_t modified_ns_ = 0;
};

}  // namespace sidestream::binding
