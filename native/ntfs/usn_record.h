// Decodes records of the NTFS and ReFS change journal (USN_RECORD_V2, V3, V4).
//
//   offset  size  field                      V2         V3         V4
//   ------  ----  -------------------------  ---------  ---------  ---------
//        0     4  record length              0          0          0
//        4     2  major version              4          4          4
//        6     2  minor version              6          6          6
//              n  file reference             8, 8 B     8, 16 B    8, 16 B
//              n  parent's reference         16, 8 B    24, 16 B   24, 16 B
//              8  USN                        24         40         40
//              8  time stamp                 32         48         –
//              4  reason                     40         56         48
//              4  source                     44         60         52
//              4  security id                48         64         –
//              4  file attributes            52         68         –
//              2  name length, bytes         56         72         –
//              2  name offset                58         74         –
//                 name, UTF-16LE             60         76         –
//                 extents                    –          –          56
//
// Sources: winioctl.h, sdk-api USN_RECORD_V2/V3/V4. A record names the file and never the stream,
// so a reader lists the file's streams again. Records of an unknown major version are passed over
// by their length and counted: then only a full scan knows what changed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

enum UsnReason : std::uint32_t {
  kUsnNamedDataOverwrite = 0x10,
  kUsnNamedDataExtend = 0x20,
  kUsnNamedDataTruncation = 0x40,
  kUsnFileCreate = 0x100,
  kUsnFileDelete = 0x200,
  kUsnRenameNewName = 0x2000,
  kUsnHardLinkChange = 0x10000,
  kUsnReparsePointChange = 0x100000,
  kUsnStreamChange = 0x200000,
  kUsnTransactedChange = 0x400000,
  kUsnClose = 0x80000000,
};

// 64-bit references (V2) leave `high` at 0. On NTFS `high` is always 0.
struct FileId128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const FileId128&) const = default;
};

struct UsnRecord {
  std::uint16_t major_version = 0;
  FileId128 file;
  FileId128 parent;
  std::uint64_t usn = 0;
  std::uint32_t reason = 0;
  std::uint32_t source = 0;  // set by whoever wrote: for people, never a reason to look away
  // V4 has none of these.
  std::optional<std::uint64_t> time_stamp;  // 100 ns since 1601-01-01 UTC
  std::optional<std::uint32_t> attributes;
  std::u16string name;
};

// Walks what FSCTL_READ_USN_JOURNAL answered: the USN to go on from, then records. A walk that ends
// with error() set has not seen everything.
class UsnCursor {
 public:
  explicit UsnCursor(std::span<const std::byte> answer);

  bool Next(UsnRecord& record);
  // Where to read on; 0 if the answer was too short to say.
  std::uint64_t next_usn() const { return next_usn_; }
  std::uint64_t unknown_records() const { return unknown_records_; }
  const ParseStatus& error() const { return error_; }

 private:
  bool Fail(const char* field, const char* rule, std::uint64_t expected, std::uint64_t actual);
  bool Decode(std::span<const std::byte> bytes, UsnRecord& record);

  std::span<const std::byte> rest_;
  std::uint64_t at_ = 0;
  std::uint64_t next_usn_ = 0;
  std::uint64_t unknown_records_ = 0;
  ParseStatus error_;
};

}  // namespace sidestream::ntfs
