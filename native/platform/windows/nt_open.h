// NtCreateFile with the flags that every open here needs.

#pragma once

#include <string_view>

#include "base/result.h"
#include "platform/windows/unique_handle.h"

namespace sidestream {

struct OpenHow {
  ACCESS_MASK access = kAttributeAccess;
  ULONG share = kShareAll;
  ULONG disposition = kDispositionOpen;
  // Beside what Open always sets: never through a reparse point that ends the name, never
  // recalling a cloud file, with the backup privilege where it is enabled.
  ULONG options = 0;
};

// `name` is relative to `root`, or a full NT path (`\??\C:\…`) where `root` is null. Names are
// taken as they are: no Win32 normalisation. A broken oplock counts as a failure.
NTSTATUS Open(HANDLE root, std::u16string_view name, const OpenHow& how, UniqueHandle& handle);

}  // namespace sidestream
