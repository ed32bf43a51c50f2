// The seam to a volume's change journal (USN journal): where its records come from, decided and
// decoded by volume/read_changes.
//
// Failures carry the numbers that Windows gives them, also where no Windows runs.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace sidestream {

// system_code of a StreamError (System Error Codes 1000-1299).
inline constexpr int kJournalDeleteInProgress = 1178;
inline constexpr int kJournalNotActive = 1179;
inline constexpr int kJournalEntryDeleted = 1181;

// USN_JOURNAL_DATA, as far as it matters. USNs count bytes.
struct JournalState {
  std::uint64_t id = 0;                // of this incarnation: another after it was deleted and made
  std::uint64_t first_usn = 0;         // the oldest that can be read still
  std::uint64_t next_usn = 0;          // the one that the next record will get
  std::uint64_t lowest_valid_usn = 0;  // before it, changes may have gone unrecorded
};

// Const methods may run on several threads at once.
class ChangeJournal {
 public:
  virtual ~ChangeJournal() = default;
  // As StreamProvider's target() has it.
  virtual std::string volume_id() const = 0;
  // Whether file references are NTFS's 64 bits; else ReFS's 128.
  virtual bool has_ntfs_references() const = 0;
  virtual Result<JournalState> Query() const = 0;
  // Some records from `from` on, in the form of FSCTL_READ_USN_JOURNAL's answer: 8 bytes with the
  // USN to go on from, then whole records. At the journal's end, no records.
  virtual Result<std::vector<std::byte>> Read(std::uint64_t journal_id,
                                              std::uint64_t from) const = 0;
};

// The journal of a volume, live on Windows, or of an image of one. ADS_UNSUPPORTED where the target
// is neither.
Result<std::unique_ptr<ChangeJournal>> OpenChangeJournal(const std::u16string& path);

}  // namespace sidestream
