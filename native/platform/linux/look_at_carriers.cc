#include "platform/linux/look_at_carriers.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/report_linked.h"
#include "platform/linux/scan_carrier.h"
#include "platform/linux/walk_context.h"

namespace sidestream {
namespace {

// Empty for the target itself; nothing where the path is not at or below it.
std::optional<std::string> RelativePath(const WalkTarget& target, std::u16string_view path) {
  if (path == target.shown || (target.shown.empty() && path == u"/")) return std::string();
  const std::u16string prefix = target.shown + u"/";
  if (!path.starts_with(prefix)) return std::nullopt;
  return BytesFromUnits(path.substr(prefix.size()));
}

bool IsBelowExcluded(const WalkContext& context, const std::string& relative) {
  for (std::size_t slash = relative.find('/'); slash != std::string::npos;
       slash = relative.find('/', slash + 1)) {
    if (context.IsExcluded(relative.substr(0, slash))) return true;
  }
  return context.IsExcluded("") || context.IsExcluded(relative);
}

void LookAt(WalkContext& context, const std::string& relative) {
  auto opened = OpenBeneath(context.target().fd, relative);
  if (!opened.ok()) {
    // A link among the folders: what is behind it is not below the target.
    if (opened.error().code != "ADS_NOT_FOUND") context.AddUnlessVanished(relative, opened.error());
    return;
  }
  const auto& [fd, parent_fd, base_name] = opened.value();
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return context.AddUnlessVanished(relative, facts.error());
  if (!facts.value().IsRegular() && !facts.value().IsDirectory()) return;
  const FileSystem& file_system = context.FileSystemOf(fd.get(), facts.value());
  if (file_system.is_pseudo) return;
  if (file_system.unsupported) return context.AddUnreadable(relative, *file_system.unsupported);
  if (facts.value().IsRegular()) {
    const auto folder = FactsOf(parent_fd.get());
    if (!folder.ok()) return context.AddUnlessVanished(relative, folder.error());
    return context.linked().Add(facts.value(), {relative, KeyOf(folder.value())});
  }
  const CarrierRef carrier{XattrPlace::Behind(fd.get()), fd.get(), parent_fd.get(), base_name, true,
                           facts.value().inode};
  const std::u16string shown = context.Shown(relative);
  const std::u16string_view path = shown;
  ScanCarrier(file_system, carrier, facts.value(), {&path, 1}, context.options(), context.sink());
}

// The target itself has no name in a folder that is open.
void LookAtTarget(WalkContext& context) {
  const auto facts = FactsOf(context.target().fd);
  if (!facts.ok()) return context.AddUnlessVanished("", facts.error());
  const CarrierRef carrier{XattrPlace::Behind(context.target().fd),
                           context.target().fd,
                           -1,
                           "",
                           true,
                           facts.value().inode};
  const std::u16string shown = context.Shown("");
  const std::u16string_view path = shown;
  ScanCarrier(context.target().file_system, carrier, facts.value(), {&path, 1}, context.options(),
              context.sink());
}

}  // namespace

Status LookAtCarriers(const WalkTarget& target, const MountTable& mounts,
                      const ScanOptions& options, ScanSink& sink) {
  WalkContext context(target, mounts, options, sink, 1);
  for (const std::u16string& path : options.carriers) {
    if (context.IsOver()) break;
    const auto relative = RelativePath(target, path);
    if (!relative || IsBelowExcluded(context, *relative)) continue;
    sink.Advance(1, -1);
    if (relative->empty()) {
      LookAtTarget(context);
    } else {
      LookAt(context, *relative);
    }
  }
  if (!context.failure()) ReportLinked(context);
  return context.failure();
}

}  // namespace sidestream
