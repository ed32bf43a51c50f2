// The seam to what a system offers an installed program besides files and services: the event log,
// settings that an administrator enforces, and folders that are closed to others.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sidestream {

enum class EventLevel { kInformation, kWarning, kError };

// One entry of the system's event log under `source`. `id`: 1 to 1000, stable per kind of event.
Status WriteSystemEvent(const std::u16string& source, EventLevel level, std::uint32_t id,
                        const std::u16string& text);
// Tells the event log how entries of `source` are shown. Idempotent.
Status AddEventSource(const std::u16string& source);
Status RemoveEventSource(const std::u16string& source);

struct RegistryValue {
  std::u16string name;
  std::variant<std::u16string, std::uint32_t, std::vector<std::u16string>> value;
};

// Strings, numbers and lists of strings of one key below HKEY_LOCAL_MACHINE, as a 64-bit program
// sees it; values of other types are left out. Empty where there is no such key, or no registry at
// all.
Result<std::vector<RegistryValue>> ReadRegistryValues(const std::u16string& key);

enum class FolderAudience {
  kAdministrators,  // nobody else even reads
  kEverybodyReads,  // only administrators write
};

// Makes the folder if it is not there, and gives it and all below exactly this audience. Fails with
// ADS_ACCESS_DENIED where it is there and belongs to somebody else: what lies in it was put there
// by that somebody.
Status ProtectFolder(const std::u16string& path, FolderAudience audience);

}  // namespace sidestream
