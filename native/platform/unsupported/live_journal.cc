// Operating systems other than Windows keep no journal of changes that tells of streams.

#include "streams/live_target.h"

namespace sidestream {

Result<std::unique_ptr<ChangeJournal>> OpenLiveJournal(const std::u16string&) {
  return StreamError{"ADS_UNSUPPORTED", 0, "open",
                     "only a Windows volume, or an image of one, has a change journal"};
}

}  // namespace sidestream
