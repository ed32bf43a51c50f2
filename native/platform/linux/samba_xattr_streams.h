// Streams as Samba's vfs_streams_xattr keeps them.
//
//   xattr                              value
//   user.DosStream.<name>:$DATA        data, then one marker byte (an xattr holds at least one
//   byte) user.DosStreamExt.<n>.<name>:$DATA more data, no marker; n = 1 .. marker
//
// The marker is the number of extents, 0 for a stream that fits one xattr; so the share's option
// `max xattrs per stream` need not be known. With `store_stream_type = no` the names lack `:$DATA`.
// The last colon splits name and type, because vfs_fruit with `encoding = native` puts colons into
// names. Source: samba source3/modules/vfs_streams_xattr.c.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/linux/smb_conf.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

// The stream that this xattr of the carrier holds in the first form that fits. Empty where it holds
// none, or one without a name: that would be the file itself.
std::optional<StoredStream> StreamOfXattr(std::string_view key,
                                          std::span<const SambaXattrForm> forms);

// Whether this xattr holds more of some stream than its anchor does.
bool IsExtent(std::string_view key, std::span<const SambaXattrForm> forms);

// The whole stream; only the value's last byte tells how far it goes. `form` is the one it has.
Result<std::vector<std::byte>> ReadXattrStream(const CarrierRef& carrier, const std::string& key,
                                               std::span<const SambaXattrForm> forms);
Status RemoveXattrStream(const CarrierRef& carrier, const StoredStream& stream,
                         std::span<const SambaXattrForm> forms);
// In one xattr, whatever the old content took: the anchor changes in one call, and with it the
// number of extents; what they held is then unreachable and goes.
Status ReplaceXattrStream(const CarrierRef& carrier, const std::string& key,
                          std::span<const std::byte> bytes, std::span<const SambaXattrForm> forms);
// One xattr only; Samba itself splits a longer one when a client next writes it.
Status CreateXattrStream(const CarrierRef& carrier, const std::string& name,
                         std::span<const std::byte> bytes, const SambaXattrForm& form);

}  // namespace sidestream
