#include "platform/linux/carrier_times.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "platform/linux/errno_error.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

struct timespec TimespecOf(std::int64_t ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = ns / kSecond;
  std::int64_t rest = ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  return {.tv_sec = seconds, .tv_nsec = rest};
}

}  // namespace

Status RestoreTimes(int fd, const FileFacts& before, const char* operation) {
  const auto now = FactsOf(fd);
  if (!now.ok()) return now.error();
  const bool is_same =
      now.value().access_ns == before.access_ns && now.value().modified_ns == before.modified_ns;
  if (is_same) return std::nullopt;
  const struct timespec times[2] = {TimespecOf(before.access_ns), TimespecOf(before.modified_ns)};
  if (utimensat(AT_FDCWD, ProcPath(fd).c_str(), times, 0) == 0) return std::nullopt;
  return FromErrno(errno, operation, "times of the carrier");
}

void RestoreAccessTime(int fd, const FileFacts& before) {
  const auto now = FactsOf(fd);
  if (!now.ok() || now.value().access_ns == before.access_ns) return;
  const struct timespec times[2] = {TimespecOf(before.access_ns), {0, UTIME_OMIT}};
  utimensat(AT_FDCWD, ProcPath(fd).c_str(), times, 0);
}

}  // namespace sidestream
