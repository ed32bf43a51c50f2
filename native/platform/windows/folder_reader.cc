#include "platform/windows/folder_reader.h"

#include <algorithm>
#include <span>

#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"

namespace sidestream {
namespace {

// SMB answers no more than 64 KiB at once.
using Buffer = std::vector<std::uint64_t>;
constexpr std::size_t kBufferBytes = 64u << 10;

NTSTATUS Query(HANDLE folder, UNICODE_STRING* pattern, bool restart, Buffer& buffer,
               std::span<const std::byte>& answer) {
  IO_STATUS_BLOCK io = {};
  const std::size_t bytes = buffer.size() * sizeof(std::uint64_t);
  const NTSTATUS status = Nt().query_directory(
      folder, nullptr, nullptr, nullptr, &io, buffer.data(), static_cast<ULONG>(bytes),
      kFileIdBothDirectory, FALSE, pattern, restart ? TRUE : FALSE);
  const std::size_t filled = std::min(static_cast<std::size_t>(io.Information), bytes);
  answer = std::as_bytes(std::span(buffer)).first(nt::IsError(status) ? 0 : filled);
  return status;
}

bool IsEnd(NTSTATUS status) { return status == nt::kNoMoreFiles || status == nt::kNoSuchFile; }

}  // namespace

Status ReadFolder(HANDLE folder, const std::function<bool()>& is_cancelled,
                  std::vector<ntfs::DirectoryEntry>& entries) {
  Buffer buffer(kBufferBytes / sizeof(std::uint64_t));
  for (bool is_first = true; !is_cancelled(); is_first = false) {
    std::span<const std::byte> answer;
    const NTSTATUS status = Query(folder, nullptr, is_first, buffer, answer);
    if (IsEnd(status)) return std::nullopt;
    if (nt::IsError(status)) return FromStatus(status, "list", "folder");
    if (answer.empty()) return std::nullopt;
    ntfs::DirectoryCursor cursor(answer);
    ntfs::DirectoryEntry entry;
    while (cursor.Next(entry)) {
      if (entry.name != u"." && entry.name != u"..") entries.push_back(entry);
    }
    if (cursor.error()) {
      return StreamError{"ADS_CORRUPT", 0, "list",
                         "the system's list of this folder contradicts itself: " +
                             ntfs::Describe(*cursor.error())};
    }
  }
  return std::nullopt;
}

std::optional<ntfs::DirectoryEntry> FindEntry(HANDLE folder, std::u16string_view name) {
  // On a handle of its own: the first pattern stays with a handle, whatever later calls say.
  UniqueHandle own;
  OpenHow how;
  how.access = FILE_LIST_DIRECTORY | SYNCHRONIZE;
  how.options = kOptionDirectory;
  if (Open(folder, u"", how, own) != nt::kSuccess) return std::nullopt;
  UNICODE_STRING pattern = {};
  pattern.Buffer = reinterpret_cast<wchar_t*>(const_cast<char16_t*>(name.data()));
  pattern.Length = static_cast<USHORT>(name.size() * sizeof(char16_t));
  pattern.MaximumLength = pattern.Length;
  Buffer buffer(kBufferBytes / sizeof(std::uint64_t));
  std::span<const std::byte> answer;
  if (nt::IsError(Query(own.get(), &pattern, true, buffer, answer))) return std::nullopt;
  ntfs::DirectoryCursor cursor(answer);
  ntfs::DirectoryEntry entry;
  if (!cursor.Next(entry)) return std::nullopt;
  return entry;
}

}  // namespace sidestream
