// The file system behind an open file or folder.

#pragma once

#include <string>

#include "base/result.h"
#include "platform/windows/file_facts.h"

namespace sidestream {

struct VolumeFacts {
  std::string file_system;  // as the system calls it: NTFS, ReFS, exFAT, …
  std::string volume_id;    // see native/addon.ts
  std::u16string label;
  bool holds_streams = false;
  bool is_read_only = false;
  bool is_remote = false;
  IdScheme id_scheme = IdScheme::kOther;
};

Result<VolumeFacts> InspectVolume(HANDLE handle);

}  // namespace sidestream
