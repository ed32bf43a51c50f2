#include "platform/windows/nt_api.h"

#include <cstdlib>

namespace sidestream {
namespace {

// All of these exist in every Windows since 2000; without one of them nothing here can work.
template <typename Function>
void Find(HMODULE module, const char* name, Function& function) {
  function = reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(module, name)));
  if (function == nullptr) std::abort();
}

NtApi Load() {
  const HMODULE module = GetModuleHandleW(L"ntdll.dll");
  NtApi api;
  Find(module, "NtCreateFile", api.create_file);
  Find(module, "NtQueryInformationFile", api.query_file);
  Find(module, "NtSetInformationFile", api.set_file);
  Find(module, "NtQueryVolumeInformationFile", api.query_volume);
  Find(module, "NtQueryDirectoryFile", api.query_directory);
  Find(module, "NtReadFile", api.read_file);
  Find(module, "NtWriteFile", api.write_file);
  Find(module, "NtFsControlFile", api.fs_control);
  return api;
}

}  // namespace

const NtApi& Nt() {
  static const NtApi api = Load();
  return api;
}

}  // namespace sidestream
