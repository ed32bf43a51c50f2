#include "volume/volume_reader.h"

#include <algorithm>

namespace sidestream {

StreamError CorruptError(std::string operation, std::string message) {
  return {"ADS_CORRUPT", 0, std::move(operation), std::move(message)};
}

StreamError CorruptError(std::string operation, const std::string& context,
                         const ntfs::ParseError& fault) {
  return CorruptError(std::move(operation), context + ": " + Describe(fault));
}

Status VolumeReader::Read(std::uint64_t volume_offset, std::span<std::byte> into) const {
  const std::uint64_t there = volume_offset < length_ ? length_ - volume_offset : 0;
  std::size_t read = 0;
  if (there > 0) {
    const auto wanted =
        into.first(static_cast<std::size_t>(std::min<std::uint64_t>(there, into.size())));
    const auto result = image_->ReadAt(start_ + volume_offset, wanted);
    if (!result.ok()) return result.error();
    read = result.value();
  }
  if (read == into.size()) return std::nullopt;
  return CorruptError("read", "volume offset " + std::to_string(volume_offset) + ": expected " +
                                  std::to_string(into.size()) + " bytes, found " +
                                  std::to_string(read) + ": the image ends at " +
                                  std::to_string(length_));
}

}  // namespace sidestream
