// What a caller knows about a target that the target itself does not say. Every field may be empty;
// a platform ignores what does not concern it.

#pragma once

#include <optional>
#include <string>

namespace sidestream {

struct TargetHints {
  // smb.conf of the Samba server whose shares are looked at. Empty: /etc/samba/smb.conf, if it can
  // be read.
  std::optional<std::u16string> smb_conf;
};

}  // namespace sidestream
