// The answer to FileStreamInformation. On a share it is a server's.

#include "ntfs/stream_information.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = fuzz::CopyOf(data, size);
  const auto parsed = sidestream::ntfs::ParseStreamInformation(answer);
  if (!parsed.ok()) return 0;
  for (const auto& stream : parsed.value().named) {
    // An empty name would be the file itself.
    if (stream.name.empty()) __builtin_trap();
    fuzz::Use(stream.name.back() + stream.size + stream.allocated);
  }
  return 0;
}
