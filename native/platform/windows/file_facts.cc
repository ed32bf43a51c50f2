#include "platform/windows/file_facts.h"

#include "platform/windows/nt_error.h"

namespace sidestream {

Result<FileFacts> FactsOf(HANDLE handle, IdScheme scheme) {
  FileFacts facts;
  IO_STATUS_BLOCK io = {};
  NTSTATUS status = Nt().query_file(handle, &io, &facts.basic, sizeof facts.basic, kFileBasic);
  if (nt::IsError(status)) return FromStatus(status, "query", "attributes");
  StandardInformation standard = {};
  status = Nt().query_file(handle, &io, &standard, sizeof standard, kFileStandard);
  if (nt::IsError(status)) return FromStatus(status, "query", "size and links");
  facts.link_count = standard.link_count;
  facts.size = static_cast<std::uint64_t>(standard.end_of_file);
  facts.is_directory = standard.is_directory != 0;
  if (scheme == IdScheme::kRefs) {
    Id128Information id = {};
    status = Nt().query_file(handle, &io, &id, sizeof id, kFileId128);
    facts.id = id.id[0];
    facts.id_high = id.id[1];
  } else {
    status = Nt().query_file(handle, &io, &facts.id, sizeof facts.id, kFileInternal);
  }
  if (nt::IsError(status)) return FromStatus(status, "query", "file id");
  return facts;
}

std::string IdentityOf(const FileFacts& facts, IdScheme scheme) {
  switch (scheme) {
    case IdScheme::kNtfs:
      return "ntfs:" + std::to_string(facts.id);
    case IdScheme::kRefs:
      return "refs:" + std::to_string(facts.id) + ":" + std::to_string(facts.id_high);
    case IdScheme::kOther:
      break;
  }
  const auto creation = static_cast<std::uint64_t>(facts.basic.creation);
  return "file:" + std::to_string(facts.id) + ":" + std::to_string(creation);
}

std::int64_t UnixNs(std::int64_t windows_time) {
  constexpr std::int64_t kEpochDifference = 116'444'736'000'000'000;  // 1601 to 1970, in 100 ns
  constexpr std::int64_t kLimit = INT64_MAX / 100;
  const std::int64_t since_1970 = windows_time - kEpochDifference;
  if (since_1970 > kLimit) return INT64_MAX;
  return since_1970 * 100;
}

bool IsCloudOnly(std::uint32_t attributes) {
  return (attributes &
          (kAttributeRecallOnOpen | kAttributeRecallOnDataAccess | FILE_ATTRIBUTE_OFFLINE)) != 0;
}

StreamError CloudOnlyError(const char* operation) {
  return {"ADS_UNSUPPORTED", 0, operation,
          "cloud file, not on this disk: reading it would download it, so it was not read"};
}

}  // namespace sidestream
