// A whole answer of a change journal: the walk over it, and what is concluded from it.

#include "ntfs/usn_record.h"

#include "target.h"
#include "volume/read_changes.h"

namespace {

// Answers every question with the input.
class FuzzedJournal final : public sidestream::ChangeJournal {
 public:
  explicit FuzzedJournal(std::span<const std::byte> answer) : answer_(answer) {}
  std::string volume_id() const override { return "ntfs-1"; }
  bool has_ntfs_references() const override { return answer_.size() % 2 == 0; }
  sidestream::Result<sidestream::JournalState> Query() const override {
    return sidestream::JournalState{1, 0, 1u << 20, 0};
  }
  sidestream::Result<std::vector<std::byte>> Read(std::uint64_t, std::uint64_t) const override {
    return std::vector<std::byte>(answer_.begin(), answer_.end());
  }

 private:
  std::span<const std::byte> answer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = fuzz::CopyOf(data, size);
  sidestream::ntfs::UsnCursor cursor(answer);
  sidestream::ntfs::UsnRecord record;
  while (cursor.Next(record)) fuzz::Use(record.file.low + record.usn + record.name.size());
  fuzz::Use(cursor.unknown_records());
  const auto changes = sidestream::ReadChanges(FuzzedJournal(answer), "usn1:ntfs-1:1:0");
  fuzz::Use(changes.value().files.size());
  return 0;
}
