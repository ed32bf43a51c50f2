// Chooses where a target's change journal is read from, as open_target.cc chooses its provider.

#include "streams/change_journal.h"
#include "streams/live_target.h"
#include "volume/image_journal.h"

namespace sidestream {

Result<std::unique_ptr<ChangeJournal>> OpenChangeJournal(const std::u16string& path) {
  const auto shape = InspectTarget(path);
  if (!shape.ok()) return shape.error();
  switch (shape.value().kind) {
    case TargetKind::kFolder:
      return OpenLiveJournal(path);
    case TargetKind::kRegularFile:
    case TargetKind::kDevice:
      return OpenImageJournal(shape.value().native_path);
    case TargetKind::kOther:
      break;
  }
  return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                     shape.value().native_path + " is neither a volume nor an image of one"};
}

}  // namespace sidestream
