// Decodes the value of $FILE_NAME: one name of a file, and the directory it stands in. A file has
// one for each hard link, and one more for each 8.3 name.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     8  parent reference
//       64     1  name length       UTF-16 code units
//       65     1  name space        0 POSIX, 1 Win32, 2 DOS, 3 Win32 and DOS
//       66     -  name              UTF-16LE, not necessarily well formed

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

struct FileName {
  static constexpr std::uint8_t kDos = 2;  // an alias: shown only where there is no other name

  std::uint64_t parent_reference = 0;
  std::uint8_t name_space = 0;
  std::span<const std::byte> name;  // UTF-16LE, points into the value
};

[[nodiscard]] Parsed<FileName> ParseFileName(std::span<const std::byte> value,
                                             std::uint64_t volume_offset);

}  // namespace sidestream::ntfs
