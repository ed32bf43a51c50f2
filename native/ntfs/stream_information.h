// Decodes what Windows answers to FileStreamInformation: all $DATA streams of one file or folder.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     4  next entry     bytes from the start of this one; 0: the last
//        4     4  name length    bytes
//        8     8  size
//       16     8  allocated
//       24     …  name           UTF-16LE `:name:$DATA`, no final NUL
//
// [MS-FSCC] 2.4.49. The unnamed stream is `::$DATA`, or an empty name on file systems other than
// NTFS. The answer may come from a server, so nothing in it is believed unchecked.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

struct ListedStream {
  std::u16string name;  // between the colons; never empty
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
};

struct StreamInformation {
  std::vector<ListedStream> named;  // only those of type $DATA
  std::optional<std::uint64_t> unnamed_size;
};

Parsed<StreamInformation> ParseStreamInformation(std::span<const std::byte> answer);

}  // namespace sidestream::ntfs
