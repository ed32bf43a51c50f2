// A fanotify group on one mounted file system: notices of what changes where, with paths.
//
// One mark watches a whole file system where the kernel can tell it apart from others; FUSE file
// systems have no id for that, so there each folder is marked. Either way the kernel keeps no mount
// busy for it. Needs CAP_SYS_ADMIN, and CAP_DAC_READ_SEARCH to find a folder by its handle.

#pragma once

#include <fcntl.h>
#include <sys/fanotify.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sidestream {

struct Notice {
  std::string path;  // absolute
  std::uint64_t mask = 0;
};

class NoticeGroup {
 public:
  // `point`: absolute path of the folder at or below which changes matter, on one file system.
  static Result<NoticeGroup> Open(const std::string& point);

  int fd() const { return fd_.get(); }
  bool marks_each_folder() const { return marks_each_folder_; }

  // Marks a folder that came, and all below it on this file system.
  Status MarkTree(const std::string& path);

  // Hands over what is queued, without waiting. False where notices were dropped.
  Result<bool> Read(const std::function<void(const Notice&)>& use);

 private:
  NoticeGroup(UniqueFd fd, std::string point) : fd_(std::move(fd)), point_(std::move(point)) {}

  bool ReadEvent(const fanotify_event_metadata& event, int mount_fd,
                 const std::function<void(const Notice&)>& use);
  const std::string* PathOfFolder(const file_handle& handle, int mount_fd);

  UniqueFd fd_;
  std::string point_;
  bool marks_each_folder_ = false;
  std::size_t marked_ = 0;
  std::map<std::string, std::string> folders_;  // path by handle, while one piece is read
};

}  // namespace sidestream
