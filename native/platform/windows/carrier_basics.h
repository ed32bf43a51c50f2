// A carrier's times and attributes, which a removal or creation must leave as they were.

#pragma once

#include "base/result.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

// Writes creation, access, write and change time and the attributes back if they moved. The handle
// needs FILE_WRITE_ATTRIBUTES only if they did.
Status RestoreBasics(HANDLE handle, const BasicInformation& before, const char* operation);

// Takes FILE_ATTRIBUTE_READONLY off and leaves all else.
NTSTATUS ClearReadOnly(HANDLE handle, const BasicInformation& before);

}  // namespace sidestream
