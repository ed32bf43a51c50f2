// pread() on a file or block device.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "volume/block_reader.h"

namespace sidestream {
namespace {

StreamError SystemError(int error, std::string operation, const std::string& what) {
  std::string code = "ADS_IO";
  if (error == EACCES || error == EPERM) code = "ADS_ACCESS_DENIED";
  if (error == ENOENT || error == ENOTDIR) code = "ADS_NOT_FOUND";
  return {std::move(code), error, std::move(operation), what + ": " + std::strerror(error)};
}

class PosixBlockReader final : public BlockReader {
 public:
  PosixBlockReader(int descriptor, std::uint64_t size, bool is_device)
      : descriptor_(descriptor), size_(size), is_device_(is_device) {}
  ~PosixBlockReader() override { close(descriptor_); }
  PosixBlockReader(const PosixBlockReader&) = delete;
  PosixBlockReader& operator=(const PosixBlockReader&) = delete;

  std::uint64_t size() const override { return size_; }
  bool IsDevice() const override { return is_device_; }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return std::size_t{0};
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t count = pread(descriptor_, into.data() + done, into.size() - done,
                                  static_cast<off_t>(offset + done));
      if (count == 0) break;
      if (count < 0) {
        if (errno == EINTR) continue;
        const int error = errno;
        return SystemError(error, "read", "offset " + std::to_string(offset + done));
      }
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

 private:
  const int descriptor_;
  const std::uint64_t size_;
  const bool is_device_;
};

}  // namespace

Result<std::unique_ptr<BlockReader>> OpenBlockReader(const std::string& native_path) {
  // O_NONBLOCK: opening a FIFO given by mistake must not wait for a writer.
  const int descriptor = open(native_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return SystemError(errno, "open", native_path);

  struct stat status {};
  if (fstat(descriptor, &status) != 0) {
    const int error = errno;
    close(descriptor);
    return SystemError(error, "open", native_path);
  }
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
    close(descriptor);
    return StreamError{"ADS_NOT_A_SOURCE", 0, "open", native_path + ": neither a file nor a disk"};
  }
  // fstat() says 0 for a block device; its end is where seeking ends.
  const off_t end = lseek(descriptor, 0, SEEK_END);
  if (end < 0) {
    const int error = errno;
    close(descriptor);
    return SystemError(error, "open", native_path);
  }
  return std::unique_ptr<BlockReader>(std::make_unique<PosixBlockReader>(
      descriptor, static_cast<std::uint64_t>(end), S_ISBLK(status.st_mode)));
}

}  // namespace sidestream
