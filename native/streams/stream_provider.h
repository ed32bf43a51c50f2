// The seam: what every source of streams (raw $MFT, Linux xattrs, Win32) provides.
//
// Strings are UTF-16 code units as the volume stores them and need not be well formed. Providers on
// byte-named file systems map bytes that are not UTF-8 to U+DC80..U+DCFF and back (base/utf16.h).
//
// Failure is a value: no exception crosses this seam. What cannot be looked at goes to
// ScanSink::AddUnreadable with its place and reason; a provider never drops anything silently,
// because a listing that says nothing means "there is nothing".

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "streams/target_hints.h"

namespace sidestream {

struct TargetInfo {
  std::string provider;     // "mft", "samba", "ntfs-3g", "win32"
  std::string kind;         // "image", "folder", "file"
  std::string file_system;  // for people
  std::string volume_id;    // see native/addon.ts
  std::u16string label;
  bool is_writable = false;
};

struct ScanOptions {
  bool hash = false;
  std::uint32_t content_bytes = 0;
  bool include_internal = false;
  bool include_deleted = false;  // raw volumes only
  std::vector<std::u16string> exclude;
  // Only these carriers, and nothing below them: paths in a folder, identities on a volume or
  // image. Empty: all. One that is not there gives no row.
  std::vector<std::u16string> carriers{};
  // On threads of the lowest priority, and on few of them.
  bool background = false;
  // How many threads may walk a live folder; whoever else uses the machine may want one only.
  std::uint32_t threads = 1;
  TargetHints hints{};  // for opening the target
};

// One stream. Views are valid during ScanSink::Add only; the sink copies.
struct FoundStream {
  std::u16string_view path;
  std::span<const std::u16string_view> links;  // all paths of the carrier, `path` included
  std::u16string_view name;
  std::string_view identity;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
  std::int64_t modified_ns = 0;
  bool is_directory = false;
  bool is_resident = false;
  bool is_deleted = false;
  bool has_more_links = false;  // names that are not among `links`: not met, or outside the scan
  std::optional<std::span<const std::byte>> sha256;   // 32 bytes
  std::optional<std::span<const std::byte>> content;  // the first ScanOptions::content_bytes
};

struct Unreadable {
  std::u16string path;
  std::optional<std::u16string> stream;
  StreamError error;
};

class ScanPart;

// Where a scan puts what it finds. Safe to call from several threads at once. Add blocks while the
// caller is behind (bounded memory) and wakes on cancel.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  virtual void Add(const FoundStream& stream) = 0;
  virtual void AddUnreadable(Unreadable unreadable) = 0;
  // Some names that streams to come have, for a caller who can prepare for them; one may be told
  // several times, and many are never told. Does not wait.
  virtual void Announce(std::span<const std::u16string_view> /*names*/) {}
  // Counts carriers looked at since the last call; `fraction_done` below 0 means unknown.
  // Waits where the scan is to go slowly, as Spend() does.
  virtual void Advance(std::uint64_t carriers, double fraction_done) = 0;
  // Counts bytes that were read off the disk.
  virtual void Spend(std::uint64_t /*bytes*/) const {}
  // Providers ask at least every few milliseconds and return early when true.
  virtual bool IsCancelled() const = 0;

  // For several threads whose findings are to come out in one order: each gathers some in a part of
  // its own, without locks and without waiting, and AddPart() adds them all as Add() would. A part
  // goes to the sink that it is from. These keep copies; a sink that can do better has its own.
  virtual std::unique_ptr<ScanPart> NewPart();
  virtual void AddPart(std::unique_ptr<ScanPart> part);
};

// Some of a scan's findings, not yet added. Used from one thread at a time.
class ScanPart {
 public:
  virtual ~ScanPart() = default;
  virtual void Add(const FoundStream& stream) = 0;
  virtual void AddUnreadable(Unreadable unreadable) = 0;
  // It holds so much memory that it should be added before it gets more.
  virtual bool IsFull() const = 0;
  // Where no order has to be kept, it should be added now: there is enough in it, or the caller has
  // been waiting for what is there.
  virtual bool IsDue() const = 0;
};

struct StreamEntry {
  std::u16string name;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
  bool is_resident = false;
};

enum class RemoveOutcome { kDone, kGone, kChanged };

// One stream of a carrier as it is now.
struct StreamLook {
  // Null: there is no stream of exactly this name; `names` then has those that there are.
  std::optional<std::uint64_t> size;
  // The whole of it, where it is no larger than was asked for.
  std::optional<std::vector<std::byte>> content;
  std::vector<std::u16string> names;
};

// One open carrier. Used from one thread at a time. Contracts as in native/addon.ts, NativeCarrier.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual std::string identity() const = 0;
  virtual bool is_directory() const = 0;
  virtual std::int64_t modified_ns() const = 0;
  virtual Result<std::vector<StreamEntry>> List() = 0;
  virtual Result<std::vector<std::byte>> Read(std::u16string_view name, std::uint64_t offset,
                                              std::uint64_t length) = 0;
  // `most_bytes` bounds the content that comes with it.
  virtual Result<StreamLook> Look(std::u16string_view name, std::uint64_t most_bytes);
  virtual Result<RemoveOutcome> Remove(std::u16string_view name, std::uint64_t expected_size,
                                       std::span<const std::byte> expected_sha256) = 0;
  virtual Result<RemoveOutcome> Replace(std::u16string_view name, std::uint64_t expected_size,
                                        std::span<const std::byte> expected_sha256,
                                        std::span<const std::byte> bytes) = 0;
  virtual Status Create(std::u16string_view name, std::span<const std::byte> bytes) = 0;
};

// Opens carriers of one target, one after another; may keep open what the next is likely to need.
// Used from one thread at a time, for one piece of work, while its provider lives.
class CarrierOpener {
 public:
  virtual ~CarrierOpener() = default;
  virtual Result<std::unique_ptr<Carrier>> Open(std::u16string_view path,
                                                const std::optional<std::string>& identity) = 0;
};

// One target. Const methods may run on several threads at once.
class StreamProvider {
 public:
  virtual ~StreamProvider() = default;
  virtual TargetInfo target() const = 0;
  // Returns when all is found, the sink is cancelled, or the scan as a whole cannot go on.
  virtual Status Scan(const ScanOptions& options, ScanSink& sink) const = 0;
  virtual Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const = 0;
  // Where there is nothing to be kept, it is OpenCarrier() again and again.
  virtual std::unique_ptr<CarrierOpener> NewOpener() const;
};

// Finds out what `path` is and opens it: the one place that chooses a provider. Defined in
// streams/open_target.cc; asks the raw-volume provider first where the path is a file or device.
Result<std::unique_ptr<StreamProvider>> OpenTarget(const std::u16string& path,
                                                   const TargetHints& hints);

}  // namespace sidestream
