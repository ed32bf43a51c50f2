#include "ntfs/file_name.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  const auto name = sidestream::ntfs::ParseFileName(bytes, 0);
  if (name.ok()) fuzz::UseAll(name.value().name);
  return 0;
}
