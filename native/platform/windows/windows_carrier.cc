#include "platform/windows/windows_carrier.h"

#include <algorithm>

#include "base/utf16.h"
#include "platform/windows/carrier_basics.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/privilege.h"
#include "platform/windows/stream_handle.h"

namespace sidestream {
namespace {

constexpr ULONG kDelete = 0x1;
constexpr ULONG kPosixSemantics = 0x2;
constexpr ULONG kIgnoreReadOnly = 0x10;

const ntfs::ListedStream* FindByName(const ntfs::StreamInformation& streams,
                                     std::u16string_view name) {
  const auto found = std::ranges::find(streams.named, name, &ntfs::ListedStream::name);
  return found == streams.named.end() ? nullptr : &*found;
}

std::string Named(std::u16string_view name) { return "stream " + TextFromUnits(name); }

// Marks what the handle is open on: the stream, as long as its name was not empty. The extended
// class came with Windows 10 1607 and not to every file system.
NTSTATUS Dispose(HANDLE stream) {
  IO_STATUS_BLOCK io = {};
  ULONG flags = kDelete | kPosixSemantics | kIgnoreReadOnly;
  NTSTATUS status = Nt().set_file(stream, &io, &flags, sizeof flags, kFileDispositionEx);
  if (!nt::MeansUnsupported(status)) return status;
  BOOLEAN is_deleted = TRUE;
  return Nt().set_file(stream, &io, &is_deleted, sizeof is_deleted, kFileDisposition);
}

Status WriteAll(HANDLE stream, std::span<const std::byte> bytes, const char* operation) {
  constexpr std::size_t kStep = 1 << 20;
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t step = std::min(bytes.size() - done, kStep);
    LARGE_INTEGER at = {};
    at.QuadPart = static_cast<std::int64_t>(done);
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status =
        Nt().write_file(stream, nullptr, nullptr, nullptr, &io, bytes.data() + done,
                        static_cast<ULONG>(step), &at, nullptr);
    if (nt::IsError(status)) return FromStatus(status, operation, "content");
    if (io.Information == 0) return StreamError{"ADS_IO", 0, operation, "nothing was written"};
    done += static_cast<std::size_t>(io.Information);
  }
  return std::nullopt;
}

}  // namespace

WindowsCarrier::WindowsCarrier(UniqueHandle handle, const FileFacts& facts, IdScheme id_scheme)
    : handle_(std::move(handle)), facts_(facts), identity_(IdentityOf(facts, id_scheme)) {}

Result<std::vector<StreamEntry>> WindowsCarrier::List() {
  const auto streams = ListStreams(handle_.get());
  if (!streams.ok()) return streams.error();
  std::vector<StreamEntry> entries;
  for (const ntfs::ListedStream& stream : streams.value().named) {
    entries.push_back({stream.name, stream.size, stream.allocated, false});
  }
  return entries;
}

Result<std::vector<std::byte>> WindowsCarrier::Read(std::u16string_view name, std::uint64_t offset,
                                                    std::uint64_t length) {
  if (IsCloudOnly(facts_.basic.attributes)) return CloudOnlyError("read");
  const auto stream = OpenStreamToRead(handle_.get(), name);
  if (!stream.ok()) return stream.error();
  return ReadStream(stream.value().get(), offset, length);
}

Result<BasicInformation> WindowsCarrier::Basics(const char* operation) const {
  BasicInformation basics = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = Nt().query_file(handle_.get(), &io, &basics, sizeof basics, kFileBasic);
  if (nt::IsError(status)) return FromStatus(status, operation, "times of the carrier");
  return basics;
}

Result<RemoveOutcome> WindowsCarrier::Remove(std::u16string_view name, std::uint64_t expected_size,
                                             std::span<const std::byte> expected_sha256) {
  if (const auto refused = CheckStreamName(name, "remove")) return *refused;
  if (IsCloudOnly(facts_.basic.attributes)) return CloudOnlyError("remove");
  const auto before = ListStreams(handle_.get());
  if (!before.ok()) return before.error();
  // Exactly as listed: another letter case would reach the same stream, but was not what somebody
  // approved.
  const ntfs::ListedStream* const listed = FindByName(before.value(), name);
  if (listed == nullptr) return RemoveOutcome::kGone;
  if (const auto* twin = TwinOf(before.value(), name)) return TwinError(*twin, name, "remove");
  if (listed->size != expected_size) return RemoveOutcome::kChanged;
  const RestorePrivilege privilege;
  return RemoveListed(before.value(), name, expected_size, expected_sha256);
}

Result<RemoveOutcome> WindowsCarrier::RemoveListed(const ntfs::StreamInformation& before,
                                                   std::u16string_view name,
                                                   std::uint64_t expected_size,
                                                   std::span<const std::byte> expected_sha256) {
  const auto basics = Basics("remove");
  if (!basics.ok()) return basics.error();
  // Nobody may write while it is compared and marked: sharing for writing is denied, and an open
  // writer makes this fail with a sharing violation.
  OpenHow how;
  how.access = DELETE | FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
  how.share = FILE_SHARE_READ | FILE_SHARE_DELETE;
  UniqueHandle stream;
  const NTSTATUS opened = OpenStream(handle_.get(), name, how, stream);
  if (nt::MeansVanished(opened) && opened != nt::kDeletePending) return RemoveOutcome::kGone;
  if (opened != nt::kSuccess) return FromStatus(opened, "remove", Named(name));
  FreezeTimes(stream.get());
  const auto digest = DigestStream(stream.get(), 0, [] { return false; });
  if (!digest.ok()) return digest.error();
  const auto& [size, sha256, front] = digest.value();
  const bool is_expected = size == expected_size && std::ranges::equal(sha256, expected_sha256);
  if (is_expected) {
    if (const auto error = MarkDeleted(stream.get(), basics.value())) return *error;
  }
  stream.Reset();  // it goes with its last handle
  const Status verified = is_expected ? VerifyRemoved(before, name) : std::nullopt;
  const Status restored = RestoreBasics(handle_.get(), basics.value(), "remove");
  if (verified) return *verified;
  if (restored) return *restored;
  return is_expected ? RemoveOutcome::kDone : RemoveOutcome::kChanged;
}

// A read-only carrier protects its streams too ([MS-FSA] 2.1.5.15.3). Where the flag cannot be
// passed over, it is taken off for this moment; RestoreBasics puts it back.
Status WindowsCarrier::MarkDeleted(HANDLE stream, const BasicInformation& basics) {
  NTSTATUS status = Dispose(stream);
  const bool is_read_only = (basics.attributes & FILE_ATTRIBUTE_READONLY) != 0;
  if ((status == nt::kCannotDelete || status == nt::kAccessDenied) && is_read_only) {
    const NTSTATUS cleared = ClearReadOnly(handle_.get(), basics);
    if (nt::IsError(cleared)) return FromStatus(cleared, "remove", "read-only attribute");
    status = Dispose(stream);
    if (nt::IsError(status)) RestoreBasics(handle_.get(), basics, "remove");
  }
  if (nt::IsError(status)) return FromStatus(status, "remove", "stream");
  return std::nullopt;
}

// Lists again and requires that exactly this one name is gone and the file's own content is as long
// as it was.
Status WindowsCarrier::VerifyRemoved(const ntfs::StreamInformation& before,
                                     std::u16string_view name) {
  const auto after = ListStreams(handle_.get());
  if (!after.ok()) return after.error();
  if (FindByName(after.value(), name) != nullptr) {
    return StreamError{"ADS_DELETE_PENDING", 0, "remove",
                       "the stream is marked for deletion and still listed; it goes when the last "
                       "program closes it"};
  }
  const bool others_stay = std::ranges::all_of(before.named, [&](const ntfs::ListedStream& old) {
    return old.name == name || FindByName(after.value(), old.name) != nullptr;
  });
  if (others_stay && after.value().unnamed_size == before.unnamed_size) return std::nullopt;
  return StreamError{"ADS_IO", 0, "remove",
                     others_stay ? "the file's own content changed its size meanwhile"
                                 : "another stream of this file went away meanwhile"};
}

NTSTATUS WindowsCarrier::OpenToWrite(std::u16string_view name, const OpenHow& how,
                                     const BasicInformation& basics, UniqueHandle& stream) {
  const NTSTATUS status = OpenStream(handle_.get(), name, how, stream);
  const bool is_read_only = (basics.attributes & FILE_ATTRIBUTE_READONLY) != 0;
  if (status != nt::kAccessDenied || !is_read_only) return status;
  if (nt::IsError(ClearReadOnly(handle_.get(), basics))) return status;
  return OpenStream(handle_.get(), name, how, stream);
}

Result<RemoveOutcome> WindowsCarrier::Replace(std::u16string_view name, std::uint64_t expected_size,
                                              std::span<const std::byte> expected_sha256,
                                              std::span<const std::byte> bytes) {
  if (const auto refused = CheckStreamName(name, "replace")) return *refused;
  if (IsCloudOnly(facts_.basic.attributes)) return CloudOnlyError("replace");
  const auto before = ListStreams(handle_.get());
  if (!before.ok()) return before.error();
  const ntfs::ListedStream* const listed = FindByName(before.value(), name);
  if (listed == nullptr) return RemoveOutcome::kGone;
  if (const auto* twin = TwinOf(before.value(), name)) return TwinError(*twin, name, "replace");
  if (listed->size != expected_size) return RemoveOutcome::kChanged;
  const auto basics = Basics("replace");
  if (!basics.ok()) return basics.error();
  const RestorePrivilege privilege;
  const auto outcome = Overwrite(name, expected_size, expected_sha256, bytes, basics.value());
  const Status restored = RestoreBasics(handle_.get(), basics.value(), "replace");
  if (!outcome.ok() || outcome.value() != RemoveOutcome::kDone) return outcome;
  const auto after = ListStreams(handle_.get());
  if (!after.ok()) return after.error();
  const ntfs::ListedStream* const now = FindByName(after.value(), name);
  if (now == nullptr || now->size != bytes.size() ||
      after.value().unnamed_size != before.value().unnamed_size) {
    return StreamError{"ADS_IO", 0, "replace", Named(name) + " is not listed as it was written"};
  }
  if (restored) return *restored;
  return outcome;
}

// NTFS has no call that gives a stream other bytes at once. Its old content stays until it is
// written over from the front, and its length is set last.
Result<RemoveOutcome> WindowsCarrier::Overwrite(std::u16string_view name,
                                                std::uint64_t expected_size,
                                                std::span<const std::byte> expected_sha256,
                                                std::span<const std::byte> bytes,
                                                const BasicInformation& basics) {
  // Nobody may write, or read something between, while it is compared and written.
  OpenHow how;
  how.access =
      FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
  how.share = 0;
  UniqueHandle stream;
  const NTSTATUS opened = OpenToWrite(name, how, basics, stream);
  if (nt::MeansVanished(opened) && opened != nt::kDeletePending) return RemoveOutcome::kGone;
  if (opened != nt::kSuccess) return FromStatus(opened, "replace", Named(name));
  FreezeTimes(stream.get());
  const auto digest = DigestStream(stream.get(), 0, [] { return false; });
  if (!digest.ok()) return digest.error();
  const auto& [size, sha256, front] = digest.value();
  if (size != expected_size || !std::ranges::equal(sha256, expected_sha256)) {
    return RemoveOutcome::kChanged;
  }
  if (const auto error = WriteAll(stream.get(), bytes, "replace")) return *error;
  LARGE_INTEGER end = {};
  end.QuadPart = static_cast<std::int64_t>(bytes.size());
  IO_STATUS_BLOCK io = {};
  const NTSTATUS ended = Nt().set_file(stream.get(), &io, &end, sizeof end, kFileEndOfFile);
  if (nt::IsError(ended)) return FromStatus(ended, "replace", Named(name));
  const auto written = ReadStream(stream.get(), 0, bytes.size() + 1);
  if (!written.ok()) return written.error();
  if (std::ranges::equal(written.value(), bytes)) return RemoveOutcome::kDone;
  return StreamError{"ADS_IO", 0, "replace", Named(name) + " reads back differently"};
}

Status WindowsCarrier::Create(std::u16string_view name, std::span<const std::byte> bytes) {
  if (const auto refused = CheckStreamName(name, "create")) return refused;
  if (IsCloudOnly(facts_.basic.attributes)) return CloudOnlyError("create");
  const auto basics = Basics("create");
  if (!basics.ok()) return basics.error();
  const RestorePrivilege privilege;
  const Status created = CreateAndWrite(name, bytes, basics.value());
  const Status restored = RestoreBasics(handle_.get(), basics.value(), "create");
  if (created) return created;
  const auto after = ListStreams(handle_.get());
  if (!after.ok()) return after.error();
  const ntfs::ListedStream* const listed = FindByName(after.value(), name);
  if (listed == nullptr || listed->size != bytes.size()) {
    return StreamError{"ADS_IO", 0, "create", Named(name) + " is not listed as it was written"};
  }
  return restored;
}

Status WindowsCarrier::CreateAndWrite(std::u16string_view name, std::span<const std::byte> bytes,
                                      const BasicInformation& basics) {
  // Never a disposition that opens what is there: on a file those can truncate it, and some drop
  // all its streams (Samba's torture tests of streams).
  OpenHow how;
  how.access =
      FILE_WRITE_DATA | DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
  how.share = 0;
  how.disposition = kDispositionCreate;
  UniqueHandle stream;
  const NTSTATUS status = OpenToWrite(name, how, basics, stream);
  if (status != nt::kSuccess) return FromStatus(status, "create", Named(name));
  FreezeTimes(stream.get());
  const Status written = WriteAll(stream.get(), bytes, "create");
  // Half a stream would be taken for the whole one.
  if (written) Dispose(stream.get());
  return written;
}

}  // namespace sidestream
