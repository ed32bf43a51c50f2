#include "platform/linux/file_system.h"

#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/sha256.h"
#include "base/unique_fd.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

// Values of statfs(2)'s f_type; linux/magic.h lacks several of them.
constexpr std::uint32_t kFuse = 0x65735546;
constexpr std::uint32_t kNtfs3 = 0x7366746e;
constexpr std::uint32_t kNtfsReadOnly = 0x5346544e;  // the kernel's old ntfs driver
constexpr std::uint32_t kAutofs = 0x0187;
constexpr std::uint32_t kSmbClients[] = {0xff534d42, 0xfe534d42, 0x517b};
constexpr std::uint32_t kExt = 0xef53;  // ext2, ext3, ext4
constexpr std::uint32_t kXfs = 0x58465342;
constexpr std::uint32_t kBtrfs = 0x9123683e;
constexpr std::uint32_t kTmpfs = 0x01021994;
constexpr std::uint32_t kLocal[] = {
    kExt,       kXfs, kBtrfs, kTmpfs,
    0xf2f52010,  // f2fs
    0x2fc12fc1,  // zfs
};
// Seen on Linux 6.18, with the times to the nanosecond.
constexpr std::uint32_t kRemovalKeepsTimes[] = {kExt, kXfs, kBtrfs, kTmpfs};
constexpr std::uint32_t kPseudo[] = {
    0x9fa0,      // proc
    0x62656572,  // sysfs
    0x1cd1,      // devpts
    0x27e0eb,    // cgroup
    0x63677270,  // cgroup2
    0x64626720,  // debugfs
    0x74726163,  // tracefs
    0x73636673,  // securityfs
    0xcafe4a11,  // bpf
    0x6165676c,  // pstore
    0xde5e81e4,  // efivarfs
    0x62656570,  // configfs
    0x19800202,  // mqueue
    0x958458f6,  // hugetlbfs
    0x42494e4d,  // binfmt_misc
    0xf97cff8c,  // selinuxfs
    0x6e736673,  // nsfs
    0x67596969,  // rpc_pipefs
    0x65735543,  // fusectl
    0x7655821,   // resctrl
};

StreamError Unsupported(std::string message) {
  return {"ADS_UNSUPPORTED", 0, "probe", std::move(message)};
}

std::string Hex16(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// The serial number in the boot sector of an NTFS mount's device (offset 0x48), which the raw
// provider calls the same volume by. Only root can usually read it.
std::optional<std::string> NtfsVolumeId(const std::string& source) {
  const UniqueFd fd(open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<unsigned char, 512> sector{};
  if (!fd.ok() ||
      pread(fd.get(), sector.data(), sector.size(), 0) != static_cast<ssize_t>(sector.size())) {
    return std::nullopt;
  }
  if (std::memcmp(sector.data() + 3, "NTFS    ", 8) != 0) return std::nullopt;
  std::uint64_t serial = 0;
  for (std::size_t i = 0; i < 8; ++i) serial |= std::uint64_t{sector[0x48 + i]} << (8 * i);
  return "ntfs-" + Hex16(serial);
}

// FUSE answers no f_fsid. What is mounted stays the same across mounts, so that names the volume.
std::string VolumeId(const struct statfs& status, const Mount* mount) {
  std::uint32_t parts[2];
  static_assert(sizeof parts == sizeof status.f_fsid);
  std::memcpy(parts, &status.f_fsid, sizeof parts);
  const std::uint64_t fsid = (std::uint64_t{parts[1]} << 32) | parts[0];
  if (fsid != 0 || mount == nullptr) return "fs-" + Hex16(fsid);
  const std::string described = mount->type + " " + mount->source;
  Sha256 digest;
  digest.Update(std::as_bytes(std::span(described)));
  return "fs-" + HexFromBytes(digest.Finish()).substr(0, 16);
}

std::string SourceHint(const Mount* mount) {
  return mount == nullptr ? "the device itself" : "the device itself: " + mount->source;
}

// ntfs-3g answers this xattr whatever its stream interface is.
bool IsNtfs3g(const XattrPlace& place) { return GetXattr(place, "system.ntfs_attrib").ok(); }

// Shared by name only: the scheme lives as long as the process.
std::shared_ptr<const StreamScheme> Static(const StreamScheme& scheme) {
  return {std::shared_ptr<void>(), &scheme};
}

int ErrnoOfGet(const XattrPlace& place, const char* name) {
  const auto value = GetXattr(place, name);
  return value.ok() ? 0 : value.error().system_code;
}

// The mount's options do not show its stream interface, and with `none` and `windows` listing
// xattrs succeeds with nothing, so asking for two names tells (measured with ntfs-3g 2022.10.3):
//
//   interface   ntfs.streams.list   any absent user.*
//   none        EOPNOTSUPP          EOPNOTSUPP
//   xattr       EOPNOTSUPP          ENODATA
//   openxattr   ENODATA             ENODATA
//   windows     the list            EOPNOTSUPP
void ChooseNtfs3gScheme(FileSystem& result, const XattrPlace& place, const Mount* mount) {
  result.name = "ntfs-3g";
  if (mount != nullptr) {
    if (auto id = NtfsVolumeId(mount->source)) result.volume_id = *id;
  }
  const int list_errno = ErrnoOfGet(place, "ntfs.streams.list");
  const int user_errno = ErrnoOfGet(place, "user.sidestream.probe");
  const bool has_user_names = user_errno == 0 || user_errno == ENODATA;
  if (list_errno == 0 && user_errno == EOPNOTSUPP) {
    result.scheme = Static(Ntfs3gWindowsScheme());
  } else if (list_errno == EOPNOTSUPP && has_user_names) {
    result.scheme = Static(Ntfs3gXattrScheme());
  } else if (has_user_names) {
    result.scheme = Static(Ntfs3gOpenXattrScheme());
  } else if (user_errno == EOPNOTSUPP) {
    result.unsupported = Unsupported(
        "this ntfs-3g mount shows no streams (streams_interface=none); mount it with "
        "streams_interface=xattr, or scan " +
        SourceHint(mount));
  } else {
    result.unsupported = FromErrno(user_errno, "probe", "stream interface of this ntfs-3g mount");
  }
}

// A failing read of an xattr that nobody has tells whether there can be any.
void ChooseSambaScheme(FileSystem& result, const XattrPlace& place,
                       const std::shared_ptr<const StreamScheme>& samba) {
  const auto probe = GetXattr(place, "user.sidestream.probe");
  if (!probe.ok() && probe.error().system_code == EOPNOTSUPP) {
    result.unsupported =
        Unsupported("this file system (" + result.name +
                    ") keeps no user extended attributes, so no stream can be seen on it");
    result.unsupported->system_code = EOPNOTSUPP;
    return;
  }
  result.scheme = samba;
}

bool Contains(std::span<const std::uint32_t> list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string IdentitySuffix(const std::string& volume_id) {
  const std::string hex = volume_id.substr(volume_id.rfind('-') + 1);
  return "@" + std::to_string(std::strtoull(hex.c_str(), nullptr, 16));
}

}  // namespace

FileSystem InspectFileSystem(int fd, const FileFacts& facts, const MountTable& mounts,
                             const std::shared_ptr<const StreamScheme>& samba) {
  const Mount* mount = mounts.FindById(facts.mount_id);
  FileSystem result;
  result.name = mount != nullptr ? mount->type : "unknown file system";
  struct statfs status = {};
  if (fstatfs(fd, &status) != 0) {
    result.unsupported = FromErrno(errno, "probe", "file system");
    return result;
  }
  result.volume_id = VolumeId(status, mount);
  result.identity_suffix = IdentitySuffix(result.volume_id);
  const auto type = static_cast<std::uint32_t>(status.f_type);
  result.is_local = Contains(kLocal, type);
  result.removal_keeps_times = Contains(kRemovalKeepsTimes, type);
  result.is_writable = (status.f_flags & ST_RDONLY) == 0;
  const XattrPlace place = XattrPlace::Behind(fd);
  if (Contains(kPseudo, type)) {
    result.is_pseudo = true;
  } else if (type == kNtfs3 || type == kNtfsReadOnly) {
    result.unsupported = Unsupported("the kernel's " + result.name +
                                     " driver shows no alternate data streams; scan " +
                                     SourceHint(mount) + ", or mount it with ntfs-3g");
  } else if (Contains(kSmbClients, type)) {
    result.unsupported =
        Unsupported("an SMB mount shows no alternate data streams to Linux; scan on the server " +
                    (mount == nullptr ? std::string() : mount->source));
  } else if (type == kAutofs) {
    result.unsupported = Unsupported("an automount point with nothing mounted; mount it first");
  } else if (type == kFuse && IsNtfs3g(place)) {
    ChooseNtfs3gScheme(result, place, mount);
  } else {
    ChooseSambaScheme(result, place, samba);
  }
  return result;
}

}  // namespace sidestream
