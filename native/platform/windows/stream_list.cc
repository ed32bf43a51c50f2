#include "platform/windows/stream_list.h"

#include <algorithm>
#include <span>
#include <vector>

#include "platform/windows/nt_error.h"
#include "platform/windows/wide.h"

namespace sidestream {
namespace {

// Room for some thirty Zone.Identifiers; nearly every file fits.
constexpr std::size_t kFirstBytes = 4096;
// NTFS bounds a file's attribute list, and with it the names, far below this.
constexpr std::size_t kMostBytes = 16u << 20;

}  // namespace

Result<ntfs::StreamInformation> ListStreams(HANDLE handle) {
  // 64-bit words: the entries are aligned to eight bytes.
  std::vector<std::uint64_t> buffer(kFirstBytes / sizeof(std::uint64_t));
  while (true) {
    const std::size_t bytes = buffer.size() * sizeof(std::uint64_t);
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status =
        Nt().query_file(handle, &io, buffer.data(), static_cast<ULONG>(bytes), kFileStream);
    if (status == nt::kEndOfFile) return ntfs::StreamInformation{};  // a folder without streams
    // None of these says how much is needed (FILE_STREAM_INFORMATION, ntifs.h).
    if (status == nt::kBufferOverflow || status == nt::kBufferTooSmall ||
        status == nt::kInfoLengthMismatch) {
      if (bytes >= kMostBytes) return FromStatus(status, "list", "streams (over 16 MiB of names)");
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (nt::MeansUnsupported(status)) {
      StreamError error = FromStatus(status, "list", "streams");
      error.code = "ADS_UNSUPPORTED";
      return error;
    }
    if (nt::IsError(status)) return FromStatus(status, "list", "streams");
    const auto answer = std::as_bytes(std::span(buffer))
                            .first(std::min(static_cast<std::size_t>(io.Information), bytes));
    const auto parsed = ntfs::ParseStreamInformation(answer);
    if (parsed.ok()) return parsed.value();
    return StreamError{
        "ADS_CORRUPT", 0, "list",
        "the system's list of streams contradicts itself: " + ntfs::Describe(parsed.error())};
  }
}

const ntfs::ListedStream* TwinOf(const ntfs::StreamInformation& streams, std::u16string_view name) {
  const auto twin = std::ranges::find_if(streams.named, [name](const ntfs::ListedStream& other) {
    return other.name != name && EqualIgnoringCase(other.name, name);
  });
  return twin == streams.named.end() ? nullptr : &*twin;
}

StreamError TwinError(const ntfs::ListedStream& twin, std::u16string_view name,
                      const char* operation) {
  return {"ADS_INVALID_NAME", 0, operation,
          "streams \"" + TextFromUnits(name) + "\" and \"" + TextFromUnits(twin.name) +
              "\" differ in letter case alone, and Windows opens either by this name; remove one "
              "of them where names are told apart (ntfs-3g, or the server's own system)"};
}

}  // namespace sidestream
