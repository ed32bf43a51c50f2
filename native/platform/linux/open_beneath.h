// Opens a path below a folder without ever following a link, entering `..` or leaving the folder.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sidestream {

struct OpenedBeneath {
  UniqueFd fd;         // O_PATH; may be any kind of file, a link (unfollowed) included
  UniqueFd parent_fd;  // O_PATH on the folder that holds it
  std::string base_name;
};

// `relative` has no leading slash and may be longer than PATH_MAX. An empty component, `.` and `..`
// are ADS_INVALID_NAME; a link among the folders is ADS_NOT_FOUND.
Result<OpenedBeneath> OpenBeneath(int root_fd, const std::string& relative);

// Its parts, for who opens several in one folder. `folders` is the path of a folder; empty:
// `root_fd` itself, once more.
Result<UniqueFd> OpenFolderBeneath(int root_fd, std::string_view folders);
// A folder by its absolute path, O_PATH; a link anywhere on the way is ELOOP or ENOTDIR.
Result<UniqueFd> OpenFolderWithoutLinks(const std::string& path);
// O_PATH on an entry of any kind, a link (unfollowed) included.
Result<UniqueFd> OpenEntry(int folder_fd, const std::string& base_name);
// `relative` parted at its last slash, once it is known to be plain.
struct PlainPath {
  std::string_view folders;
  std::string base_name;
};
Result<PlainPath> SplitPlain(std::string_view relative);

}  // namespace sidestream
