// ntfs-3g with streams_interface=xattr (its default): every named $DATA attribute is the xattr
// `user.<stream>`, and its value is the stream. With =openxattr it is `<stream>`, so that a stream
// called `user.x` is not confused with `x`.
//
// Limits of the kernel's xattr calls, which no mount option lifts: names over 255 bytes cannot be
// asked for (ERANGE), and for values over 64 KiB the size is answered as 65536 and reading fails.
// Both are errors here, so such a stream is reported as unreadable, by name, and never with a
// made-up size. ntfs-3g itself hides streams whose names begin with `ntfs-3g.`.

#include <algorithm>
#include <cstring>
#include <string_view>

#include "platform/linux/errno_error.h"
#include "platform/linux/ntfs3g_attributes.h"
#include "platform/linux/ntfs3g_birth.h"
#include "platform/linux/stream_scheme.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

// XATTR_SIZE_MAX of linux/limits.h.
constexpr std::size_t kLargestValue = 65536;

// Not a stream: the encrypted volume's key data, shown with the mount option efs_raw.
constexpr std::string_view kEfsInfo = "user.ntfs.efsinfo";

class Ntfs3gXattr final : public StreamScheme {
 public:
  explicit Ntfs3gXattr(std::string_view prefix) : prefix_(prefix) {}

  const char* provider() const override { return "ntfs-3g"; }

  Result<bool> HasStreams(const std::string& path) const override {
    const auto keys = ListXattrsNoFollow(path);
    if (!keys.ok()) return keys.error();
    return std::any_of(keys.value().begin(), keys.value().end(),
                       [this](const std::string& key) { return FromKey(key).has_value(); });
  }

  Result<StreamListing> List(const CarrierRef& carrier) const override {
    const auto keys = ListXattrs(ProcPath(carrier.fd));
    if (!keys.ok()) return keys.error();
    StreamListing listing;
    for (const std::string& key : keys.value()) {
      if (auto stream = FromKey(key)) listing.streams.push_back(std::move(*stream));
    }
    return listing;
  }

  Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                const StoredStream& stream) const override {
    const auto size = GetXattrSize(ProcPath(carrier.fd), stream.key);
    if (!size.ok()) return size.error();
    if (size.value() >= kLargestValue) {
      const auto content = ReadAll(carrier, stream);
      if (!content.ok()) return content.error();
    }
    return StreamMeasure{size.value(), size.value(), false};
  }

  Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                      std::uint64_t offset, std::uint64_t length) const override {
    const auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    return SliceOf(content.value(), offset, length);
  }

  Status Remove(const CarrierRef& carrier, const StoredStream& stream) const override {
    return RemoveXattr(ProcPath(carrier.fd), stream.key);
  }

  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    return ReplaceXattr(ProcPath(carrier.fd), stream.key, bytes);
  }

  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    return CreateXattr(ProcPath(carrier.fd), std::string(prefix_) + name, bytes);
  }

  Result<std::optional<std::vector<std::byte>>> Attributes(
      const CarrierRef& carrier) const override {
    return Ntfs3gAttributes(carrier.fd);
  }

  Status RestoreAttributes(const CarrierRef& carrier,
                           std::span<const std::byte> before) const override {
    return RestoreNtfs3gAttributes(carrier.fd, before);
  }

  std::optional<std::int64_t> BirthNs(const CarrierRef& carrier) const override {
    return Ntfs3gBirthNs(carrier.fd);
  }

 private:
  std::optional<StoredStream> FromKey(const std::string& key) const {
    if (key == kEfsInfo || !key.starts_with(prefix_) || key.size() == prefix_.size()) {
      return std::nullopt;
    }
    return StoredStream{key.substr(prefix_.size()), key};
  }

  static Result<std::vector<std::byte>> ReadAll(const CarrierRef& carrier,
                                                const StoredStream& stream) {
    auto content = GetXattr(ProcPath(carrier.fd), stream.key);
    if (content.ok()) return content;
    StreamError error = content.error();
    if (error.system_code == ERANGE || error.system_code == E2BIG) {
      error.message = "stream " + stream.name +
                      " is over 64 KiB, which Linux cannot read as an extended attribute; scan the "
                      "NTFS device itself, or mount with streams_interface=windows";
    }
    return error;
  }

  const std::string_view prefix_;
};

}  // namespace

const StreamScheme& Ntfs3gXattrScheme() {
  static const Ntfs3gXattr scheme("user.");
  return scheme;
}

const StreamScheme& Ntfs3gOpenXattrScheme() {
  static const Ntfs3gXattr scheme("");
  return scheme;
}

}  // namespace sidestream
