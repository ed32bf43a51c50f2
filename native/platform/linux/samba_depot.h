// Streams as Samba's vfs_streams_depot keeps them: a file each, in a folder for each carrier.
//
//   <depot>/XX/YY/<32 hex digits>/:<name>:$DATA
//
// The digits are the carrier's device and inode number, 8 bytes each, little-endian; XX and YY the
// two low bytes of a hash over those 16. A carrier has the xattr user.SAMBA_STREAMS = "1", so that
// a later file with the same inode number does not take over the streams. Source: samba
// source3/modules/vfs_streams_depot.c, and what smbd 4.17 writes.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/linux/stream_scheme.h"

namespace sidestream {

inline constexpr const char* kDepotMarkerName = "user.SAMBA_STREAMS";

// Whether smbd would look into a depot for this carrier.
Result<bool> HasDepotMarker(const CarrierRef& carrier);

// Folders `.streams` at or above the carrier's own folder and on its file system that look like a
// depot, nearest first: shares can be nested, and anybody may make a folder of this name in one.
// `carrier_path` is absolute.
std::vector<std::string> DepotsAbove(const CarrierRef& carrier, const std::string& carrier_path);

// The depot that this path is or lies in, told by its name and form.
std::optional<std::string> DepotAround(const std::string& path, std::uint64_t device);

// `folder` is the depot's absolute path. Keys are the stream files' paths. Null: the depot has no
// folder for this carrier.
Result<std::optional<StreamListing>> ListDepot(const std::string& folder,
                                               const CarrierRef& carrier);

// Keys as ListDepot gives them.
bool IsDepotKey(const std::string& key);
Result<StreamMeasure> MeasureInDepot(const StoredStream& stream);
Result<std::vector<std::byte>> ReadFromDepot(const StoredStream& stream, std::uint64_t offset,
                                             std::uint64_t length);
// The carrier's folder in the depot stays, as smbd leaves it.
Status RemoveFromDepot(const StoredStream& stream);

// In place: a file put in its stead would have another owner and ACL for a moment.
Status ReplaceInDepot(const StoredStream& stream, std::span<const std::byte> bytes);

// Makes what folders are missing, and marks the carrier. `checks_marker` as in SambaDepot.
Status CreateInDepot(const std::string& folder, bool checks_marker, const CarrierRef& carrier,
                     const std::string& name, std::span<const std::byte> bytes);

}  // namespace sidestream
