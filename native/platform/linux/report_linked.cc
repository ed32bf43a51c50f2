#include "platform/linux/report_linked.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "platform/linux/open_beneath.h"
#include "platform/linux/scan_carrier.h"

namespace sidestream {

// Any path that still leads to the inode will do; if none does, the carrier has gone.
void ReportLinked(WalkContext& context) {
  for (auto& [key, paths] : context.linked().Take()) {
    if (context.IsOver()) return;
    // Walkers meet them in any order, and the first is the row's own.
    std::ranges::sort(paths);
    std::vector<std::u16string> shown;
    for (const std::string& path : paths) shown.push_back(context.Shown(path));
    const std::vector<std::u16string_view> links(shown.begin(), shown.end());
    for (const std::string& path : paths) {
      const auto opened = OpenBeneath(context.target().fd, path);
      if (!opened.ok()) continue;
      const auto& [fd, parent_fd, base_name] = opened.value();
      const auto facts = FactsOf(fd.get());
      if (!facts.ok() || KeyOf(facts.value()) != key) continue;
      const FileSystem& file_system = context.FileSystemOf(fd.get(), facts.value());
      if (file_system.scheme == nullptr) break;
      const CarrierRef carrier{
          XattrPlace::Behind(fd.get()), fd.get(), parent_fd.get(), base_name, false,
          facts.value().inode};
      ScanCarrier(file_system, carrier, facts.value(), links, context.options(), context.sink());
      break;
    }
  }
}

}  // namespace sidestream
