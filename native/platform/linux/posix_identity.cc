#include "platform/linux/posix_identity.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <concepts>
#include <cstddef>

#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

std::int64_t Nanoseconds(const struct statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

constexpr std::size_t kMostDigits = 20;  // of 64 bits, or 19 and a sign

void AppendNumber(std::string& text, std::integral auto number) {
  char digits[kMostDigits];
  text.append(digits, std::to_chars(digits, digits + kMostDigits, number).ptr);
}

Result<FileFacts> Statx(int fd, const char* name, int flags) {
  struct statx status;  // the kernel fills all of it
  const unsigned wanted = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
  if (statx(fd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted, &status) != 0) {
    return FromErrno(errno, "stat", *name != '\0' ? name : "file");
  }
  FileFacts facts;
  facts.device = makedev(status.stx_dev_major, status.stx_dev_minor);
  facts.inode = status.stx_ino;
  if ((status.stx_mask & STATX_MNT_ID) != 0) facts.mount_id = status.stx_mnt_id;
  facts.link_count = status.stx_nlink;
  if ((status.stx_mask & STATX_BTIME) != 0) facts.birth_ns = Nanoseconds(status.stx_btime);
  facts.access_ns = Nanoseconds(status.stx_atime);
  facts.modified_ns = Nanoseconds(status.stx_mtime);
  facts.changed_ns = Nanoseconds(status.stx_ctime);
  facts.mode = status.stx_mode;
  return facts;
}

}  // namespace

Result<FileFacts> FactsOf(int fd) { return Statx(fd, "", AT_EMPTY_PATH); }

Result<FileFacts> FactsOf(int folder_fd, const char* name) { return Statx(folder_fd, name, 0); }

std::string IdentityOf(const StreamScheme& scheme, const CarrierRef& carrier,
                       const FileFacts& facts, std::string_view suffix) {
  const std::int64_t birth_ns = scheme.BirthNs(carrier).value_or(facts.birth_ns);
  std::string identity;
  identity.reserve(sizeof "posix::" + 2 * kMostDigits + suffix.size());
  identity.append("posix:");
  AppendNumber(identity, facts.inode);
  identity.push_back(':');
  AppendNumber(identity, birth_ns);
  identity.append(suffix);
  return identity;
}

}  // namespace sidestream
