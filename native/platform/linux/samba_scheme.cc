// Samba's streams: in xattrs, in a depot, or both, as the shares that contain a carrier say.

#include <algorithm>
#include <cerrno>

#include "platform/linux/errno_error.h"
#include "platform/linux/samba_depot.h"
#include "platform/linux/samba_depot_search.h"
#include "platform/linux/samba_shares.h"
#include "platform/linux/samba_xattr_streams.h"
#include "platform/linux/stream_scheme.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

class Samba final : public StreamScheme {
 public:
  explicit Samba(SmbConf conf) : shares_(std::move(conf.shares)) {}

  const char* provider() const override { return "samba"; }

  // What is in a depot, or under names that not all shares have, is told by the carrier's path.
  Result<FirstLook> LookAt(const XattrPlace& place) const override {
    FirstLook look;
    look.is_all = !shares_.may_be_unmarked();
    XattrNames keys;
    if (auto error = keys.Read(place)) return std::move(*error);
    keys.ForEach([&](std::string_view key) {
      if (key == kDepotMarkerName) look.is_all = false;
      auto stream = StreamOfXattr(key, shares_.all_forms());
      if (!stream) return;
      look.streams.push_back(std::move(*stream));
      if (shares_.have_own_names()) look.is_all = false;
    });
    return look;
  }

  Result<StreamListing> List(const CarrierRef& carrier) const override {
    XattrNames keys;
    if (auto error = keys.Read(carrier.place)) return std::move(*error);
    const auto forms = shares_.FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    StreamListing listing;
    bool has_extents = false;
    bool is_looked_for = shares_.may_be_unmarked();
    keys.ForEach([&](std::string_view key) {
      if (key == kDepotMarkerName) is_looked_for = true;
      if (IsExtent(key, *forms.value())) has_extents = true;
      auto stream = StreamOfXattr(key, *forms.value());
      if (stream) listing.streams.push_back(std::move(*stream));
    });
    for (StoredStream& stream : listing.streams) stream.may_have_extents = has_extents;
    if (is_looked_for) {
      const auto place = shares_.PlaceOf(carrier);
      if (!place.ok()) return place.error();
      AddFromDepots(listing, carrier, place.value());
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
    const auto forms = shares_.FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    return RemoveXattrStream(carrier, stream, *forms.value());
  }

  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    if (IsDepotKey(stream.key)) return ReplaceInDepot(stream, bytes);
    const auto forms = shares_.FormsFor(carrier);
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
    const auto place = shares_.PlaceOf(carrier);
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
  Result<std::vector<std::byte>> ReadAll(const CarrierRef& carrier,
                                         const StoredStream& stream) const {
    const auto forms = shares_.FormsFor(carrier);
    if (!forms.ok()) return forms.error();
    return ReadXattrStream(carrier, stream.key, *forms.value());
  }

  const SambaShares shares_;
};

}  // namespace

std::shared_ptr<const StreamScheme> MakeSambaScheme(SmbConf conf) {
  return std::make_shared<Samba>(std::move(conf));
}

}  // namespace sidestream
