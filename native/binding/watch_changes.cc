// watchChanges(target: string, mostPlaces: number): NativeWatch

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/watch_object.h"

namespace sidestream::binding {
namespace {

// A place takes some hundred bytes; whoever wants to know of more should scan.
constexpr std::uint64_t kMostPlaces = 1'000'000;

}  // namespace

Napi::Value WatchChanges(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "watchChanges: target");
  if (!path) return env.Undefined();
  const auto most_places = IntegerArgument(info, 1, kMostPlaces, "watchChanges: mostPlaces");
  if (!most_places) return env.Undefined();
  return WatchObject::Begin(env, env.GetInstanceData<AddonData>()->watch_constructor.Value(), *path,
                            static_cast<std::size_t>(*most_places));
}

}  // namespace sidestream::binding
