// The contents of one named stream: resident, in clusters, sparse or compressed, in one piece or in
// many. Reads through the raw volume and believes no size.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ntfs/run_list.h"
#include "volume/cluster_bitmap.h"
#include "volume/ntfs_volume.h"

namespace sidestream {

class StreamContent {
 public:
  // Gathers the stream `name` from these records, the one with its first piece and those with its
  // continuations, in any order. ADS_UNSUPPORTED where it is encrypted. Waits for damaged records
  // as NtfsVolume::ReadRecordPatiently() does.
  static Result<StreamContent> Load(const NtfsVolume& volume,
                                    std::span<const std::uint64_t> records,
                                    std::u16string_view name, const ScanSink* sink = nullptr);

  // The same from records that are not in use any more.
  static Result<StreamContent> LoadDeleted(const NtfsVolume& volume,
                                           std::span<const std::uint64_t> records,
                                           std::u16string_view name);

  // For a deleted stream: nothing, if all its clusters are free. That they were not used for
  // something else in between cannot be known.
  Status CheckStillFree(const ClusterBitmap& clusters) const;

  std::uint64_t size() const { return size_; }
  // Bytes of `size()` for which nothing is stored. A sparse stream can claim 2^60 of them.
  std::uint64_t hole_bytes() const;

  // Fills `into` from `offset`; both lie within size(). Not for several threads at once.
  Status Read(std::uint64_t offset, std::span<std::byte> into);

 private:
  explicit StreamContent(const NtfsVolume& volume) : volume_(&volume) {}
  using ReadRecord = std::function<Result<LoadedRecord>(std::uint64_t number)>;
  static Result<StreamContent> LoadFrom(const NtfsVolume& volume,
                                        std::span<const std::uint64_t> records,
                                        std::u16string_view name, const ReadRecord& read);
  Status AddPiece(const ntfs::AttributeRecord& attribute, std::uint64_t record);
  Status CheckPieces(std::u16string_view name);
  Status ReadClusters(std::uint64_t offset, std::span<std::byte> into) const;
  Status ReadCompressed(std::uint64_t offset, std::span<std::byte> into);
  Status LoadUnit(std::uint64_t index);
  const ntfs::Run* FindRun(std::uint64_t vcn) const;

  const NtfsVolume* volume_;
  std::uint64_t size_ = 0;
  bool has_first_piece_ = false;
  bool is_resident_ = false;
  std::vector<std::byte> value_;  // resident

  std::uint64_t initialized_size_ = 0;
  std::vector<ntfs::Run> runs_;
  std::uint64_t unit_clusters_ = 0;  // of a compressed stream; else 0
  std::vector<std::byte> unit_;      // the decompressed unit `unit_index_`
  std::uint64_t unit_index_ = UINT64_MAX;
};

}  // namespace sidestream
