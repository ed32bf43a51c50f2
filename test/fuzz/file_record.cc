// A whole record: classified, fixed up, its header and every attribute in it decoded.

#include "ntfs/file_record.h"

#include "ntfs/attribute_list.h"
#include "ntfs/attribute_record.h"
#include "ntfs/file_name.h"
#include "ntfs/fixup.h"
#include "ntfs/run_list.h"
#include "ntfs/standard_information.h"
#include "target.h"

namespace ntfs = sidestream::ntfs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::CopyOf(data, size);
  if (bytes.size() < 48) return 0;
  if (ntfs::ClassifyRecord(bytes) != ntfs::RecordState::kInUse) return 0;
  // Random check values match once in 2^16: what lies behind them must be reached more often.
  if (const auto torn = ntfs::ApplyFixup(bytes, 0)) fuzz::Use(torn->volume_offset);
  const auto record = ntfs::ParseFileRecord(bytes, 0);
  if (!record.ok()) return 0;
  ntfs::AttributeCursor cursor(record.value().attributes, record.value().attributes_offset);
  ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) continue;
    fuzz::UseAll(attribute.value().name);
    fuzz::UseAll(attribute.value().value);
    if (raw.type == ntfs::AttributeType::kFileName) {
      const auto name = ntfs::ParseFileName(attribute.value().value, raw.volume_offset);
      if (name.ok()) fuzz::UseAll(name.value().name);
    }
    const auto time = ntfs::ParseLastWriteNs(attribute.value().value, raw.volume_offset);
    if (time.ok()) fuzz::Use(static_cast<std::uint64_t>(time.value()));
    std::vector<ntfs::Run> runs;
    if (ntfs::DecodeRunList(attribute.value().run_list, attribute.value().run_list_offset,
                            {attribute.value().first_vcn, attribute.value().last_vcn, 1u << 20},
                            runs)) {
      continue;
    }
    fuzz::Use(runs.size());
  }
  return 0;
}
