#include "binding/carrier_object.h"

#include <utility>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "binding/to_js.h"
#include "streams/hash_stream.h"

namespace sidestream::binding {
namespace {

// What one read may hold in memory; a caller that wants more reads on.
constexpr std::uint64_t kLargestRead = 64 << 20;
constexpr std::uint64_t kLargestOffset = (std::uint64_t{1} << 53) - 1;

struct Nothing {};

}  // namespace

Napi::Function CarrierObject::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeCarrier",
      {InstanceAccessor<&CarrierObject::Identity>("identity"),
       InstanceAccessor<&CarrierObject::Kind>("kind"),
       InstanceAccessor<&CarrierObject::ModifiedNs>("modifiedNs"),
       InstanceMethod("list", &CarrierObject::List), InstanceMethod("read", &CarrierObject::Read),
       InstanceMethod("hash", &CarrierObject::Hash),
       InstanceMethod("remove", &CarrierObject::Remove),
       InstanceMethod("create", &CarrierObject::Create),
       InstanceMethod("close", &CarrierObject::Close)});
}

CarrierObject::CarrierObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<CarrierObject>(info) {}

Napi::Value CarrierObject::Wrap(const Napi::Function& constructor,
                                std::unique_ptr<Carrier> carrier) {
  const Napi::Object object = constructor.New({});
  // In an environment that is being terminated nothing is made, and no exception says so.
  CarrierObject* self = object.IsEmpty() ? nullptr : Unwrap(object);
  if (self == nullptr) return object;
  self->identity_ = carrier->identity();
  self->is_directory_ = carrier->is_directory();
  self->modified_ns_ = carrier->modified_ns();
  self->lane_->carrier = std::move(carrier);
  return object;
}

Napi::Value CarrierObject::Identity(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), identity_);
}

Napi::Value CarrierObject::Kind(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), is_directory_ ? "directory" : "file");
}

Napi::Value CarrierObject::ModifiedNs(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), modified_ns_);
}

Napi::Value CarrierObject::List(const Napi::CallbackInfo& info) {
  return Run<std::vector<StreamEntry>>(
      info.Env(), [](Carrier& carrier) { return carrier.List(); },
      [](napi_env env, std::vector<StreamEntry>& entries) { return ToJs(env, entries); });
}

Napi::Value CarrierObject::Read(const Napi::CallbackInfo& info) {
  const auto name = StringArgument(info, 0, "read: name");
  if (!name) return info.Env().Undefined();
  const auto offset = IntegerArgument(info, 1, kLargestOffset, "read: offset");
  if (!offset) return info.Env().Undefined();
  const auto length = IntegerArgument(info, 2, kLargestRead, "read: length");
  if (!length) return info.Env().Undefined();
  return Run<std::vector<std::byte>>(
      info.Env(),
      [name = *name, offset = *offset, length = *length](Carrier& carrier) {
        return carrier.Read(name, offset, length);
      },
      [](napi_env env, std::vector<std::byte>& bytes) { return BytesToJs(env, bytes); });
}

Napi::Value CarrierObject::Hash(const Napi::CallbackInfo& info) {
  const auto name = StringArgument(info, 0, "hash: name");
  if (!name) return info.Env().Undefined();
  return Run<std::string>(
      info.Env(), [name = *name](Carrier& carrier) { return HashStream(carrier, name); },
      [](napi_env env, std::string& hex) { return TextToJs(env, hex); });
}

Napi::Value CarrierObject::Remove(const Napi::CallbackInfo& info) {
  const auto name = StringArgument(info, 0, "remove: name");
  if (!name) return info.Env().Undefined();
  const auto expected = ExpectedArgument(info, 1, "remove: expected");
  if (!expected) return info.Env().Undefined();
  return Run<RemoveOutcome>(
      info.Env(),
      [name = *name, expected = *expected](Carrier& carrier) {
        return carrier.Remove(name, expected.size, expected.sha256);
      },
      [](napi_env env, RemoveOutcome& outcome) { return ToJs(env, outcome); });
}

Napi::Value CarrierObject::Create(const Napi::CallbackInfo& info) {
  const auto name = StringArgument(info, 0, "create: name");
  if (!name) return info.Env().Undefined();
  auto bytes = BytesArgument(info, 1, "create: bytes");
  if (!bytes) return info.Env().Undefined();
  return Run<Nothing>(
      info.Env(),
      [name = *name, bytes = std::move(*bytes)](Carrier& carrier) -> Result<Nothing> {
        if (auto error = carrier.Create(name, bytes)) return *error;
        return Nothing{};
      },
      [](napi_env env, Nothing&) { return UndefinedToJs(env); });
}

Napi::Value CarrierObject::Close(const Napi::CallbackInfo& info) {
  // Operations called before hold the carrier until they are done.
  lane_->carrier.reset();
  return info.Env().Undefined();
}

template <typename T>
Napi::Value CarrierObject::Run(Napi::Env env, std::function<Result<T>(Carrier&)> work,
                               std::function<napi_value(napi_env, T&)> to_value) {
  const JsPromise promise(env);
  if (!lane_->carrier) {
    promise.Reject({"ADS_IO", 0, "use", "the carrier was closed"});
    return Napi::Value(env, promise.value());
  }
  lane_->waiting.push_back([env, promise, lane = lane_, carrier = lane_->carrier,
                            work = std::move(work), to_value = std::move(to_value)] {
    PromiseWorker<T>::Start(
        env, promise, [carrier, work] { return work(*carrier); }, to_value,
        [lane] {
          lane->is_busy = false;
          Lane::StartNext(lane);
        });
  });
  Lane::StartNext(lane_);
  return Napi::Value(env, promise.value());
}

void CarrierObject::Lane::StartNext(const std::shared_ptr<Lane>& lane) {
  if (lane->is_busy || lane->waiting.empty()) return;
  lane->is_busy = true;
  const auto start = std::move(lane->waiting.front());
  lane->waiting.pop_front();
  start();
}

}  // namespace sidestream::binding
