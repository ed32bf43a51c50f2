#include "ntfs/attribute_record.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  sidestream::ntfs::AttributeCursor cursor(bytes, 0);
  sidestream::ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    const auto attribute = sidestream::ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) continue;
    fuzz::UseAll(attribute.value().name);
    fuzz::UseAll(attribute.value().value);
    fuzz::UseAll(attribute.value().run_list);
  }
  return 0;
}
