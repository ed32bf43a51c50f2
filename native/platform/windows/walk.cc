#include "platform/windows/walk.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "platform/windows/folder_reader.h"
#include "platform/windows/mount_point.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/open_beneath.h"
#include "platform/windows/scan_carrier.h"
#include "platform/windows/wide.h"

namespace sidestream {
namespace {

// How long a folder with many files may stay open at a time.
constexpr std::chrono::milliseconds kLease{50};

// A folder that waits for its turn.
struct Pending {
  std::u16string path;  // relative to the target; empty: the target
  std::uint64_t file_id = 0;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;
};

// One name of a carrier with several, and the folder that was listed with it.
struct LinkedName {
  std::u16string path;
  Pending folder;
};

// The same for names that differ in letter case alone. Letters outside ASCII count as one: to take
// two names for such twins costs no more than a look at a file's id.
std::size_t HashIgnoringCase(std::u16string_view name) {
  std::u16string folded(name);
  for (char16_t& unit : folded) {
    if (unit >= u'a' && unit <= u'z') unit = static_cast<char16_t>(unit - u'a' + u'A');
    if (unit >= 0x80) unit = 0x80;
  }
  return std::hash<std::u16string>()(folded);
}

// Names that an open without regard to case may take for each other: in a folder that tells case
// apart, or that a system which does has written.
class Twins {
 public:
  explicit Twins(const std::vector<ntfs::DirectoryEntry>& entries) {
    for (const ntfs::DirectoryEntry& entry : entries) ++count_[HashIgnoringCase(entry.name)];
  }
  bool Has(std::u16string_view name) const { return count_.at(HashIgnoringCase(name)) > 1; }

 private:
  std::unordered_map<std::size_t, int> count_;
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

  // Failures are data, except that what vanished since its name was read is nothing to report. "Not
  // found" alone is not believed: what its folder still lists was not looked at.
  void AddUnlessVanished(const std::u16string& relative, StreamError error) {
    const bool may_have_vanished = nt::MeansVanished(static_cast<NTSTATUS>(error.system_code));
    if (may_have_vanished && !IsStillListed(relative)) return;
    AddUnreadable(relative, std::move(error));
  }

  bool IsStillListed(const std::u16string& relative) const {
    const std::size_t slash = relative.rfind(u'\\');
    const bool is_direct = slash == std::u16string::npos;
    const auto folder =
        OpenBeneath(target_.handle, is_direct ? std::u16string() : relative.substr(0, slash), {});
    return folder.ok() &&
           FindEntry(folder.value().get(), is_direct ? relative : relative.substr(slash + 1));
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
      if (bare.ok()) LookInto(bare.value().get(), folder.path, folder);
      return;
    }
    if (!opened.ok()) return AddUnlessVanished(folder.path, opened.error());
    LookInto(opened.value().get(), folder.path, folder);
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
    const auto is_same = HasId(opened.value().get(), folder.file_id);
    if (!is_same.ok()) return is_same.error();
    if (is_same.value()) return opened;
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       "the folder was moved or replaced during the scan"};
  }

  static Result<bool> HasId(HANDLE handle, std::uint64_t listed_id) {
    std::uint64_t id = 0;
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status = Nt().query_file(handle, &io, &id, sizeof id, kFileInternal);
    if (nt::IsError(status)) return FromStatus(status, "open", "id of a file or folder");
    return id == listed_id;
  }

  void ReadAndVisitFiles(const Pending& folder, const OpenHow& how, UniqueHandle handle) {
    std::vector<ntfs::DirectoryEntry> entries;
    const auto error = ReadFolder(
        handle.get(), [this] { return sink_.IsCancelled(); }, entries);
    if (error) AddUnlessVanished(folder.path, *error);
    const Twins twins(entries);
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
      LookAt(handle.get(), folder, entry, twins.Has(entry.name));
    }
  }

  // ---- files

  void LookAt(HANDLE folder, const Pending& listed, const ntfs::DirectoryEntry& entry,
              bool has_twin) {
    sink_.Advance(1, -1);
    const std::u16string relative = Child(listed.path, entry.name);
    // Here and not after opening: the open itself would fetch it.
    if ((entry.attributes & kAttributeRecallOnOpen) != 0) {
      return AddUnreadable(relative, CloudOnlyError("open"));
    }
    UniqueHandle file;
    const NTSTATUS status = Open(folder, entry.name, {}, file);
    if (status != nt::kSuccess) {
      return AddUnlessVanished(relative, FromStatus(status, "open", "file"));
    }
    if (has_twin && entry.file_id != 0) {
      const auto is_same = HasId(file.get(), entry.file_id);
      if (!is_same.ok()) return AddUnlessVanished(relative, is_same.error());
      if (!is_same.value()) {
        return AddUnreadable(relative, {"ADS_IDENTITY_CHANGED", 0, "open",
                                        "another file was opened by this name: one that differs "
                                        "in letter case alone, or that has replaced it"});
      }
    }
    LookInto(file.get(), relative, listed);
  }

  // `folder`: the one that holds a file; a folder's own is not asked for.
  void LookInto(HANDLE handle, const std::u16string& relative, const Pending& folder) {
    const auto streams = ListStreams(handle);
    if (!streams.ok()) return AddUnlessVanished(relative, streams.error());
    if (streams.value().named.empty()) return;
    const auto facts = FactsOf(handle, target_.volume.id_scheme);
    if (!facts.ok()) return AddUnlessVanished(relative, facts.error());
    const std::string identity = IdentityOf(facts.value(), target_.volume.id_scheme);
    if (!facts.value().is_directory && facts.value().link_count > 1) {
      linked_[identity].push_back({relative, folder});
      return;
    }
    ScanCarrier(handle, facts.value(), identity, streams.value(), {Shown(relative)}, options_,
                sink_);
  }

  // Carriers with several links, once all paths are known. Any path that still leads to the file
  // will do. If none does, it has gone with its names, or is unreadable: it is known to have
  // streams.
  void EmitLinked() {
    for (const auto& [identity, names] : linked_) {
      if (sink_.IsCancelled()) return;
      Status lost;
      const bool is_found = std::ranges::any_of(names, [&](const LinkedName& name) {
        const auto is_reported = ReportBy(name, identity, names);
        if (!is_reported.ok() && !lost) lost = is_reported.error();
        return is_reported.ok() && is_reported.value();
      });
      if (!is_found && lost) AddUnreadable(names.front().path, *lost);
    }
  }

  // False: the name has gone from the folder that held it.
  Result<bool> ReportBy(const LinkedName& name, const std::string& identity,
                        const std::vector<LinkedName>& names) {
    const auto file = OpenBeneath(target_.handle, name.path, {});
    if (!file.ok()) {
      if (!nt::MeansVanished(static_cast<NTSTATUS>(file.error().system_code))) return file.error();
      const auto folder = Find(name.folder, {});
      if (!folder.ok()) {
        return StreamError{"ADS_IDENTITY_CHANGED", folder.error().system_code, "open",
                           "the folder that held the file was moved or removed during the scan"};
      }
      if (IsStillListed(name.path)) return file.error();
      return false;
    }
    const HANDLE handle = file.value().get();
    const auto facts = FactsOf(handle, target_.volume.id_scheme);
    if (!facts.ok()) return facts.error();
    if (IdentityOf(facts.value(), target_.volume.id_scheme) != identity) {
      return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                         "the file was replaced during the scan"};
    }
    const auto streams = ListStreams(handle);
    if (!streams.ok()) return streams.error();
    std::vector<std::u16string> shown;
    for (const LinkedName& each : names) shown.push_back(Shown(each.path));
    ScanCarrier(handle, facts.value(), identity, streams.value(), shown, options_, sink_);
    return true;
  }

  const WalkTarget& target_;
  const ScanOptions& options_;
  ScanSink& sink_;
  std::vector<std::u16string> excluded_;
  std::vector<Pending> pending_;
  std::map<std::string, std::vector<LinkedName>> linked_;
};

}  // namespace

Status Walk(const WalkTarget& target, const ScanOptions& options, ScanSink& sink) {
  return Walker(target, options, sink).Run();
}

}  // namespace sidestream
