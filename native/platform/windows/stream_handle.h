// One named stream, opened relative to its carrier's handle: no path is involved, so none can be
// swapped (FILE_OBJECT, WDK: streams can be opened relative to an open primary data stream).

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/windows/nt_open.h"
#include "streams/stream_digest.h"

namespace sidestream {

// Refuses names that could mean anything but one named $DATA stream.
Status CheckStreamName(std::u16string_view name, const char* operation);

// Opens `:name:$DATA`. The name must have passed CheckStreamName.
NTSTATUS OpenStream(HANDLE carrier, std::u16string_view name, const OpenHow& how,
                    UniqueHandle& stream);

// For reading, with the carrier's access time frozen where the right to do so can be had.
Result<UniqueHandle> OpenStreamToRead(HANDLE carrier, std::u16string_view name);

// I/O through this handle moves no time of the file from now on (a time of -1:
// FILE_BASIC_INFORMATION, wdm.h).
NTSTATUS FreezeTimes(HANDLE handle);

// Fewer bytes than asked for only at the end.
Result<std::vector<std::byte>> ReadStream(HANDLE stream, std::uint64_t offset,
                                          std::uint64_t length);

// See DigestInSteps.
Result<StreamDigest> DigestStream(HANDLE stream, std::uint32_t front_bytes,
                                  const std::function<bool()>& is_cancelled);

}  // namespace sidestream
