// Leases (fcntl(2), F_SETLEASE): what smbd takes for a client with an oplock, or NFS for a
// delegation.

#pragma once

#include "base/result.h"

namespace sidestream {

// ADS_IN_USE where another process holds a write lease on the file: it has the file to itself and
// may keep what it wrote. Asking begins the break of the lease, so that a later try may find the
// file free. `fd` may be opened with O_PATH. What cannot be asked counts as free.
Status RefuseLeased(int fd);

}  // namespace sidestream
