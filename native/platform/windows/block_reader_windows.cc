// NtReadFile on a file, volume or disk, by its NT path.

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/utf16.h"
#include "platform/windows/file_facts.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"
#include "platform/windows/stream_handle.h"
#include "volume/block_reader.h"

namespace sidestream {
namespace {

// Volumes and disks are read in whole sectors; 4096 is the largest there is.
constexpr std::uint64_t kSector = 4096;
constexpr std::size_t kStep = 1 << 20;

class WindowsBlockReader final : public BlockReader {
 public:
  WindowsBlockReader(UniqueHandle handle, std::uint64_t size, bool is_device)
      : handle_(std::move(handle)), size_(size), is_device_(is_device) {}

  std::uint64_t size() const override { return size_; }
  bool IsDevice() const override { return is_device_; }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return std::size_t{0};
    const bool is_aligned = offset % kSector == 0 && into.size() % kSector == 0 &&
                            reinterpret_cast<std::uintptr_t>(into.data()) % kSector == 0;
    return is_aligned ? ReadAligned(offset, into) : ReadThroughBuffer(offset, into);
  }

 private:
  Result<std::size_t> ReadAligned(std::uint64_t offset, std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done < into.size() && offset + done < size_) {
      const std::size_t step = std::min(into.size() - done, kStep);
      LARGE_INTEGER at = {};
      at.QuadPart = static_cast<std::int64_t>(offset + done);
      IO_STATUS_BLOCK io = {};
      const NTSTATUS status =
          Nt().read_file(handle_.get(), nullptr, nullptr, nullptr, &io, into.data() + done,
                         static_cast<ULONG>(step), &at, nullptr);
      if (status == nt::kEndOfFile) break;
      if (nt::IsError(status)) {
        return FromStatus(status, "read", "offset " + std::to_string(offset + done));
      }
      done += static_cast<std::size_t>(io.Information);
      if (io.Information < step) break;
    }
    return done;
  }

  Result<std::size_t> ReadThroughBuffer(std::uint64_t offset, std::span<std::byte> into) const {
    const std::size_t capacity = std::min<std::size_t>(into.size() + 2 * kSector, kStep);
    std::vector<std::byte> memory(capacity / kSector * kSector + kSector);
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    std::byte* const start = memory.data() + (kSector - address % kSector) % kSector;
    const std::span<std::byte> buffer(start, capacity / kSector * kSector);
    std::size_t done = 0;
    while (done < into.size()) {
      const std::uint64_t from = (offset + done) / kSector * kSector;
      const auto skip = static_cast<std::size_t>(offset + done - from);
      const auto read = ReadAligned(from, buffer);
      if (!read.ok()) return read;
      if (read.value() <= skip) break;
      const std::size_t count = std::min(read.value() - skip, into.size() - done);
      std::memcpy(into.data() + done, buffer.data() + skip, count);
      done += count;
    }
    return done;
  }

  const UniqueHandle handle_;
  const std::uint64_t size_;
  const bool is_device_;
};

// A file's end; a volume's or disk's length.
Result<std::uint64_t> SizeOf(HANDLE handle, const std::string& name) {
  StandardInformation standard = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = Nt().query_file(handle, &io, &standard, sizeof standard, kFileStandard);
  if (!nt::IsError(status) && standard.end_of_file > 0) {
    return static_cast<std::uint64_t>(standard.end_of_file);
  }
  constexpr DWORD kDiskGetLength = 0x0007405C;  // IOCTL_DISK_GET_LENGTH_INFO
  std::int64_t length = 0;
  DWORD returned = 0;
  if (DeviceIoControl(handle, kDiskGetLength, nullptr, 0, &length, sizeof length, &returned,
                      nullptr)) {
    return static_cast<std::uint64_t>(length);
  }
  if (!nt::IsError(status)) return std::uint64_t{0};
  return FromWin32(GetLastError(), "open", name);
}

// A file that cannot be read as an image may still carry streams, so that answer is "no image".
StreamError NoImage(const std::string& name, const std::string& why) {
  return {"ADS_NOT_A_SOURCE", 0, "open", name + ": " + why};
}

}  // namespace

Result<std::unique_ptr<BlockReader>> OpenBlockReader(const std::string& native_path) {
  const std::u16string path = UnitsFromBytes(native_path);
  const bool is_device = path.find(u'\\', 4) == std::u16string::npos;
  UniqueHandle look;
  if (!is_device && Open(nullptr, path, {}, look) == nt::kSuccess) {
    const auto facts = FactsOf(look.get(), IdScheme::kNtfs);
    if (facts.ok() && IsCloudOnly(facts.value().basic.attributes)) {
      return NoImage(native_path, "a cloud file, not on this disk");
    }
  }
  look.Reset();
  UniqueHandle handle;
  OpenHow how;
  how.access = FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
  if (!is_device) how.access |= FILE_WRITE_ATTRIBUTES;
  NTSTATUS status = Open(nullptr, path, how, handle);
  if (status == nt::kSuccess && !is_device) FreezeTimes(handle.get());
  if (status != nt::kSuccess && !is_device) {
    how.access &= ~static_cast<ACCESS_MASK>(FILE_WRITE_ATTRIBUTES);
    status = Open(nullptr, path, how, handle);
  }
  if (status != nt::kSuccess) {
    const StreamError error = FromStatus(status, "open", native_path);
    if (is_device || error.code == "ADS_NOT_FOUND") return error;
    return NoImage(native_path, error.message);
  }
  // Lets reads reach the volume's last sectors, where the backup boot sector is.
  constexpr DWORD kAllowExtendedDasdIo = 0x00090083;
  DWORD returned = 0;
  if (is_device) {
    DeviceIoControl(handle.get(), kAllowExtendedDasdIo, nullptr, 0, nullptr, 0, &returned, nullptr);
  }
  const auto size = SizeOf(handle.get(), native_path);
  if (!size.ok()) return size.error();
  return std::unique_ptr<BlockReader>(
      std::make_unique<WindowsBlockReader>(std::move(handle), size.value(), is_device));
}

}  // namespace sidestream
