#include "platform/windows/walk.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "platform/windows/folder_reader.h"
#include "platform/windows/mount_point.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/open_beneath.h"
#include "platform/windows/scan_carrier.h"

namespace sidestream {
namespace {

// How long a folder with many files may stay open at a time.
constexpr std::chrono::milliseconds kLease{50};

bool EqualIgnoringCase(std::u16string_view a, std::u16string_view b) {
  return CompareStringOrdinal(reinterpret_cast<const wchar_t*>(a.data()),
                              static_cast<int>(a.size()),
                              reinterpret_cast<const wchar_t*>(b.data()),
                              static_cast<int>(b.size()), TRUE) == CSTR_EQUAL;
}

// A folder that waits for its turn.
struct Pending {
  std::u16string path;  // relative to the target; empty: the target
  std::uint64_t file_id = 0;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;
};

class Walker {
 public:
  Walker(const WalkTarget& target, const ScanOptions& options, ScanSink& sink)
      : target_(target), options_(options), sink_(sink) {
    for (std::u16string folder : options.exclude) {
      std::ranges::replace(folder, u'/', u'\\');
      while (!folder.empty() && folder.back() == u'\\') folder.pop_back();
      if (!folder.empty()) excluded_.push_back(std::move(folder));
    }
  }

  Status Run() {
    const auto facts = FactsOf(target_.handle, target_.volume.id_scheme);
    if (!facts.ok()) return facts.error();
    pending_.push_back({{}, 0, facts.value().basic.attributes, 0});
    while (!pending_.empty() && !sink_.IsCancelled()) {
      const Pending next = std::move(pending_.back());
      pending_.pop_back();
      if (!IsExcluded(next.path)) Visit(next);
    }
    EmitLinked();
    return std::nullopt;
  }

 private:
  // ---- paths

  std::u16string Shown(const std::u16string& relative) const {
    if (target_.shown.empty()) return relative.empty() ? u"." : relative;
    if (!relative.empty()) return target_.shown + u"\\" + relative;
    return target_.shown.ends_with(u':') ? target_.shown + u"\\" : target_.shown;
  }

  static std::u16string Child(const std::u16string& folder, const std::u16string& name) {
    return folder.empty() ? name : folder + u"\\" + name;
  }

  bool IsExcluded(const std::u16string& relative) const {
    if (excluded_.empty()) return false;
    const std::u16string whole = Child(target_.exclusion, relative);
    return std::ranges::any_of(excluded_, [&](const std::u16string& folder) {
      return EqualIgnoringCase(folder, relative.empty() ? target_.exclusion : whole);
    });
  }

  void AddUnreadable(const std::u16string& relative, StreamError error) {
    sink_.AddUnreadable({Shown(relative), std::nullopt, std::move(error)});
  }

  // Failures are data, except that what vanished since its name was read is nothing to report.
  void AddUnlessVanished(const std::u16string& relative, StreamError error) {
    if (nt::MeansVanished(static_cast<NTSTATUS>(error.system_code))) return;
    AddUnreadable(relative, std::move(error));
  }

  // ---- folders

  void Visit(const Pending& folder) {
    sink_.Advance(1, -1);
    if ((folder.attributes & kAttributeRecallOnOpen) != 0) {
      return AddUnreadable(folder.path, CloudOnlyError("open"));
    }
    // A link's own streams are its own; what it leads to is somewhere else.
    const bool is_link = LeadsElsewhere(folder.attributes, folder.reparse_tag);
    const bool is_cloud = (folder.attributes & kAttributeRecallOnDataAccess) != 0;
    OpenHow how;
    how.options = kOptionDirectory;
    if (!is_link && !is_cloud) how.access |= FILE_LIST_DIRECTORY | FILE_TRAVERSE;
    auto opened = Find(folder, how);
    if (!opened.ok() && opened.error().code == "ADS_ACCESS_DENIED") {
      // Its own streams can still be listed; its entries cannot, and that is said.
      AddUnlessVanished(folder.path, opened.error());
      how.access = kAttributeAccess;
      const auto bare = Find(folder, how);
      if (bare.ok()) LookInto(bare.value().get(), folder.path);
      return;
    }
    if (!opened.ok()) return AddUnlessVanished(folder.path, opened.error());
    LookInto(opened.value().get(), folder.path);
    if (is_link && IsMountedVolume(opened.value().get())) {
      AddUnreadable(folder.path,
                    {"ADS_UNSUPPORTED", 0, "list",
                     "another volume is mounted here; name it as a target of its own"});
    } else if (is_cloud && !is_link) {
      AddUnreadable(folder.path, CloudOnlyError("list"));
    } else if (!is_link) {
      ReadAndVisitFiles(folder, how, std::move(opened.value()));
    }
  }

  // Opens a folder and makes sure that it is the one that was listed.
  Result<UniqueHandle> Find(const Pending& folder, const OpenHow& how) const {
    auto opened = OpenBeneath(target_.handle, folder.path, how);
    if (!opened.ok() || folder.file_id == 0) return opened;
    std::uint64_t id = 0;
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status =
        Nt().query_file(opened.value().get(), &io, &id, sizeof id, kFileInternal);
    if (nt::IsError(status)) return FromStatus(status, "open", "folder");
    if (id == folder.file_id) return opened;
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       "the folder was moved or replaced during the scan"};
  }

  void ReadAndVisitFiles(const Pending& folder, const OpenHow& how, UniqueHandle handle) {
    std::vector<ntfs::DirectoryEntry> entries;
    const auto error = ReadFolder(
        handle.get(), [this] { return sink_.IsCancelled(); }, entries);
    if (error) AddUnlessVanished(folder.path, *error);
    auto lease_ends = std::chrono::steady_clock::now() + kLease;
    for (const ntfs::DirectoryEntry& entry : entries) {
      if (sink_.IsCancelled()) return;
      if ((entry.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        pending_.push_back(
            {Child(folder.path, entry.name), entry.file_id, entry.attributes, entry.reparse_tag});
        continue;
      }
      if (std::chrono::steady_clock::now() > lease_ends) {
        handle.Reset();
        auto again = Find(folder, how);
        if (!again.ok()) {
          StreamError lost = again.error();
          lost.message += "; not all of its files were looked at";
          return AddUnreadable(folder.path, std::move(lost));
        }
        handle = std::move(again.value());
        lease_ends = std::chrono::steady_clock::now() + kLease;
      }
      LookAt(handle.get(), folder.path, entry);
    }
  }

  // ---- files

  void LookAt(HANDLE folder, const std::u16string& folder_path, const ntfs::DirectoryEntry& entry) {
    sink_.Advance(1, -1);
    const std::u16string relative = Child(folder_path, entry.name);
    // Here and not after opening: the open itself would fetch it.
    if ((entry.attributes & kAttributeRecallOnOpen) != 0) {
      return AddUnreadable(relative, CloudOnlyError("open"));
    }
    UniqueHandle file;
    const NTSTATUS status = Open(folder, entry.name, {}, file);
    if (status != nt::kSuccess) {
      // "Not found" alone is not believed: what is still listed was not looked at.
      const bool went = nt::MeansVanished(status) && !FindEntry(folder, entry.name);
      if (!went) AddUnreadable(relative, FromStatus(status, "open", "file"));
      return;
    }
    LookInto(file.get(), relative);
  }

  void LookInto(HANDLE handle, const std::u16string& relative) {
    const auto streams = ListStreams(handle);
    if (!streams.ok()) return AddUnlessVanished(relative, streams.error());
    if (streams.value().named.empty()) return;
    const auto facts = FactsOf(handle, target_.volume.id_scheme);
    if (!facts.ok()) return AddUnlessVanished(relative, facts.error());
    const std::string identity = IdentityOf(facts.value(), target_.volume.id_scheme);
    if (!facts.value().is_directory && facts.value().link_count > 1) {
      linked_[identity].push_back(relative);
      return;
    }
    ScanCarrier(handle, facts.value(), identity, streams.value(), {Shown(relative)}, options_,
                sink_);
  }

  // Carriers with several links, once all paths are known. Any path that still leads to the file
  // will do; if none does, the carrier has gone.
  void EmitLinked() {
    for (const auto& [identity, paths] : linked_) {
      if (sink_.IsCancelled()) return;
      std::vector<std::u16string> shown;
      for (const std::u16string& path : paths) shown.push_back(Shown(path));
      for (const std::u16string& path : paths) {
        const auto file = OpenBeneath(target_.handle, path, {});
        if (!file.ok()) continue;
        const HANDLE handle = file.value().get();
        const auto facts = FactsOf(handle, target_.volume.id_scheme);
        if (!facts.ok() || IdentityOf(facts.value(), target_.volume.id_scheme) != identity)
          continue;
        const auto streams = ListStreams(handle);
        if (!streams.ok()) {
          AddUnlessVanished(path, streams.error());
        } else {
          ScanCarrier(handle, facts.value(), identity, streams.value(), shown, options_, sink_);
        }
        break;
      }
    }
  }

  const WalkTarget& target_;
  const ScanOptions& options_;
  ScanSink& sink_;
  std::vector<std::u16string> excluded_;
  std::vector<Pending> pending_;
  std::map<std::string, std::vector<std::u16string>> linked_;
};

}  // namespace

Status Walk(const WalkTarget& target, const ScanOptions& options, ScanSink& sink) {
  return Walker(target, options, sink).Run();
}

}  // namespace sidestream
