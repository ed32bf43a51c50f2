// Systems without notices of changes below a live folder. Windows has journals instead, per volume.

#include "streams/change_watch.h"

namespace sidestream {

std::unique_ptr<ChangeWatch> StartChangeWatch(std::u16string, ChangeCollector& collector) {
  collector.End({"ADS_UNSUPPORTED", 0, "watch", "this system tells no changes below a folder"});
  return nullptr;
}

}  // namespace sidestream
