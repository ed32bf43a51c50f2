#include "volume/read_changes.h"

#include <charconv>
#include <map>
#include <utility>

#include "ntfs/usn_record.h"

namespace sidestream {
namespace {

// ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED: the file system knows no journal.
constexpr int kInvalidFunction = 1;
constexpr int kNotSupported = 50;

// A change that may concern a stream, or where its carrier is. Many of these leave streams as they
// were.
constexpr std::uint32_t kReasonsOfInterest =
    ntfs::kUsnNamedDataOverwrite | ntfs::kUsnNamedDataExtend | ntfs::kUsnNamedDataTruncation |
    ntfs::kUsnFileCreate | ntfs::kUsnFileDelete | ntfs::kUsnRenameNewName |
    ntfs::kUsnHardLinkChange | ntfs::kUsnReparsePointChange | ntfs::kUsnStreamChange |
    ntfs::kUsnTransactedChange;

constexpr std::uint32_t kDirectoryAttribute = 0x10;

// Looking at more files one by one takes longer than a scan of everything, and memory with it.
constexpr std::size_t kMostFiles = 200'000;

constexpr std::string_view kScheme = "usn1:";

// `usn1:<volume id>:<journal id>:<USN>`, both numbers in hex.
struct Checkpoint {
  std::string volume_id;
  std::uint64_t journal_id = 0;
  std::uint64_t usn = 0;
};

std::string Hex(std::uint64_t number) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr};
}

std::string Write(const Checkpoint& checkpoint) {
  return std::string(kScheme) + checkpoint.volume_id + ":" + Hex(checkpoint.journal_id) + ":" +
         Hex(checkpoint.usn);
}

bool ParseHex(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::optional<Checkpoint> Parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t last = text.rfind(':');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const std::size_t middle = text.rfind(':', last - 1);
  if (middle == std::string_view::npos) return std::nullopt;
  Checkpoint checkpoint;
  checkpoint.volume_id = text.substr(0, middle);
  if (!ParseHex(text.substr(middle + 1, last - middle - 1), checkpoint.journal_id) ||
      !ParseHex(text.substr(last + 1), checkpoint.usn)) {
    return std::nullopt;
  }
  return checkpoint;
}

// Why what followed the checkpoint cannot all be in the journal; empty if it is.
std::string WhyNotAll(const std::optional<Checkpoint>& checkpoint, const std::string& volume_id,
                      const JournalState& state) {
  if (!checkpoint) return "no-checkpoint";
  if (checkpoint->volume_id != volume_id) return "other-volume";
  if (checkpoint->journal_id != state.id) return "journal-recreated";
  if (checkpoint->usn < state.lowest_valid_usn) return "journal-interrupted";
  if (checkpoint->usn < state.first_usn) return "journal-wrapped";
  if (checkpoint->usn > state.next_usn) return "journal-rewound";
  return {};
}

// The reason that a failure of the journal is; empty if it is none but an error.
std::string ReasonOf(const StreamError& error) {
  switch (error.system_code) {
    case kJournalNotActive:
      return "journal-not-active";
    case kJournalDeleteInProgress:
      return "journal-being-deleted";
    case kJournalEntryDeleted:
      return "journal-wrapped";
    case kInvalidFunction:
    case kNotSupported:
      return "no-journal";
    default:
      return {};
  }
}

class Reader {
 public:
  explicit Reader(const ChangeJournal& journal) : journal_(journal) {}

  // Reads up to `state.next_usn` and moves `usn` there. What comes while it reads may come along.
  Result<std::string> Run(const JournalState& state, std::uint64_t& usn) {
    while (usn < state.next_usn) {
      const auto answer = journal_.Read(state.id, usn);
      if (!answer.ok()) {
        std::string reason = ReasonOf(answer.error());
        if (reason.empty()) return answer.error();
        return reason;
      }
      ntfs::UsnCursor cursor(answer.value());
      ntfs::UsnRecord record;
      while (cursor.Next(record)) {
        // Each record's USN is its place: one of before is none of this answer's.
        if (record.usn < usn || record.usn >= cursor.next_usn()) {
          return std::string("unreadable-records");
        }
        Take(record);
      }
      if (cursor.unknown_records() > 0) return std::string("unknown-records");
      if (cursor.error() || cursor.next_usn() <= usn) return std::string("unreadable-records");
      if (files_.size() > kMostFiles) return std::string("too-many-changes");
      usn = cursor.next_usn();
    }
    return std::string();
  }

  std::vector<ChangedFile> TakeFiles() {
    std::vector<ChangedFile> files;
    for (auto& [reference, file] : files_) files.push_back(std::move(file));
    return files;
  }

 private:
  void Take(const ntfs::UsnRecord& record) {
    if ((record.reason & kReasonsOfInterest) == 0) return;
    ChangedFile& file = files_[{record.file.low, record.file.high}];
    file.identity = IdentityOf(record.file);
    file.parent_identity = IdentityOf(record.parent);
    file.reasons |= record.reason;
    // Version 4 tells neither; a record of version 3 follows it.
    if (!record.name.empty()) file.name = record.name;
    if (record.attributes) file.is_directory = (*record.attributes & kDirectoryAttribute) != 0;
  }

  std::string IdentityOf(const ntfs::FileId128& id) const {
    if (journal_.has_ntfs_references()) return "ntfs:" + std::to_string(id.low);
    return "refs:" + std::to_string(id.low) + ":" + std::to_string(id.high);
  }

  const ChangeJournal& journal_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, ChangedFile> files_;
};

}  // namespace

Result<JournalChanges> ReadChanges(const ChangeJournal& journal, std::string_view checkpoint) {
  JournalChanges changes;
  const auto state = journal.Query();
  if (!state.ok()) {
    changes.must_scan = ReasonOf(state.error());
    if (changes.must_scan.empty()) return state.error();
    return changes;
  }
  const auto from = Parse(checkpoint);
  Checkpoint next{journal.volume_id(), state.value().id, state.value().next_usn};
  changes.must_scan = WhyNotAll(from, next.volume_id, state.value());
  if (changes.must_scan.empty()) {
    Reader reader(journal);
    std::uint64_t usn = from->usn;
    auto reason = reader.Run(state.value(), usn);
    if (!reason.ok()) return reason.error();
    changes.must_scan = reason.value();
    if (changes.must_scan.empty()) {
      changes.files = reader.TakeFiles();
      next.usn = usn;
    }
  }
  changes.checkpoint = Write(next);
  return changes;
}

}  // namespace sidestream
