// What changed on a volume since a checkpoint, by its change journal; or why that cannot be known.
//
// The journal is a hint about where to look, never about what is there: each file it names is
// listed again. Wherever it might have a gap, the answer is a full scan and not a short list.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "streams/change_journal.h"

namespace sidestream {

// Field for field as NativeChangedFile in native/addon.ts.
struct ChangedFile {
  std::string identity;
  std::string parent_identity;
  std::u16string name;
  std::optional<bool> is_directory;
  std::uint32_t reasons = 0;
};

struct JournalChanges {
  std::string must_scan;   // a MustScanReason of native/addon.ts; empty: `files` is complete
  std::string checkpoint;  // for the next call; empty: there is no journal
  std::vector<ChangedFile> files;
};

// `checkpoint`: what an earlier call gave, or empty. Fails where the journal should have been
// readable.
Result<JournalChanges> ReadChanges(const ChangeJournal& journal, std::string_view checkpoint);

}  // namespace sidestream
