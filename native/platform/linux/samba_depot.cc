#include "platform/linux/samba_depot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "platform/linux/depot_place.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/open_folder.h"
#include "platform/linux/overwrite_file.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

constexpr const char* kDepotName = "/.streams";
// Deeper than shares are nested, so that a file at the bottom of a very deep tree costs little.
constexpr int kMostLevelsUp = 256;

StreamError Strange(const std::string& path, const std::string& what) {
  return {"ADS_CORRUPT", 0, "list", path + " in Samba's stream depot " + what};
}

// A second link could be any file of the system, put here to be read with our rights.
std::optional<std::string> WhyNoStreamFile(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "is no regular file";
  if (status.st_nlink != 1) return "has other links, smbd makes none";
  return std::nullopt;
}

// What is read, measured or removed is the file that was listed.
Status CheckListed(const StoredStream& stream, const struct stat& status, const char* operation) {
  if (const auto why = WhyNoStreamFile(status)) return Strange(stream.key, *why);
  if (status.st_dev == stream.device && status.st_ino == stream.inode) return std::nullopt;
  return StreamError{"ADS_IDENTITY_CHANGED", 0, operation,
                     stream.key + " in Samba's stream depot was replaced meanwhile"};
}

struct DepotFile {
  UniqueFd fd;
  struct stat status;
};

Result<DepotFile> OpenListed(const StoredStream& stream, int flags, const char* operation) {
  auto fd = OpenDepotFile(stream.key, flags, operation);
  if (!fd.ok()) return fd.error();
  DepotFile file{std::move(fd.value()), {}};
  if (fstat(file.fd.get(), &file.status) != 0) return FromErrno(errno, operation, stream.key);
  if (const auto error = CheckListed(stream, file.status, operation)) return *error;
  return file;
}

// Without moving the access time where that is allowed.
Result<DepotFile> OpenToRead(const StoredStream& stream) {
  auto file = OpenListed(stream, O_RDONLY | O_NOATIME, "read");
  if (file.ok() || file.error().system_code != EPERM) return file;
  return OpenListed(stream, O_RDONLY, "read");
}

bool LooksLikeDepot(const std::string& folder, std::uint64_t device) {
  const auto depot = OpenFolderWithoutLinks(folder);
  if (!depot.ok()) return depot.error().system_code == EACCES;
  const UniqueFd fd = OpenForListing(depot.value().get());
  if (!fd.ok()) return errno == EACCES;
  const auto facts = FactsOf(fd.get());
  if (!facts.ok() || facts.value().device != device) return false;
  bool has_hash = false;
  const auto reader = std::make_unique<FolderReader>();
  const auto error = reader->ForEach(fd.get(), [&](const FolderEntry& entry) {
    has_hash = has_hash || IsDepotHash(entry.name);
    return !has_hash;
  });
  return has_hash || error;
}

}  // namespace

Result<bool> HasDepotMarker(const CarrierRef& carrier) {
  const auto marker = GetXattr(carrier.place, kDepotMarkerName);
  if (!marker.ok() && marker.error().system_code == ENODATA) return false;
  if (!marker.ok()) return marker.error();
  // smbd reads one byte and takes a longer value for none.
  return marker.value().size() == 1 && marker.value()[0] == std::byte{'1'};
}

std::vector<std::string> DepotsAbove(const CarrierRef& carrier, const std::string& carrier_path) {
  std::vector<std::string> depots;
  const auto facts = FactsOf(carrier.fd);
  if (!facts.ok()) return depots;
  std::string folder = carrier_path;
  if (!carrier.is_directory) folder.resize(folder.rfind('/'));
  if (folder == "/") folder.clear();
  for (int level = 0; level < kMostLevelsUp; ++level) {
    const std::string depot = folder + kDepotName;
    if (LooksLikeDepot(depot, facts.value().device)) depots.push_back(depot);
    if (folder.empty()) break;
    folder.resize(folder.rfind('/'));
  }
  return depots;
}

std::optional<std::string> DepotAround(const std::string& path, std::uint64_t device) {
  const std::string whole = path + "/";
  const std::string part = std::string(kDepotName) + "/";
  for (std::size_t at = whole.find(part); at != std::string::npos; at = whole.find(part, at + 1)) {
    const std::string folder = whole.substr(0, at + part.size() - 1);
    if (LooksLikeDepot(folder, device)) return folder;
  }
  return std::nullopt;
}

Result<std::optional<StreamListing>> ListDepot(const std::string& folder,
                                               const CarrierRef& carrier) {
  const auto facts = FactsOf(carrier.fd);
  if (!facts.ok()) return facts.error();
  const std::string place = folder + "/" + DepotPlace(facts.value().device, facts.value().inode);
  StreamListing listing;
  const auto fd = OpenDepotFolder(place, "list");
  if (!fd.ok()) {
    if (fd.error().system_code == ENOENT) return std::optional<StreamListing>();
    listing.incomplete = fd.error();
    return std::optional(listing);
  }
  const auto reader = std::make_unique<FolderReader>();
  const auto error = reader->ForEach(fd.value().get(), [&](const FolderEntry& entry) {
    const std::string file = entry.name;
    const std::string path = place + "/" + file;
    const auto name = StreamOfDepotFile(file);
    struct stat status = {};
    if (!name) {
      listing.incomplete = Strange(path, "is not named as a stream is");
    } else if (fstatat(fd.value().get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) listing.incomplete = FromErrno(errno, "list", path);
    } else if (const auto why = WhyNoStreamFile(status)) {
      listing.incomplete = Strange(path, *why);
    } else {
      listing.streams.push_back(
          {.name = *name, .key = path, .device = status.st_dev, .inode = status.st_ino});
    }
    return true;
  });
  if (error) listing.incomplete = *error;
  return std::optional(listing);
}

// No xattr's name begins with a slash.
bool IsDepotKey(const std::string& key) { return key.starts_with('/'); }

Result<StreamMeasure> MeasureInDepot(const StoredStream& stream) {
  const auto file = OpenListed(stream, O_PATH, "list");
  if (!file.ok()) return file.error();
  const struct stat& status = file.value().status;
  constexpr std::uint64_t kStatBlock = 512;
  return StreamMeasure{static_cast<std::uint64_t>(status.st_size),
                       static_cast<std::uint64_t>(status.st_blocks) * kStatBlock, false};
}

Result<std::vector<std::byte>> ReadFromDepot(const StoredStream& stream, std::uint64_t offset,
                                             std::uint64_t length) {
  const auto file = OpenToRead(stream);
  if (!file.ok()) return file.error();
  std::vector<std::byte> bytes(static_cast<std::size_t>(length));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = pread(file.value().fd.get(), bytes.data() + filled, bytes.size() - filled,
                              static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FromErrno(errno, "read", stream.key);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Status ReplaceInDepot(const StoredStream& stream, std::span<const std::byte> bytes) {
  const auto file = OpenListed(stream, O_WRONLY, "replace");
  if (!file.ok()) return file.error();
  return OverwriteFile(file.value().fd.get(), bytes, stream.key);
}

Status RemoveFromDepot(const StoredStream& stream) {
  const std::size_t slash = stream.key.rfind('/');
  const auto folder = OpenDepotFolder(stream.key.substr(0, slash), "remove");
  if (!folder.ok()) return folder.error();
  const std::string file = stream.key.substr(slash + 1);
  // Held until after the unlink, so that the inode just compared cannot be used again.
  const UniqueFd held(openat(folder.value().get(), file.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status = {};
  if (!held.ok() || fstat(held.get(), &status) != 0) return FromErrno(errno, "remove", stream.key);
  if (const auto error = CheckListed(stream, status, "remove")) return error;
  if (unlinkat(folder.value().get(), file.c_str(), 0) == 0) return std::nullopt;
  return FromErrno(errno, "remove", stream.key);
}

}  // namespace sidestream
