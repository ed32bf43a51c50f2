// Bytes of an image file or a block device: the only I/O beneath the raw provider.
//
// OpenBlockReader() is the one place that depends on the operating system: block_reader_posix.cc
// here; a Windows build adds its own beside platform/windows/ and leaves that file out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace sidestream {

class BlockReader {
 public:
  virtual ~BlockReader() = default;

  // Bytes in the image or device.
  virtual std::uint64_t size() const = 0;

  // Reads at `offset` until `into` is full or the image ends, and returns how many bytes were read.
  // Any offset and length; safe to call from several threads at once.
  virtual Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const = 0;

  // False: what was read once reads the same ever after, so that nothing is worth a second look.
  virtual bool CanChange() const { return true; }

  // True: a driver that has it mounted may write what belongs together seconds apart.
  virtual bool IsDevice() const { return false; }
};

// Opens for reading only. A directory, socket or the like is ADS_NOT_A_SOURCE.
Result<std::unique_ptr<BlockReader>> OpenBlockReader(const std::string& native_path);

}  // namespace sidestream
