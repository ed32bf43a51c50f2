#include "platform/windows/look_at_carriers.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "platform/windows/file_facts.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"
#include "platform/windows/scan_carrier.h"
#include "platform/windows/stream_list.h"

namespace sidestream {
namespace {

constexpr ULONG kOptionOpenByFileId = 0x2000;
constexpr ULONG kFileName = 9;        // FileNameInformation
constexpr ULONG kFileHardLinks = 46;  // FileHardLinkInformation
// A path of 32,767 units, or about a hundred links with long names.
constexpr std::size_t kAnswerBytes = 64 << 10;

// 64 bits on NTFS, 128 on ReFS, low half first: as FILE_OPEN_BY_FILE_ID takes them.
struct FileId {
  std::uint64_t low = 0;
  std::optional<std::uint64_t> high;
};

// Of identities that IdentityOf() makes of a volume of this scheme.
std::optional<FileId> FileIdOf(std::u16string_view identity, IdScheme scheme) {
  const std::string text(identity.begin(), identity.end());
  const std::string_view prefix = scheme == IdScheme::kNtfs ? "ntfs:" : "refs:";
  if (!text.starts_with(prefix)) return std::nullopt;
  const char* const end = text.data() + text.size();
  FileId id;
  auto [stop, error] = std::from_chars(text.data() + prefix.size(), end, id.low);
  if (error != std::errc()) return std::nullopt;
  if (scheme == IdScheme::kRefs) {
    if (stop == end || *stop != ':') return std::nullopt;
    std::uint64_t high = 0;
    const auto rest = std::from_chars(stop + 1, end, high);
    if (rest.ec != std::errc()) return std::nullopt;
    id.high = high;
    stop = rest.ptr;
  }
  return stop == end ? std::optional(id) : std::nullopt;
}

// The file's number stands where its name would.
NTSTATUS OpenById(HANDLE root, const FileId& id, UniqueHandle& handle) {
  std::array<std::uint64_t, 2> bytes{id.low, id.high.value_or(0)};
  std::u16string name((id.high ? 16 : 8) / sizeof(char16_t), u'\0');
  std::memcpy(name.data(), bytes.data(), name.size() * sizeof(char16_t));
  OpenHow how;
  how.options = kOptionOpenByFileId;
  return Open(root, name, how, handle);
}

// NTFS answers a number that is no file's, or another's by now, with "invalid parameter".
bool MeansGone(NTSTATUS status) {
  return status == nt::kInvalidParameter || nt::MeansVanished(status);
}

template <typename Number>
Number NumberAt(const std::vector<std::byte>& bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

std::u16string UnitsAt(const std::vector<std::byte>& bytes, std::size_t at, std::size_t size) {
  std::u16string text(size / sizeof(char16_t), u'\0');
  std::memcpy(text.data(), bytes.data() + at, text.size() * sizeof(char16_t));
  return text;
}

// Relative to the volume; empty for its root.
Result<std::u16string> PathOf(HANDLE handle) {
  std::vector<std::byte> answer(kAnswerBytes + 8);
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      Nt().query_file(handle, &io, answer.data(), static_cast<ULONG>(answer.size()), kFileName);
  if (status != nt::kSuccess) return FromStatus(status, "look", "a path");
  const auto size = NumberAt<std::uint32_t>(answer, 0);
  if (size > kAnswerBytes) return StreamError{"ADS_IO", 0, "look", "a path is longer than any"};
  std::u16string path = UnitsAt(answer, 4, size);
  if (!path.starts_with(u'\\')) {
    return StreamError{"ADS_IO", 0, "look", "the file system gave no path of a volume"};
  }
  return path.substr(1);
}

class Look {
 public:
  Look(HANDLE root, const VolumeFacts& volume, const ScanOptions& options, ScanSink& sink)
      : root_(root), volume_(volume), options_(options), sink_(sink) {}

  Status Run() {
    if (volume_.id_scheme == IdScheme::kOther) return Unsupported(0);
    // Only where what is surely there opens does "not there" mean anything.
    const auto facts = FactsOf(root_, volume_.id_scheme);
    if (!facts.ok()) return facts.error();
    UniqueHandle again;
    const NTSTATUS status = OpenById(root_, IdOf(facts.value()), again);
    if (status != nt::kSuccess) return Unsupported(status);
    for (const std::u16string& identity : options_.carriers) {
      if (sink_.IsCancelled()) break;
      if (const auto id = FileIdOf(identity, volume_.id_scheme)) LookAt(*id);
      sink_.Advance(1, -1);
    }
    return std::nullopt;
  }

 private:
  static Status Unsupported(NTSTATUS status) {
    return StreamError{"ADS_UNSUPPORTED", static_cast<int>(status), "look",
                       "files of this volume cannot be opened by their identities"};
  }

  FileId IdOf(const FileFacts& facts) const {
    if (volume_.id_scheme == IdScheme::kNtfs) return {facts.id, std::nullopt};
    return {facts.id, facts.id_high};
  }

  void LookAt(const FileId& id) {
    UniqueHandle file;
    const NTSTATUS status = OpenById(root_, id, file);
    if (MeansGone(status)) return;
    if (status != nt::kSuccess) return AddUnreadable({}, FromStatus(status, "look", "a carrier"));
    const auto facts = FactsOf(file.get(), volume_.id_scheme);
    if (!facts.ok()) return AddUnreadable({}, facts.error());
    const FileId found = IdOf(facts.value());
    if (found.low != id.low || found.high != id.high) return;
    const auto path = PathOf(file.get());
    if (!path.ok()) return AddUnreadable({}, path.error());
    if (!options_.include_internal && IsInternal(path.value())) return;
    const std::u16string shown = path.value().empty() ? u"." : path.value();
    const auto streams = ListStreams(file.get());
    if (!streams.ok()) return AddUnreadable(shown, streams.error());
    if (streams.value().named.empty()) return;
    std::vector<std::u16string> paths{shown};
    if (!facts.value().is_directory && facts.value().link_count > 1) {
      auto links = LinksOf(file.get());
      // Its streams under fewer names than it has would read as if the others were gone.
      if (!links.ok()) return AddUnreadable({}, links.error());
      if (!links.value().empty()) paths = std::move(links.value());
    }
    ScanCarrier(file.get(), facts.value(), IdentityOf(facts.value(), volume_.id_scheme),
                streams.value(), paths, options_, sink_);
  }

  // What NTFS keeps for itself in the root: no walk meets it either.
  static bool IsInternal(std::u16string_view path) { return path.starts_with(u"$Extend\\"); }

  // An empty path: no statement about any carrier is possible.
  void AddUnreadable(std::u16string path, StreamError error) {
    sink_.AddUnreadable({std::move(path), std::nullopt, std::move(error)});
  }

  // [MS-FSCC] 2.4.24: 8 bytes, then entries: next entry (4), 4 unused, parent (8), units (4), name.
  Result<std::vector<std::u16string>> LinksOf(HANDLE file) const {
    constexpr std::size_t kFirst = 8;
    constexpr std::size_t kName = 20;
    const StreamError damaged{"ADS_IO", 0, "look", "the list of a file's links is damaged"};
    std::vector<std::byte> answer(kAnswerBytes);
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status = Nt().query_file(file, &io, answer.data(),
                                            static_cast<ULONG>(answer.size()), kFileHardLinks);
    if (status != nt::kSuccess) return FromStatus(status, "look", "the links of a file");
    std::vector<std::u16string> paths;
    const auto count = NumberAt<std::uint32_t>(answer, 4);
    std::size_t at = kFirst;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (at + kName > answer.size()) return damaged;
      const std::size_t bytes = NumberAt<std::uint32_t>(answer, at + 16) * sizeof(char16_t);
      if (bytes > answer.size() - at - kName) return damaged;
      UniqueHandle folder;
      const NTSTATUS opened =
          OpenById(root_, {NumberAt<std::uint64_t>(answer, at + 8), std::nullopt}, folder);
      if (opened != nt::kSuccess) return FromStatus(opened, "look", "the folder of a link");
      const auto above = PathOf(folder.get());
      if (!above.ok()) return above.error();
      const std::u16string name = UnitsAt(answer, at + kName, bytes);
      paths.push_back(above.value().empty() ? name : above.value() + u"\\" + name);
      const auto next = NumberAt<std::uint32_t>(answer, at);
      if (next == 0) break;
      at += next;
    }
    if (paths.size() != count) return damaged;
    return paths;
  }

  const HANDLE root_;
  const VolumeFacts& volume_;
  const ScanOptions& options_;
  ScanSink& sink_;
};

}  // namespace

Status LookAtCarriers(HANDLE root, const VolumeFacts& volume, const ScanOptions& options,
                      ScanSink& sink) {
  return Look(root, volume, options, sink).Run();
}

}  // namespace sidestream
