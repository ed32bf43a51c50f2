// The change journal in an image of a volume: the streams of `$Extend\$UsnJrnl`.
//
//   stream  offset  size  field
//   ------  ------  ----  ------------------------------------------------
//   $Max         0     8  maximum size
//                8     8  allocation delta
//               16     8  journal id
//               24     8  lowest valid USN
//   $J           -     -  records, each at its USN
//
// $J is as long as the journal has ever been; what was dropped from its start is a hole. Records do
// not cross a page of 4096 bytes; the rest of a page is zeros (winioctl.h, USN_PAGE_SIZE).

#pragma once

#include <memory>
#include <string>

#include "streams/change_journal.h"
#include "volume/block_reader.h"

namespace sidestream {

// ADS_NOT_A_SOURCE where there is no NTFS volume. A volume without a journal opens, and says so in
// Query().
Result<std::unique_ptr<ChangeJournal>> OpenImageJournal(const std::string& native_path);

Result<std::unique_ptr<ChangeJournal>> OpenBlocksJournal(std::shared_ptr<const BlockReader> image);

}  // namespace sidestream
