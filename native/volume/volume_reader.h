// The bytes of one volume: a whole image, or one partition of it. Also makes this folder's errors,
// so that each says the operation, the byte offset on the volume, what was expected and what was
// found.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "ntfs/parsed.h"
#include "volume/block_reader.h"

namespace sidestream {

StreamError CorruptError(std::string operation, std::string message);

// `context` says whose structure it is, e.g. "MFT record 31".
StreamError CorruptError(std::string operation, const std::string& context,
                         const ntfs::ParseError& fault);

class VolumeReader {
 public:
  VolumeReader(std::shared_ptr<const BlockReader> image, std::uint64_t start, std::uint64_t length)
      : image_(std::move(image)), start_(start), length_(length) {}

  // Bytes that are really there; a truncated image has fewer than its boot sector claims.
  std::uint64_t size() const { return length_; }
  // As BlockReader::CanChange().
  bool CanChange() const { return image_->CanChange(); }
  // As BlockReader::IsDevice().
  bool IsDevice() const { return image_->IsDevice(); }

  // Fills `into` or says why not: the image's end (ADS_CORRUPT), or the system's error (ADS_IO).
  Status Read(std::uint64_t volume_offset, std::span<std::byte> into) const;

 private:
  std::shared_ptr<const BlockReader> image_;
  std::uint64_t start_;
  std::uint64_t length_;
};

}  // namespace sidestream
