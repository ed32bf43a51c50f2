// The answer to FileIdBothDirectoryInformation. On a share it is a server's.

#include "ntfs/directory_information.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = fuzz::CopyOf(data, size);
  sidestream::ntfs::DirectoryCursor cursor(answer);
  sidestream::ntfs::DirectoryEntry entry;
  while (cursor.Next(entry)) {
    for (const char16_t unit : entry.name) fuzz::Use(unit);
    fuzz::Use(entry.file_id + entry.attributes + entry.reparse_tag);
  }
  return 0;
}
