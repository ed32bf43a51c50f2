// Decodes what Windows answers to FileIdBothDirectoryInformation: some entries of one folder.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     4  next entry     bytes from the start of this one; 0: the last
//       56     4  attributes
//       60     4  name length    bytes
//       64     4  EA size        the reparse tag, where the attributes say reparse point
//       96     8  file id        64-bit file reference on NTFS
//      104     …  name           UTF-16LE, no final NUL
//
// [MS-FSCC] 2.4.22.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

struct DirectoryEntry {
  std::u16string name;
  std::uint64_t file_id = 0;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;  // 0 unless the entry is a reparse point
};

// Walks one answer. A walk that ends with error() set has not seen everything.
class DirectoryCursor {
 public:
  explicit DirectoryCursor(std::span<const std::byte> answer) : rest_(answer) {}

  bool Next(DirectoryEntry& entry);
  const ParseStatus& error() const { return error_; }

 private:
  std::span<const std::byte> rest_;
  std::size_t at_ = 0;
  ParseStatus error_;
};

}  // namespace sidestream::ntfs
