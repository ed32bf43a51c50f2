#include "platform/linux/report_linked.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/linux/errno_error.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/scan_carrier.h"

namespace sidestream {
namespace {

struct LinkedFile {
  OpenedBeneath opened;
  FileFacts facts;
};

StreamError Changed(const char* what) { return {"ADS_IDENTITY_CHANGED", 0, "open", what}; }

// Only in the folder that held it does an absent name mean that it has gone: below a folder that
// was moved, the carrier is still there under a path that no walker met.
Result<UniqueFd> OpenFolderOf(const WalkContext& context, const LinkedName& name,
                              std::string_view folders) {
  auto folder = OpenFolderBeneath(context.target().fd, folders);
  const int reason = folder.ok() ? 0 : folder.error().system_code;
  const bool is_absent = MeansVanished(reason) || reason == ELOOP;
  if (!folder.ok() && !is_absent) return folder;
  if (folder.ok()) {
    const auto facts = FactsOf(folder.value().get());
    if (!facts.ok()) return facts.error();
    if (KeyOf(facts.value()) == name.folder) return folder;
  }
  return Changed("the folder that held the file was moved or removed during the scan");
}

// Null: this name has gone, and nothing is left to report of it.
Result<std::optional<LinkedFile>> Open(const WalkContext& context, const InodeKey& key,
                                       const LinkedName& name) {
  const auto path = SplitPlain(name.path);
  if (!path.ok()) return path.error();
  auto folder = OpenFolderOf(context, name, path.value().folders);
  if (!folder.ok()) return folder.error();
  auto entry = OpenEntry(folder.value().get(), path.value().base_name);
  if (!entry.ok()) {
    if (MeansVanished(entry.error().system_code)) return std::optional<LinkedFile>();
    return entry.error();
  }
  const auto facts = FactsOf(entry.value().get());
  if (!facts.ok()) return facts.error();
  if (KeyOf(facts.value()) != key) return Changed("the file was replaced during the scan");
  return std::optional(
      LinkedFile{{std::move(entry.value()), std::move(folder.value()), path.value().base_name},
                 facts.value()});
}

void Report(WalkContext& context, const std::vector<LinkedName>& names, const LinkedFile& file) {
  const auto& [fd, parent_fd, base_name] = file.opened;
  const FileSystem& file_system = context.FileSystemOf(fd.get(), file.facts);
  if (file_system.unsupported) {
    return context.AddUnreadable(names.front().path, *file_system.unsupported);
  }
  if (file_system.scheme == nullptr) return;
  std::vector<std::u16string> shown;
  for (const LinkedName& name : names) shown.push_back(context.Shown(name.path));
  const std::vector<std::u16string_view> links(shown.begin(), shown.end());
  const CarrierRef carrier{
      XattrPlace::Behind(fd.get()), fd.get(), parent_fd.get(), base_name, false, file.facts.inode};
  ScanCarrier(file_system, carrier, file.facts, links, context.options(), context.sink());
}

}  // namespace

// Any name that still leads to the inode will do. If none does, the carrier has gone with its
// names, or is reported as unreadable: it is known to have streams.
void ReportLinked(WalkContext& context) {
  for (auto& [key, names] : context.linked().Take()) {
    if (context.IsOver()) return;
    // Walkers meet them in any order, and the first is the row's own.
    std::ranges::sort(names, {}, &LinkedName::path);
    Status lost;
    bool is_found = false;
    for (const LinkedName& name : names) {
      const auto file = Open(context, key, name);
      if (!file.ok() && !lost) lost = file.error();
      is_found = file.ok() && file.value();
      if (is_found) Report(context, names, *file.value());
      if (is_found) break;
    }
    if (!is_found && lost) context.AddUnreadable(names.front().path, *lost);
  }
}

}  // namespace sidestream
