#include "volume/read_changes.h"

#include "bytes.h"
#include "check.h"

using sidestream::ChangeJournal;
using sidestream::JournalState;
using sidestream::ReadChanges;
using sidestream::StreamError;
using test::Bytes;

namespace {

Bytes ARecord(std::uint64_t file, std::uint64_t usn, std::uint32_t reason) {
  Bytes record(64);
  record.U32(0, 64).U16(4, 2).U64(8, file).U64(16, 5).U64(24, usn).U32(40, reason);
  return record.U16(56, 2).U16(58, 60).U16(60, 'n');
}

// Answers as told, and fails as told.
class RecordedJournal final : public ChangeJournal {
 public:
  std::string volume_id() const override { return "ntfs-1"; }
  bool has_ntfs_references() const override { return is_ntfs; }
  sidestream::Result<JournalState> Query() const override {
    if (query_fault != 0) return StreamError{"ADS_IO", query_fault, "query", "told to fail"};
    return state;
  }
  sidestream::Result<std::vector<std::byte>> Read(std::uint64_t, std::uint64_t) const override {
    if (read_fault != 0) return StreamError{"ADS_IO", read_fault, "read", "told to fail"};
    const std::span<const std::byte> bytes = answer;
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }

  JournalState state{7, 0x1000, 0x2000, 0};
  Bytes answer = Bytes(8);
  int query_fault = 0;
  int read_fault = 0;
  bool is_ntfs = true;
};

constexpr char kCheckpoint[] = "usn1:ntfs-1:7:1800";

Bytes AnAnswer(std::uint64_t next, std::initializer_list<Bytes> records) {
  Bytes answer(8 + 64 * records.size());
  answer.U64(0, next);
  std::size_t at = 8;
  for (const Bytes& record : records) {
    answer.Copy(at, record);
    at += record.size();
  }
  return answer;
}

std::string ReasonOf(const RecordedJournal& journal, std::string_view checkpoint = kCheckpoint) {
  const auto changes = ReadChanges(journal, checkpoint);
  if (!changes.ok()) return "failed: " + changes.error().code;
  if (!changes.value().must_scan.empty()) CHECK(changes.value().files.empty());
  return changes.value().must_scan;
}

}  // namespace

TEST("changes since a checkpoint are told, and the next one goes on behind them") {
  RecordedJournal journal;
  journal.answer = AnAnswer(0x2000, {ARecord(64, 0x1800, 0x200000), ARecord(65, 0x1840, 0x2)});
  const auto changes = ReadChanges(journal, kCheckpoint);
  CHECK(changes.ok() && changes.value().must_scan.empty());
  CHECK_EQUAL(changes.value().files.size(), 1);
  CHECK_EQUAL(changes.value().files[0].identity, "ntfs:64");
  CHECK_EQUAL(changes.value().checkpoint, "usn1:ntfs-1:7:2000");
  CHECK_EQUAL(ReasonOf(journal, changes.value().checkpoint), "");
  journal.is_ntfs = false;
  CHECK_EQUAL(ReadChanges(journal, kCheckpoint).value().files[0].identity, "refs:64:0");
}

TEST("a checkpoint outside the journal, or of another, means a full scan") {
  RecordedJournal journal;
  journal.answer = AnAnswer(0x2000, {});
  CHECK_EQUAL(ReasonOf(journal), "");
  CHECK_EQUAL(ReasonOf(journal, ""), "no-checkpoint");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-2:7:1800"), "other-volume");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-1:8:1800"), "journal-recreated");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-1:7:fff"), "journal-wrapped");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-1:7:1000"), "");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-1:7:2000"), "");
  CHECK_EQUAL(ReasonOf(journal, "usn1:ntfs-1:7:2001"), "journal-rewound");
  journal.state.lowest_valid_usn = 0x1900;
  CHECK_EQUAL(ReasonOf(journal), "journal-interrupted");
}

TEST("a checkpoint that was cut or damaged is none") {
  const RecordedJournal journal;
  for (const char* text :
       {"usn1", "usn1:", "usn1::", "usn1:ntfs-1:7", "usn1:ntfs-1:7:", "usn1:ntfs-1::1800",
        "usn1:ntfs-1:7:18x0", "usn2:ntfs-1:7:1800", "usn1:ntfs-1:7:10000000000000000"}) {
    CHECK_EQUAL(ReasonOf(journal, text), "no-checkpoint");
  }
}

TEST("what the system says of its journal means a full scan, with that reason") {
  RecordedJournal journal;
  const auto told = [&](int query, int read) {
    journal.query_fault = query;
    journal.read_fault = read;
    return ReasonOf(journal);
  };
  CHECK_EQUAL(told(1179, 0), "journal-not-active");
  CHECK_EQUAL(told(1178, 0), "journal-being-deleted");
  CHECK_EQUAL(told(1, 0), "no-journal");
  CHECK_EQUAL(told(50, 0), "no-journal");
  CHECK_EQUAL(told(0, 1181), "journal-wrapped");
  CHECK_EQUAL(told(0, 1179), "journal-not-active");
  CHECK_EQUAL(told(0, 1178), "journal-being-deleted");
  CHECK_EQUAL(told(5, 0), "failed: ADS_IO");
  CHECK_EQUAL(told(0, 5), "failed: ADS_IO");
}

TEST("an answer that leaves something out, or leads nowhere, is never taken for all there is") {
  RecordedJournal journal;
  const auto told = [&](Bytes answer) {
    journal.answer = std::move(answer);
    return ReasonOf(journal);
  };
  CHECK_EQUAL(told(AnAnswer(0x2000, {ARecord(64, 0x1800, 0x200000).U16(4, 9)})), "unknown-records");
  CHECK_EQUAL(told(AnAnswer(0x2000, {ARecord(64, 0x1800, 0x200000).U32(0, 12)})),
              "unreadable-records");
  CHECK_EQUAL(told(AnAnswer(0x2000, {ARecord(64, 0x17C0, 0x200000)})), "unreadable-records");
  CHECK_EQUAL(told(AnAnswer(0x2000, {ARecord(64, 0x2000, 0x200000)})), "unreadable-records");
  CHECK_EQUAL(told(AnAnswer(0x1800, {})), "unreadable-records");
  CHECK_EQUAL(told(Bytes(4)), "unreadable-records");
}
