#include "platform/linux/samba_depot_search.h"

#include <algorithm>
#include <vector>

#include "platform/linux/samba_depot.h"

namespace sidestream {
namespace {

// Where a carrier's depot can be: that of a share, or of a carrier of which no share is known.
std::vector<std::string> DepotsOf(const SambaShare* share, const CarrierRef& carrier,
                                  const std::string& carrier_path) {
  if (share != nullptr && !share->depot->folder.empty()) return {share->depot->folder};
  if (share != nullptr && share->is_root_exact) {
    return {(share->root == "/" ? "" : share->root) + "/.streams"};
  }
  if (carrier_path.empty()) return {};
  return DepotsAbove(carrier, carrier_path);
}

// The carrier's folder goes with the carrier and stays when its last stream goes. So without it
// the streams are elsewhere: the file was copied with its attributes, the share moved to another
// device, or vfs_fileid makes up the numbers.
StreamError Missing(const std::vector<std::string>& depots) {
  const std::string marked = "this file is marked (" + std::string(kDepotMarkerName) +
                             ") as having streams in a Samba stream depot, ";
  if (!depots.empty()) {
    return {"ADS_UNSUPPORTED", 0, "list", marked + "and " + depots[0] + " has no folder for it"};
  }
  return {"ADS_UNSUPPORTED", 0, "list",
          marked +
              "and no folder .streams is at or above it; name the smb.conf of its share "
              "(--smb-conf FILE, or smbConf in agent.json)"};
}

}  // namespace

void AddFromDepots(StreamListing& listing, const CarrierRef& carrier, const SambaPlace& place) {
  const auto is_marked = HasDepotMarker(carrier);
  if (!is_marked.ok()) {
    listing.incomplete = is_marked.error();
    return;
  }
  std::vector<std::string> depots;
  const auto add_those_of = [&](const SambaShare* share) {
    for (const std::string& depot : DepotsOf(share, carrier, place.path)) {
      if (std::ranges::find(depots, depot) == depots.end()) depots.push_back(depot);
    }
  };
  bool has_exact_share = false;
  for (const SambaShare* share : place.shares) {
    has_exact_share |= share->is_root_exact;
    const bool is_looked_at = share->depot && (is_marked.value() || !share->depot->checks_marker);
    if (is_looked_at) add_those_of(share);
  }
  if (is_marked.value() && depots.empty()) add_those_of(nullptr);
  bool has_folder = false;
  for (const std::string& depot : depots) {
    const auto found = ListDepot(depot, carrier);
    if (!found.ok()) {
      listing.incomplete = found.error();
    } else if (found.value()) {
      has_folder = true;
      const auto& [streams, incomplete] = *found.value();
      listing.streams.insert(listing.streams.end(), streams.begin(), streams.end());
      if (incomplete) listing.incomplete = incomplete;
    }
  }
  // A share without a depot shows clients none, so there the marker says nothing.
  const bool is_expected = is_marked.value() && (!depots.empty() || !has_exact_share);
  if (is_expected && !has_folder && !listing.incomplete) listing.incomplete = Missing(depots);
}

std::optional<std::string> DepotFor(const SambaShare* share, const CarrierRef& carrier,
                                    const std::string& carrier_path) {
  const auto depots = DepotsOf(share, carrier, carrier_path);
  for (const std::string& depot : depots) {
    const auto listing = ListDepot(depot, carrier);
    if (listing.ok() && listing.value()) return depot;
  }
  return depots.empty() ? std::nullopt : std::optional(depots.front());
}

}  // namespace sidestream
