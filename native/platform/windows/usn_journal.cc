// The live change journal of a Windows volume, by FSCTL_QUERY_USN_JOURNAL and
// FSCTL_READ_USN_JOURNAL. Both want a handle of the volume itself, which administrators may open
// (Win32, Using the Change Journal Identifier).

#include <array>
#include <cstring>
#include <utility>

#include "base/utf16.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"
#include "platform/windows/privilege.h"
#include "platform/windows/target_path.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/volume_facts.h"
#include "streams/live_target.h"

namespace sidestream {
namespace {

// winioctl.h; mingw's lacks the later of the structures.
constexpr DWORD kQueryUsnJournal = 0x000900F4;
constexpr DWORD kReadUsnJournal = 0x000900BB;

// USN_JOURNAL_DATA_V0, with which every version begins.
struct QueryAnswer {
  std::uint64_t id;
  std::int64_t first_usn;
  std::int64_t next_usn;
  std::int64_t lowest_valid_usn;
  std::int64_t max_usn;
  std::uint64_t maximum_size;
  std::uint64_t allocation_delta;
};

// READ_USN_JOURNAL_DATA_V1: says which versions of records are understood. ReFS has no version 2.
struct ReadRequest {
  std::int64_t start_usn;
  std::uint32_t reason_mask;
  std::uint32_t return_only_on_close;
  std::uint64_t timeout;
  std::uint64_t bytes_to_wait_for;
  std::uint64_t journal_id;
  std::uint16_t min_major_version;
  std::uint16_t max_major_version;
};

constexpr std::size_t kAnswerSize = 64 << 10;

class LiveJournal final : public ChangeJournal {
 public:
  LiveJournal(UniqueHandle volume, VolumeFacts facts)
      : volume_(std::move(volume)), facts_(std::move(facts)) {}

  std::string volume_id() const override { return facts_.volume_id; }
  bool has_ntfs_references() const override { return facts_.id_scheme == IdScheme::kNtfs; }

  Result<JournalState> Query() const override {
    // Later versions are longer, and an answer that does not fit fails.
    alignas(8) std::array<std::byte, 256> bytes{};
    DWORD returned = 0;
    if (!DeviceIoControl(volume_.get(), kQueryUsnJournal, nullptr, 0, bytes.data(),
                         static_cast<DWORD>(bytes.size()), &returned, nullptr)) {
      return Failure("query");
    }
    QueryAnswer answer;
    if (returned < sizeof answer) {
      return StreamError{"ADS_IO", 0, "query", "the change journal's answer is too short"};
    }
    std::memcpy(&answer, bytes.data(), sizeof answer);
    return JournalState{answer.id, static_cast<std::uint64_t>(answer.first_usn),
                        static_cast<std::uint64_t>(answer.next_usn),
                        static_cast<std::uint64_t>(answer.lowest_valid_usn)};
  }

  // Every reason is asked for, so that what counts is decided in one place; timeout and bytes to
  // wait for are 0, so that the call does not wait for changes to come.
  Result<std::vector<std::byte>> Read(std::uint64_t journal_id, std::uint64_t from) const override {
    ReadRequest request{};
    request.start_usn = static_cast<std::int64_t>(from);
    request.reason_mask = 0xFFFFFFFF;
    request.journal_id = journal_id;
    request.min_major_version = 2;
    request.max_major_version = 4;
    std::vector<std::byte> answer(kAnswerSize);
    DWORD returned = 0;
    if (!DeviceIoControl(volume_.get(), kReadUsnJournal, &request, sizeof request, answer.data(),
                         static_cast<DWORD>(answer.size()), &returned, nullptr)) {
      return Failure("read");
    }
    answer.resize(returned);
    return answer;
  }

 private:
  // Keeps the number, by which a full scan is decided on.
  static StreamError Failure(const char* operation) {
    return FromWin32(GetLastError(), operation, "the volume's change journal");
  }

  const UniqueHandle volume_;
  const VolumeFacts facts_;
};

}  // namespace

Result<std::unique_ptr<ChangeJournal>> OpenLiveJournal(const std::u16string& path) {
  const auto target = ParseTargetPath(path);
  if (!target.ok()) return target.error();
  if (target.value().kind != TargetPath::Kind::kVolume) {
    return StreamError{"ADS_UNSUPPORTED", 0, "open",
                       "a change journal is a whole volume's; name that, for example C:"};
  }
  EnableBackupPrivilege();
  UniqueHandle root;
  NTSTATUS status = Open(nullptr, target.value().nt_path, {}, root);
  if (status != nt::kSuccess) return FromStatus(status, "open", TextFromUnits(path));
  auto facts = InspectVolume(root.get());
  if (!facts.ok()) return facts.error();
  UniqueHandle volume;
  OpenHow how;
  how.access = FILE_READ_DATA | SYNCHRONIZE;
  status = Open(nullptr, target.value().device, how, volume);
  if (status != nt::kSuccess) return FromStatus(status, "open", TextFromUnits(path));
  return std::unique_ptr<ChangeJournal>(
      std::make_unique<LiveJournal>(std::move(volume), std::move(facts.value())));
}

}  // namespace sidestream
