// Opens a path below a folder without ever following a link, entering `..` or leaving the folder.

#pragma once

#include <string>

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

}  // namespace sidestream
