// For builds by scripts/build-windows-addon.sh only; node-gyp brings its own for MSVC.
//
// The addon's imports from "NODE.EXE" are bound at the first call, and here to the program that
// runs: so it loads into a host of any name, such as a single executable.

#include "platform/windows/nt_api.h"

// After windows.h.
#include <delayimp.h>

namespace {

FARPROC WINAPI UseTheHost(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || lstrcmpiA(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(reinterpret_cast<void*>(GetModuleHandleW(nullptr)));
}

}  // namespace

PfnDliHook __pfnDliNotifyHook2 = UseTheHost;
