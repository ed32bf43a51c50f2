// The first two bytes say how much room there is for the result.

#include "ntfs/lznt1.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::vector<std::byte> out(data[0] * 256u + data[1]);
  const auto in = fuzz::CopyOf(data + 2, size - 2);
  const auto fault = sidestream::ntfs::DecompressLznt1(in, 0, out);
  fuzz::Use(fault.has_value());
  fuzz::UseAll(out);
  return 0;
}
