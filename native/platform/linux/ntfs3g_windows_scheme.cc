// ntfs-3g with streams_interface=windows: the xattr `ntfs.streams.list` names a file's streams,
// separated by NUL, and each is opened as `file:stream` (a folder's own as `folder/:stream`).
//
// Streams are opened by name in the carrier's folder, since there is no handle-relative form. So
// that a file swapped under that name is not touched, the inode behind `file:stream` (ntfs-3g gives
// the carrier's) is compared with the carrier's before anything is read or removed.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/unique_fd.h"
#include "platform/linux/carrier_times.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/ntfs3g_attributes.h"
#include "platform/linux/ntfs3g_birth.h"
#include "platform/linux/overwrite_file.h"
#include "platform/linux/stream_scheme.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

constexpr const char* kListName = "ntfs.streams.list";

struct StreamPlace {
  int folder_fd;
  std::string name;
};

// Never the carrier itself: there is always a colon and something after it.
Result<StreamPlace> PlaceOf(const CarrierRef& carrier, const std::string& stream) {
  if (stream.empty()) return StreamError{"ADS_INVALID_NAME", 0, "open", "empty stream name"};
  if (carrier.is_directory) return StreamPlace{carrier.fd, ":" + stream};
  return StreamPlace{carrier.parent_fd, std::string(carrier.base_name) + ":" + stream};
}

// `flags` without O_CREAT opens what is there only.
Result<UniqueFd> OpenStream(const CarrierRef& carrier, const std::string& stream, int flags,
                            const char* operation) {
  auto place = PlaceOf(carrier, stream);
  if (!place.ok()) return place.error();
  const auto& [folder_fd, name] = place.value();
  UniqueFd fd(openat(folder_fd, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.ok()) return FromErrno(errno, operation, "stream " + stream);
  struct stat status = {};
  if (fstat(fd.get(), &status) != 0) return FromErrno(errno, operation, "stream " + stream);
  if (status.st_ino != carrier.inode) {
    return StreamError{"ADS_IDENTITY_CHANGED", 0, operation,
                       "another file stands at the carrier's name now"};
  }
  return fd;
}

Result<StreamListing> NamesIn(const std::vector<std::byte>& list) {
  StreamListing listing;
  std::string_view rest(reinterpret_cast<const char*>(list.data()), list.size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string name(rest.substr(0, end));
    if (!name.empty()) listing.streams.push_back({name, name});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return listing;
}

class Ntfs3gWindows final : public StreamScheme {
 public:
  const char* provider() const override { return "ntfs-3g"; }

  // Streams are opened in the carrier's folder, and what stands there compared with the carrier.
  Result<FirstLook> LookAt(const XattrPlace& place) const override {
    const auto list = GetXattr(place, kListName);
    if (!list.ok()) return list.error();
    return FirstLook{{}, list.value().empty()};
  }

  Result<StreamListing> List(const CarrierRef& carrier) const override {
    const auto list = GetXattr(carrier.place, kListName);
    if (!list.ok()) return list.error();
    return NamesIn(list.value());
  }

  Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                const StoredStream& stream) const override {
    const auto fd = OpenStream(carrier, stream.key, O_PATH, "list");
    if (!fd.ok()) return fd.error();
    struct stat status = {};
    if (fstat(fd.value().get(), &status) != 0) {
      return FromErrno(errno, "list", "stream " + stream.name);
    }
    constexpr std::uint64_t kStatBlock = 512;
    return StreamMeasure{static_cast<std::uint64_t>(status.st_size),
                         static_cast<std::uint64_t>(status.st_blocks) * kStatBlock,
                         status.st_blocks == 0 && status.st_size > 0};
  }

  Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                      std::uint64_t offset, std::uint64_t length) const override {
    auto fd = OpenStream(carrier, stream.key, O_RDONLY | O_NOATIME, "read");
    if (!fd.ok() && fd.error().system_code == EPERM) {
      fd = OpenStream(carrier, stream.key, O_RDONLY, "read");
    }
    if (!fd.ok()) return fd.error();
    const auto before = FactsOf(carrier.fd);
    auto bytes = ReadAt(fd.value().get(), stream, offset, length);
    // ntfs-3g counts a read of the stream as an access to the carrier, whatever O_NOATIME says.
    if (before.ok()) RestoreAccessTime(carrier.fd, before.value());
    return bytes;
  }

  Status Remove(const CarrierRef& carrier, const StoredStream& stream) const override {
    // The handle is held until after the unlink, so the inode just compared cannot be reused.
    const auto fd = OpenStream(carrier, stream.key, O_PATH, "remove");
    if (!fd.ok()) return fd.error();
    return Unlink(carrier, stream.key);
  }

  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    const auto fd = OpenStream(carrier, stream.key, O_WRONLY, "replace");
    if (!fd.ok()) return fd.error();
    return OverwriteFile(fd.value().get(), bytes, "stream " + stream.name);
  }

  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    auto fd = OpenStream(carrier, name, O_WRONLY | O_CREAT | O_EXCL, "create");
    if (!fd.ok()) return fd.error();
    std::size_t written = 0;
    while (written < bytes.size()) {
      const auto rest = bytes.subspan(written);
      const ssize_t put = write(fd.value().get(), rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        StreamError error = FromErrno(errno, "create", "stream " + name);
        fd.value().Reset();
        if (const auto left = Unlink(carrier, name)) error.message += "; " + left->message;
        return error;
      }
      written += static_cast<std::size_t>(put);
    }
    return std::nullopt;
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
  static Result<std::vector<std::byte>> ReadAt(int fd, const StoredStream& stream,
                                               std::uint64_t offset, std::uint64_t length) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(length));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = pread(fd, bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(offset + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FromErrno(errno, "read", "stream " + stream.name);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

  static Status Unlink(const CarrierRef& carrier, const std::string& stream) {
    const auto place = PlaceOf(carrier, stream);
    if (!place.ok()) return place.error();
    if (unlinkat(place.value().folder_fd, place.value().name.c_str(), 0) == 0) return std::nullopt;
    return FromErrno(errno, "remove", "stream " + stream);
  }
};

}  // namespace

const StreamScheme& Ntfs3gWindowsScheme() {
  static const Ntfs3gWindows scheme;
  return scheme;
}

}  // namespace sidestream
