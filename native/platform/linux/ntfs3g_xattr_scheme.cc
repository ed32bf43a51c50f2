// ntfs-3g with streams_interface=xattr (its default): every named $DATA attribute is the xattr
// `user.<stream>`, and its value is the stream. With =openxattr it is `<stream>`, so that a stream
// called `user.x` is not confused with `x`.
//
// Limits of the kernel's xattr calls, which no mount option lifts: names over 255 bytes cannot be
// asked for (ERANGE), and for values over 64 KiB the size is answered as 65536 and reading fails.
// Both are errors here, so such a stream is reported as unreadable, by name, and never with a
// made-up size. ntfs-3g itself hides streams whose names begin with `ntfs-3g.`.

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

  Result<FirstLook> LookAt(const XattrPlace& place) const override {
    auto streams = StreamsAt(place);
    if (!streams.ok()) return streams.error();
    return FirstLook{std::move(streams.value()), true};
  }

  Result<StreamListing> List(const CarrierRef& carrier) const override {
    auto streams = StreamsAt(carrier.place);
    if (!streams.ok()) return streams.error();
    return StreamListing{std::move(streams.value()), std::nullopt};
  }

  Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                const StoredStream& stream) const override {
    const auto size = GetXattrSize(carrier.place, stream.key);
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
    return RemoveXattr(carrier.place, stream.key);
  }

  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    return ReplaceXattr(carrier.place, stream.key, bytes);
  }

  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    return CreateXattr(carrier.place, std::string(prefix_) + name, bytes);
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
    return Ntfs3gBirthNs(carrier.place);
  }

 private:
  Result<std::vector<StoredStream>> StreamsAt(const XattrPlace& place) const {
    XattrNames keys;
    if (auto error = keys.Read(place)) return std::move(*error);
    std::vector<StoredStream> streams;
    keys.ForEach([&](std::string_view key) {
      if (key == kEfsInfo || !key.starts_with(prefix_) || key.size() == prefix_.size()) return;
      streams.push_back({std::string(key.substr(prefix_.size())), std::string(key)});
    });
    return streams;
  }

  static Result<std::vector<std::byte>> ReadAll(const CarrierRef& carrier,
                                                const StoredStream& stream) {
    auto content = GetXattr(carrier.place, stream.key);
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
