// Extended attributes of one inode, grown to whatever size they have.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sidestream {

// The inode behind `fd`, as a path that may be passed to any system call that follows links.
std::string ProcPath(int fd);
// `name` inside the folder behind `fd`.
std::string ProcPath(int fd, const std::string& name);

// How system calls on extended attributes reach an inode.
class XattrPlace {
 public:
  // Through a descriptor, an O_PATH one included: that needs no permission on the file, where
  // f*xattr() would need it opened for reading.
  static XattrPlace Behind(int fd);
  // By path; a link at its end is not followed. Borrows `path`. A bare name in the working folder
  // is the cheapest there is: a third of the way through /proc/self/fd.
  static XattrPlace At(const char* path);
  // Through a descriptor of a file that was opened for reading: a quarter of the way through
  // /proc/self/fd, for whoever may read the file.
  static XattrPlace Opened(int fd);

  // -1 where it is reached by path.
  int opened_fd() const { return opened_fd_; }
  const char* path() const { return borrowed_ != nullptr ? borrowed_ : own_.data(); }
  bool follows_link() const { return borrowed_ == nullptr; }

 private:
  int opened_fd_ = -1;
  const char* borrowed_ = nullptr;
  std::array<char, 32> own_{};  // "/proc/self/fd/2147483647"
};

// The names of an inode's attributes. For the stack, where most lists fit: a walk reads one for
// every file, and moves none.
class XattrNames {
 public:
  XattrNames() = default;
  XattrNames(const XattrNames&) = delete;
  XattrNames& operator=(const XattrNames&) = delete;

  Status Read(const XattrPlace& place);

  template <typename Use>
  void ForEach(Use use) const {
    std::string_view rest = list_;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\0'), rest.size());
      use(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

 private:
  std::array<char, 1024> small_;  // not filled with anything first
  std::string large_;
  std::string_view list_;  // as the kernel writes it: each name ends with a NUL
};

Result<std::vector<std::byte>> GetXattr(const XattrPlace& place, const std::string& name);
// Bytes of the value. The kernel answers 65536 for anything larger.
Result<std::size_t> GetXattrSize(const XattrPlace& place, const std::string& name);

// The part of a value that a read asks for; shorter, or nothing, past its end.
std::vector<std::byte> SliceOf(std::span<const std::byte> value, std::uint64_t offset,
                               std::uint64_t length);

// Fails with ADS_EXISTS if it is there, ADS_NO_SPACE if the file system cannot keep that much.
Status CreateXattr(const XattrPlace& place, const std::string& name,
                   std::span<const std::byte> value);
// Fails with ADS_NOT_FOUND if it is not there. All or nothing, as far as the file system keeps its
// promise.
Status ReplaceXattr(const XattrPlace& place, const std::string& name,
                    std::span<const std::byte> value);
Status RemoveXattr(const XattrPlace& place, const std::string& name);

}  // namespace sidestream
