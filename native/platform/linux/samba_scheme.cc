// Samba's streams: in xattrs, in a depot, or both, as the shares that contain a carrier say.
//
// Samba's default xattr names count everywhere, also in a share with others: the share may have had
// them before. A carrier that is marked for a depot has its depot looked for even where no smb.conf
// tells of one.

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/linux/errno_error.h"
#include "platform/linux/samba_depot.h"
#include "platform/linux/samba_xattr_streams.h"
#include "platform/linux/stream_scheme.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

using Forms = std::vector<SambaXattrForm>;

void AddForm(Forms& forms, const SambaXattrForm& form) {
  const auto has_prefix = [&](const SambaXattrForm& known) { return known.prefix == form.prefix; };
  if (std::ranges::none_of(forms, has_prefix)) forms.push_back(form);
}

// The shares that contain one carrier, innermost first.
struct Place {
  std::string path;  // absolute; the carrier's. Empty: longer than PATH_MAX
  std::vector<const SambaShare*> shares;
};

// Whether it is found under other names than Samba's default ones.
bool HasOwnNames(const SambaXattrForm& form) {
  const SambaXattrForm usual;
  return form.prefix != usual.prefix || form.extent_prefix != usual.extent_prefix;
}

bool IsAtOrBelow(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder || path.starts_with(folder + "/");
}

class Samba final : public StreamScheme {
 public:
  explicit Samba(SmbConf conf) : shares_(std::move(conf.shares)) {
    std::ranges::stable_sort(shares_, std::greater(),
                             [](const SambaShare& share) { return share.root.size(); });
    for (const SambaShare& share : shares_) {
      if (share.xattrs) {
        AddForm(all_forms_, *share.xattrs);
        has_own_names_ |= HasOwnNames(*share.xattrs);
      }
      may_be_unmarked_ |= share.depot && !share.depot->checks_marker;
    }
    AddForm(all_forms_, SambaXattrForm());
  }

  const char* provider() const override { return "samba"; }

  Result<bool> HasStreams(const std::string& path) const override {
    if (may_be_unmarked_) return true;
    const auto keys = ListXattrsNoFollow(path);
    if (!keys.ok()) return keys.error();
    return std::ranges::any_of(keys.value(), [this](const std::string& key) {
      return key == kDepotMarkerName || StreamOfXattr(key, all_forms_).has_value();
    });
  }

  Result<StreamListing> List(const CarrierRef& carrier) const override {
    const auto keys = ListXattrs(ProcPath(carrier.fd));
    if (!keys.ok()) return keys.error();
    const auto forms = FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    StreamListing listing;
    const bool has_extents = std::ranges::any_of(
        keys.value(), [&](const std::string& key) { return IsExtent(key, *forms.value()); });
    for (const std::string& key : keys.value()) {
      if (auto stream = StreamOfXattr(key, *forms.value())) {
        stream->may_have_extents = has_extents;
        listing.streams.push_back(std::move(*stream));
      }
    }
    const bool may_be_marked =
        std::ranges::find(keys.value(), kDepotMarkerName) != keys.value().end();
    if (may_be_marked || may_be_unmarked_) {
      const auto place = PlaceOf(carrier);
      if (!place.ok()) return place.error();
      AddDepots(listing, carrier, place.value());
    }
    return listing;
  }

  Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                const StoredStream& stream) const override {
    if (IsDepotKey(stream.key)) return MeasureInDepot(stream);
    const auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    return StreamMeasure{content.value().size(), content.value().size(), false};
  }

  Result<MeasuredFront> MeasureAndRead(const CarrierRef& carrier, const StoredStream& stream,
                                       std::uint64_t length) const override {
    if (IsDepotKey(stream.key)) return StreamScheme::MeasureAndRead(carrier, stream, length);
    auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    const std::size_t size = content.value().size();
    MeasuredFront both{{size, size, false}, std::move(content.value())};
    if (both.front.size() > length) both.front.resize(static_cast<std::size_t>(length));
    return both;
  }

  Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                      std::uint64_t offset, std::uint64_t length) const override {
    if (IsDepotKey(stream.key)) return ReadFromDepot(stream, offset, length);
    const auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    return SliceOf(content.value(), offset, length);
  }

  Status Remove(const CarrierRef& carrier, const StoredStream& stream) const override {
    if (IsDepotKey(stream.key)) return RemoveFromDepot(stream);
    const auto forms = FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    return RemoveXattrStream(carrier, stream, *forms.value());
  }

  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    if (IsDepotKey(stream.key)) return ReplaceInDepot(stream, bytes);
    const auto forms = FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    return ReplaceXattrStream(carrier, stream.key, bytes, *forms.value());
  }

  // Where the innermost share would put it. Without one that keeps streams: into the depot that the
  // carrier has or stands below, else into an xattr.
  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    const auto there = List(carrier);
    if (!there.ok()) return there.error();
    if (there.value().incomplete) return there.value().incomplete;
    for (const StoredStream& stream : there.value().streams) {
      if (stream.name == name) return FromErrno(EEXIST, "create", "stream " + name);
    }
    const auto place = PlaceOf(carrier);
    if (!place.ok()) return place.error();
    const auto& [path, shares] = place.value();
    if (path.empty() && !shares.empty()) {
      return FromErrno(ENAMETOOLONG, "create", "stream " + name + ": the Samba share is not known");
    }
    const auto keeps = std::ranges::find_if(
        shares, [](const SambaShare* share) { return share->xattrs || share->depot; });
    const SambaShare* share = keeps == shares.end() ? nullptr : *keeps;
    const auto depot = share != nullptr && !share->creates_in_depot
                           ? std::nullopt
                           : DepotFor(share, carrier, path);
    if (!depot && share != nullptr && share->creates_in_depot) {
      return StreamError{"ADS_UNSUPPORTED", 0, "create",
                         "the share [" + share->name +
                             "] keeps streams in a depot, and no folder .streams was found for it"};
    }
    if (depot) {
      const bool checks_marker = share == nullptr || share->depot->checks_marker;
      return CreateInDepot(*depot, checks_marker, carrier, name, bytes);
    }
    const bool has_form = share != nullptr && share->xattrs;
    return CreateXattrStream(carrier, name, bytes, has_form ? *share->xattrs : SambaXattrForm());
  }

 private:
  Result<Place> PlaceOf(const CarrierRef& carrier) const {
    char path[PATH_MAX];
    const ssize_t length = readlink(ProcPath(carrier.fd).c_str(), path, sizeof path);
    // Deeper than the kernel can say (PATH_MAX): as if in every share, rather than in none.
    const bool is_too_long = length < 0 && errno == ENAMETOOLONG;
    if (length < 0 && !is_too_long) return FromErrno(errno, "list", "path of the carrier");
    Place place;
    if (!is_too_long) place.path.assign(path, static_cast<std::size_t>(length));
    for (const SambaShare& share : shares_) {
      if (is_too_long || IsAtOrBelow(place.path, share.root)) place.shares.push_back(&share);
    }
    return place;
  }

  // Where no share has names of its own, the carrier's place need not be known: a system call less
  // for every stream.
  Result<std::shared_ptr<const Forms>> FormsFor(const CarrierRef& carrier) const {
    if (!has_own_names_) return usual_forms_;
    const auto place = PlaceOf(carrier);
    if (!place.ok()) return place.error();
    auto forms = std::make_shared<Forms>();
    for (const SambaShare* share : place.value().shares) {
      if (share->xattrs) AddForm(*forms, *share->xattrs);
    }
    AddForm(*forms, SambaXattrForm());
    return std::shared_ptr<const Forms>(std::move(forms));
  }

  Result<std::vector<std::byte>> ReadAll(const CarrierRef& carrier,
                                         const StoredStream& stream) const {
    const auto forms = FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    return ReadXattrStream(carrier, stream.key, *forms.value());
  }

  // Where a carrier's depot can be: that of a share, or of a carrier of which no share is known.
  static std::vector<std::string> DepotsOf(const SambaShare* share, const CarrierRef& carrier,
                                           const std::string& path) {
    if (share != nullptr && !share->depot->folder.empty()) return {share->depot->folder};
    if (share != nullptr && share->is_root_exact) {
      return {(share->root == "/" ? "" : share->root) + "/.streams"};
    }
    if (path.empty()) return {};
    return DepotsAbove(carrier, path);
  }

  // The one that the carrier has streams in, else the nearest.
  static std::optional<std::string> DepotFor(const SambaShare* share, const CarrierRef& carrier,
                                             const std::string& path) {
    const auto depots = DepotsOf(share, carrier, path);
    for (const std::string& depot : depots) {
      const auto listing = ListDepot(depot, carrier);
      if (listing.ok() && listing.value()) return depot;
    }
    return depots.empty() ? std::nullopt : std::optional(depots.front());
  }

  void AddDepots(StreamListing& listing, const CarrierRef& carrier, const Place& place) const {
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

  // The carrier's folder goes with the carrier and stays when its last stream goes. So without it
  // the streams are elsewhere: the file was copied with its attributes, the share moved to another
  // device, or vfs_fileid makes up the numbers.
  static StreamError Missing(const std::vector<std::string>& depots) {
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

  std::vector<SambaShare> shares_;  // longest root first
  Forms all_forms_;                 // of all shares, and the default
  const std::shared_ptr<const Forms> usual_forms_ = std::make_shared<Forms>(1);
  bool has_own_names_ = false;
  bool may_be_unmarked_ = false;  // a share does not ask for the depot's marker
};

}  // namespace

std::shared_ptr<const StreamScheme> MakeSambaScheme(SmbConf conf) {
  return std::make_shared<Samba>(std::move(conf));
}

}  // namespace sidestream
