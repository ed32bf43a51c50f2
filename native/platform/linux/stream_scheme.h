// How a file system keeps named streams: a strategy under the live provider. One object per scheme,
// immutable, shared by all threads.
//
// Names here are bytes as the file system has them; the provider turns them into UTF-16.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/linux/smb_conf.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {

// One carrier. Borrowed: descriptors, place and name belong to the caller.
struct CarrierRef {
  XattrPlace place;  // of its extended attributes
  int fd = -1;       // on the carrier itself, O_PATH at least; -1 after a FirstLook that showed all
  int parent_fd = -1;  // O_PATH on the folder that holds it; -1 for a folder that is the target
  std::string_view base_name;  // its name in that folder
  bool is_directory = false;
  std::uint64_t inode = 0;
};

// A stream as it is kept: `key` is the exact xattr name (with ntfs-3g's windows interface the
// stream's name, in a Samba depot the path of its file), so that what was listed and nothing else
// is read and removed.
struct StoredStream {
  std::string name;
  std::string key;
  bool may_have_extents = true;  // Samba's xattrs: false if the carrier has none of any stream
  // In a Samba depot: of the stream's file, as it was listed.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

// What a carrier has. Where `incomplete` is set there may be more, and it says why they cannot be
// seen.
struct StreamListing {
  std::vector<StoredStream> streams;
  Status incomplete;
};

struct StreamMeasure {
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
  bool is_resident = false;
};

struct MeasuredFront {
  StreamMeasure measure;
  std::vector<std::byte> front;
};

// What one system call shows of a file. Without streams and with `is_all` it has none.
struct FirstLook {
  std::vector<StoredStream> streams;
  // False: the rest, or which of them count, is told by List() on an opened carrier. True: the
  // streams can be measured and read by the place alone.
  bool is_all = true;
};

class StreamScheme {
 public:
  virtual ~StreamScheme() = default;

  // NativeTarget.provider.
  virtual const char* provider() const = 0;

  // Needs no permission on the file itself: a walk does it to every file.
  virtual Result<FirstLook> LookAt(const XattrPlace& place) const = 0;

  // Never a stream without a name, never an attribute that is not a stream.
  virtual Result<StreamListing> List(const CarrierRef& carrier) const = 0;

  virtual Result<StreamMeasure> Measure(const CarrierRef& carrier,
                                        const StoredStream& stream) const = 0;
  // Both at once, for a scan: the measure, and the stream's first `length` bytes.
  virtual Result<MeasuredFront> MeasureAndRead(const CarrierRef& carrier,
                                               const StoredStream& stream,
                                               std::uint64_t length) const {
    auto measure = Measure(carrier, stream);
    if (!measure.ok()) return measure.error();
    auto front = Read(carrier, stream, 0, length);
    if (!front.ok()) return front.error();
    return MeasuredFront{measure.value(), std::move(front.value())};
  }
  // Fewer than `length` bytes only at the end of the stream.
  virtual Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                              std::uint64_t offset, std::uint64_t length) const = 0;
  // Removes exactly this stream. The caller has checked the name and the content.
  virtual Status Remove(const CarrierRef& carrier, const StoredStream& stream) const = 0;
  // Writes other bytes into exactly this stream, which is there; the caller has checked the
  // content. It is never absent meanwhile. Where one call cannot do it, the new bytes are written
  // from the front and the length is set last: a crash leaves a front of the new before a rest of
  // the old.
  virtual Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                         std::span<const std::byte> bytes) const = 0;
  // ADS_EXISTS if there is one. Leaves nothing behind when it fails.
  virtual Status Create(const CarrierRef& carrier, const std::string& name,
                        std::span<const std::byte> bytes) const = 0;

  // What a change of a stream moves besides times, and how to put it back. Nothing where the file
  // system has nothing of the kind.
  virtual Result<std::optional<std::vector<std::byte>>> Attributes(const CarrierRef&) const {
    return std::optional<std::vector<std::byte>>();
  }
  virtual Status RestoreAttributes(const CarrierRef&, std::span<const std::byte>) const {
    return std::nullopt;
  }

  // Birth time where statx() has none for this file system; empty if the scheme knows none either.
  virtual std::optional<std::int64_t> BirthNs(const CarrierRef&) const { return std::nullopt; }
};

// Samba's vfs_streams_xattr and vfs_streams_depot: every file system with user xattrs that is not
// one of those below. `conf` names the shares; with none, Samba's defaults count.
std::shared_ptr<const StreamScheme> MakeSambaScheme(SmbConf conf);
// An ntfs-3g mount with streams_interface=xattr, and one with =openxattr.
const StreamScheme& Ntfs3gXattrScheme();
const StreamScheme& Ntfs3gOpenXattrScheme();
// An ntfs-3g mount with streams_interface=windows.
const StreamScheme& Ntfs3gWindowsScheme();

}  // namespace sidestream
