// Writing into a depot. Apart from the rest because it alone has to undo.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "platform/linux/depot_place.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/samba_depot.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

// What was made so far; unless kept, it is taken back, last first.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
      unlinkat(made->folder.get(), made->name.c_str(), made->flags);
    }
  }
  void Add(int folder_fd, std::string name, int flags) {
    made_.push_back({UniqueFd(fcntl(folder_fd, F_DUPFD_CLOEXEC, 0)), std::move(name), flags});
  }
  void Keep() { made_.clear(); }

 private:
  struct Made {
    UniqueFd folder;
    std::string name;
    int flags;
  };
  std::vector<Made> made_;
};

// Like its parent, so that who could add to that can add to this.
Result<UniqueFd> EnterFolder(int parent_fd, const std::string& name, Undo& undo) {
  const bool is_new = mkdirat(parent_fd, name.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) return FromErrno(errno, "create", "depot folder " + name);
  if (is_new) undo.Add(parent_fd, name, AT_REMOVEDIR);
  UniqueFd fd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return FromErrno(errno, "create", "depot folder " + name);
  struct stat parent = {};
  if (!is_new) return fd;
  if (fstat(parent_fd, &parent) != 0 || fchown(fd.get(), parent.st_uid, parent.st_gid) != 0 ||
      fchmod(fd.get(), parent.st_mode & 07777) != 0) {
    return FromErrno(errno, "create", "depot folder " + name);
  }
  return fd;
}

// A share's first stream comes with its depot.
Result<UniqueFd> MakeDepot(const std::string& folder, Undo& undo) {
  const std::size_t slash = folder.rfind('/');
  const auto parent = OpenDepotRoot(folder.substr(0, std::max<std::size_t>(slash, 1)), "create");
  if (!parent.ok()) return parent.error();
  return EnterFolder(parent.value().get(), folder.substr(slash + 1), undo);
}

// Owned and readable like the carrier; a stream is never executed.
Status WriteFile(int folder_fd, const std::string& name, const struct stat& carrier,
                 std::span<const std::byte> bytes, Undo& undo) {
  const UniqueFd fd(
      openat(folder_fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const std::string what = "stream file " + name;
  if (!fd.ok()) return FromErrno(errno, "create", what);
  undo.Add(folder_fd, name, 0);
  while (!bytes.empty()) {
    const ssize_t put = write(fd.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FromErrno(errno, "create", what);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  if (fchown(fd.get(), carrier.st_uid, carrier.st_gid) != 0 ||
      fchmod(fd.get(), (carrier.st_mode & 0666) | 0600) != 0) {
    return FromErrno(errno, "create", what);
  }
  return std::nullopt;
}

}  // namespace

Status CreateInDepot(const std::string& folder, bool checks_marker, const CarrierRef& carrier,
                     const std::string& name, std::span<const std::byte> bytes) {
  const auto facts = FactsOf(carrier.fd);
  if (!facts.ok()) return facts.error();
  struct stat status = {};
  if (fstat(carrier.fd, &status) != 0) return FromErrno(errno, "create", "stream " + name);
  const auto has_marker = HasDepotMarker(carrier);
  if (!has_marker.ok()) return has_marker.error();
  const std::string place = DepotPlace(facts.value().device, facts.value().inode);
  if (checks_marker && !has_marker.value() &&
      OpenDepotFolder(folder + "/" + place, "create").ok()) {
    // smbd moves it out of the way. To mark the carrier would hand it the streams of an earlier
    // file.
    return StreamError{"ADS_EXISTS", 0, "create",
                       folder + "/" + place +
                           " holds the streams of an earlier file; remove it, or "
                           "create one stream through Samba, which moves it away"};
  }
  Undo undo;
  auto fd = OpenDepotRoot(folder, "create");
  if (!fd.ok() && fd.error().system_code == ENOENT) fd = MakeDepot(folder, undo);
  for (std::size_t at = 0; fd.ok() && at < place.size();) {
    const std::size_t end = std::min(place.find('/', at), place.size());
    fd = EnterFolder(fd.value().get(), place.substr(at, end - at), undo);
    at = end + 1;
  }
  if (!fd.ok()) return fd.error();
  if (auto error = WriteFile(fd.value().get(), DepotFileOf(name), status, bytes, undo))
    return error;
  if (checks_marker && !has_marker.value() &&
      setxattr(ProcPath(carrier.fd).c_str(), kDepotMarkerName, "1", 1, 0) != 0) {
    return FromErrno(errno, "create", "extended attribute " + std::string(kDepotMarkerName));
  }
  undo.Keep();
  return std::nullopt;
}

}  // namespace sidestream
