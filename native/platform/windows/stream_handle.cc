#include "platform/windows/stream_handle.h"

#include <algorithm>
#include <string>

#include "base/utf16.h"
#include "platform/windows/nt_error.h"

namespace sidestream {
namespace {

constexpr std::uint64_t kStep = 1 << 20;

StreamError AboutStream(NTSTATUS status, const char* operation, std::u16string_view name) {
  return FromStatus(status, operation, "stream " + TextFromUnits(name));
}

}  // namespace

Status CheckStreamName(std::u16string_view name, const char* operation) {
  const auto refuse = [&](const char* why) {
    return StreamError{"ADS_INVALID_NAME", 0, operation,
                       "stream name \"" + TextFromUnits(name) + "\" " + why};
  };
  constexpr std::size_t kMaxUnits = 255;
  if (name.empty()) return refuse("is empty, which would mean the file itself");
  if (name.size() > kMaxUnits) return refuse("is longer than 255 units");
  constexpr std::u16string_view kForbidden(u"\0/\\:", 4);
  if (name.find_first_of(kForbidden) != std::u16string_view::npos) {
    return refuse("holds NUL, '/', '\\' or ':'");
  }
  return std::nullopt;
}

NTSTATUS OpenStream(HANDLE carrier, std::u16string_view name, const OpenHow& how,
                    UniqueHandle& stream) {
  // The type is always written out: without it a name could be taken for another type's.
  const std::u16string full = u":" + std::u16string(name) + u":$DATA";
  OpenHow exact = how;
  exact.options |= kOptionNonDirectory;
  return Open(carrier, full, exact, stream);
}

NTSTATUS FreezeTimes(HANDLE handle) {
  BasicInformation frozen = {};
  frozen.last_access = -1;
  frozen.last_write = -1;
  frozen.change = -1;
  IO_STATUS_BLOCK io = {};
  return Nt().set_file(handle, &io, &frozen, sizeof frozen, kFileBasic);
}

Result<UniqueHandle> OpenStreamToRead(HANDLE carrier, std::u16string_view name) {
  if (const auto refused = CheckStreamName(name, "read")) {
    return AboutStream(nt::kObjectNameNotFound, "read", name);
  }
  UniqueHandle stream;
  OpenHow how;
  how.access = FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
  NTSTATUS status = OpenStream(carrier, name, how, stream);
  if (status == nt::kAccessDenied || status == nt::kMediaWriteProtected) {
    how.access &= ~static_cast<ACCESS_MASK>(FILE_WRITE_ATTRIBUTES);
    status = OpenStream(carrier, name, how, stream);
  } else if (status == nt::kSuccess) {
    FreezeTimes(stream.get());
  }
  if (status != nt::kSuccess) return AboutStream(status, "read", name);
  return stream;
}

Result<std::vector<std::byte>> ReadStream(HANDLE stream, std::uint64_t offset,
                                          std::uint64_t length) {
  std::vector<std::byte> bytes;
  while (bytes.size() < length) {
    const std::size_t done = bytes.size();
    const auto step = static_cast<std::size_t>(std::min(length - done, kStep));
    bytes.resize(done + step);
    LARGE_INTEGER at = {};
    at.QuadPart = static_cast<std::int64_t>(offset + done);
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status =
        Nt().read_file(stream, nullptr, nullptr, nullptr, &io, bytes.data() + done,
                       static_cast<ULONG>(step), &at, nullptr);
    const bool is_end = status == nt::kEndOfFile;
    if (!is_end && nt::IsError(status)) {
      return FromStatus(status, "read", "offset " + std::to_string(offset + done));
    }
    const std::size_t count = is_end ? 0 : static_cast<std::size_t>(io.Information);
    bytes.resize(done + count);
    if (count == 0) break;
  }
  return bytes;
}

Result<StreamDigest> DigestStream(HANDLE stream, std::uint32_t front_bytes,
                                  const std::function<bool()>& is_cancelled) {
  const auto read = [stream](std::uint64_t offset, std::uint64_t length) {
    return ReadStream(stream, offset, length);
  };
  return DigestInSteps(read, front_bytes, is_cancelled);
}

}  // namespace sidestream
