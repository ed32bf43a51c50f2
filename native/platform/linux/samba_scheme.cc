// Streams as Samba's vfs_streams_xattr keeps them, with its default names.
//
//   xattr                              value
//   user.DosStream.<name>:$DATA        data, then one marker byte (an xattr holds at least one
//   byte) user.DosStreamExt.<n>.<name>:$DATA more data, no marker; n = 1 .. marker
//
// The marker is the number of extents, 0 for a stream that fits one xattr. With `store_stream_type
// = no` the names lack `:$DATA`. The last colon splits name and type, because vfs_fruit with
// `encoding = native` puts colons into names. Source: samba source3/modules/vfs_streams_xattr.c.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "platform/linux/errno_error.h"
#include "platform/linux/stream_scheme.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

constexpr std::string_view kPrefix = "user.DosStream.";
constexpr std::string_view kExtentPrefix = "user.DosStreamExt.";
constexpr std::string_view kType = ":$DATA";
// Samba's upper bound of `max xattrs per stream`, the anchor included.
constexpr int kMaxExtents = 15;

bool EndsWithType(std::string_view text) {
  if (text.size() < kType.size()) return false;
  const std::string_view end = text.substr(text.size() - kType.size());
  return std::equal(end.begin(), end.end(), kType.begin(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

// Empty where `key` holds no stream, or one without a name: that would be the file itself.
std::optional<StoredStream> FromKey(const std::string& key) {
  if (!key.starts_with(kPrefix)) return std::nullopt;
  std::string_view name = std::string_view(key).substr(kPrefix.size());
  if (EndsWithType(name)) name.remove_suffix(kType.size());
  if (name.empty()) return std::nullopt;
  return StoredStream{std::string(name), key};
}

std::string ExtentKey(const std::string& anchor_key, int extent) {
  return std::string(kExtentPrefix) + std::to_string(extent) + "." +
         anchor_key.substr(kPrefix.size());
}

class Samba final : public StreamScheme {
 public:
  const char* provider() const override { return "samba"; }

  Result<bool> HasStreams(const std::string& path) const override {
    const auto keys = ListXattrsNoFollow(path);
    if (!keys.ok()) return keys.error();
    return std::any_of(keys.value().begin(), keys.value().end(),
                       [](const std::string& key) { return FromKey(key).has_value(); });
  }

  Result<std::vector<StoredStream>> List(const CarrierRef& carrier) const override {
    const auto keys = ListXattrs(ProcPath(carrier.fd));
    if (!keys.ok()) return keys.error();
    std::vector<StoredStream> streams;
    for (const std::string& key : keys.value()) {
      if (auto stream = FromKey(key)) streams.push_back(std::move(*stream));
    }
    return streams;
  }

  // Only the value's last byte tells how far the stream goes, so this reads it.
  Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                const StoredStream& stream) const override {
    const auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    return StreamMeasure{content.value().size(), content.value().size(), false};
  }

  Result<MeasuredFront> MeasureAndRead(const CarrierRef& carrier, const StoredStream& stream,
                                       std::uint64_t length) const override {
    auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    const std::size_t size = content.value().size();
    MeasuredFront both{{size, size, false}, std::move(content.value())};
    if (both.front.size() > length) both.front.resize(static_cast<std::size_t>(length));
    return both;
  }

  Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                      std::uint64_t offset, std::uint64_t length) const override {
    const auto content = ReadAll(carrier, stream);
    if (!content.ok()) return content.error();
    return SliceOf(content.value(), offset, length);
  }

  // The anchor first, like Samba: without it the extents are unreachable, and a failure half way
  // leaves no stream with other content.
  Status Remove(const CarrierRef& carrier, const StoredStream& stream) const override {
    const std::string path = ProcPath(carrier.fd);
    if (auto error = RemoveXattr(path, stream.key)) return error;
    for (int extent = 1; extent <= kMaxExtents; ++extent) {
      const auto error = RemoveXattr(path, ExtentKey(stream.key, extent));
      // Extents are written without gaps, so the first missing one is the end.
      if (error && error->system_code == ENODATA) break;
      if (error) return error;
    }
    return std::nullopt;
  }

  // One xattr only: extents need a setting of the share that cannot be known here.
  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    const auto there = List(carrier);
    if (!there.ok()) return there.error();
    for (const StoredStream& stream : there.value()) {
      if (stream.name == name) return FromErrno(EEXIST, "create", "stream " + name);
    }
    std::vector<std::byte> value(bytes.begin(), bytes.end());
    value.push_back(std::byte{0});
    return CreateXattr(ProcPath(carrier.fd), std::string(kPrefix) + name + std::string(kType),
                       value);
  }

 private:
  static Result<std::vector<std::byte>> ReadAll(const CarrierRef& carrier,
                                                const StoredStream& stream) {
    const std::string path = ProcPath(carrier.fd);
    auto anchor = GetXattr(path, stream.key);
    if (!anchor.ok()) return anchor.error();
    auto& content = anchor.value();
    if (content.empty()) return Damaged(stream.key, "is empty, not even Samba's marker byte");
    const int extents = std::to_integer<int>(content.back());
    content.pop_back();
    if (extents > kMaxExtents) {
      return Damaged(stream.key, "ends with the marker byte " + std::to_string(extents) +
                                     ", Samba writes 0 to " + std::to_string(kMaxExtents));
    }
    for (int extent = 1; extent <= extents; ++extent) {
      const auto more = GetXattr(path, ExtentKey(stream.key, extent));
      if (!more.ok() && more.error().system_code == ENODATA) {
        return Damaged(stream.key, "has " + std::to_string(extents) + " extents, extent " +
                                       std::to_string(extent) + " is missing");
      }
      if (!more.ok()) return more.error();
      content.insert(content.end(), more.value().begin(), more.value().end());
    }
    return std::move(content);
  }

  static StreamError Damaged(const std::string& key, const std::string& how) {
    return {"ADS_CORRUPT", 0, "read", "extended attribute " + key + " " + how};
  }
};

}  // namespace

const StreamScheme& SambaScheme() {
  static const Samba scheme;
  return scheme;
}

}  // namespace sidestream
