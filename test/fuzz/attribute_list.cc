#include "ntfs/attribute_list.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  sidestream::ntfs::AttributeListCursor cursor(bytes, 0);
  sidestream::ntfs::AttributeListEntry entry;
  while (cursor.Next(entry)) {
    fuzz::UseAll(entry.name);
    fuzz::Use(entry.reference + entry.lowest_vcn);
  }
  return 0;
}
