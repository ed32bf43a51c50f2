// Where Samba keeps the streams of each share: the few options of smb.conf that say so.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sidestream {

// How vfs_streams_xattr names its xattrs. The defaults are Samba's.
struct SambaXattrForm {
  std::string prefix = "user.DosStream.";
  std::string extent_prefix = "user.DosStreamExt.";
  bool stores_type = true;  // `:$DATA` ends the name

  bool operator==(const SambaXattrForm&) const = default;
};

struct SambaDepot {
  std::string folder;  // without links on the way to it; empty: `.streams` in the share's folder
  bool checks_marker = true;   // streams_depot:check_valid
  std::string unknown_folder;  // as written, if it has a macro that is not the same for all clients
};

struct SambaShare {
  std::string name;
  // Its folder, without links or trailing slash ("/" stays). With a macro in its path (`/home/%S`)
  // the folder above the macro, and "/" where smb.conf does not say: rather too much than too
  // little is looked at for such a share.
  std::string root;
  bool is_root_exact = true;
  std::optional<SambaXattrForm> xattrs;  // has streams_xattr among its modules
  std::optional<SambaDepot> depot;       // has streams_depot
  bool creates_in_depot = false;         // streams_depot comes first
};

struct SmbConf {
  std::vector<SambaShare> shares;
  // Why what it says is not the whole truth.
  Status incomplete;
};

// Follows `include`. What it cannot follow (registry, includes and `config file` with macros) is
// ADS_UNSUPPORTED, with the way out.
// What it cannot know of one share (a depot that depends on the client) makes it incomplete.
Result<SmbConf> ReadSmbConf(const std::string& path);

// /etc/samba/smb.conf. None, or one that may not be read: no shares.
SmbConf ReadDefaultSmbConf();

}  // namespace sidestream
