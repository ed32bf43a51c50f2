// Opens the folders that a walk comes to, without following a link or triggering an automount.

#pragma once

#include "base/unique_fd.h"

namespace sidestream {

// The folder of this name in another, open for listing by a single call that can neither wait nor
// lead anywhere else: one that the kernel has in its cache, without a link, a mount or an automount
// point at it, and that we may read without moving its access time. Empty for all others, which
// says nothing about them.
UniqueFd OpenCachedFolder(int parent_fd, const char* name);

// The folder behind `fd` (O_PATH suffices), open for listing. Empty, with errno, where it cannot be
// read. Its access time stays where the kernel lets us: own folders, or root.
UniqueFd OpenForListing(int fd);

}  // namespace sidestream
