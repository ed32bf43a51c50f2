// One NTFS volume, opened: its geometry, the map of its $MFT, and single records on demand.
// Immutable once open, so any number of threads may use it.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ntfs/attribute_record.h"
#include "ntfs/boot_sector.h"
#include "ntfs/file_record.h"
#include "streams/stream_provider.h"
#include "volume/mft_map.h"
#include "volume/volume_reader.h"

namespace sidestream {

// A record read and fixed up. `record` points into `bytes`: moving keeps it valid, copying would
// not.
struct LoadedRecord {
  LoadedRecord() = default;
  LoadedRecord(LoadedRecord&&) = default;
  LoadedRecord& operator=(LoadedRecord&&) = default;

  std::vector<std::byte> bytes;
  std::uint64_t number = 0;
  std::uint64_t volume_offset = 0;
  ntfs::FileRecord record;

  std::uint64_t reference() const { return ntfs::MakeReference(number, record.sequence); }
};

class NtfsVolume {
 public:
  // Opens the volume in `length` bytes from `start`. A damaged boot sector is replaced by its
  // backup at the volume's end, a damaged record 0 by its copy in $MFTMirr.
  static Result<std::shared_ptr<const NtfsVolume>> Open(std::shared_ptr<const BlockReader> image,
                                                        std::uint64_t start, std::uint64_t length);

  const VolumeReader& reader() const { return reader_; }
  const ntfs::BootSector& boot() const { return boot_; }
  const MftMap& mft() const { return mft_; }
  std::uint64_t record_count() const { return mft_.size() / boot_.record_size; }
  const std::u16string& label() const { return label_; }
  // See native/addon.ts, NativeTarget.volumeId.
  std::string volume_id() const;
  // What of $MFT or the boot sector was lost or replaced by a copy.
  const std::vector<StreamError>& faults() const { return faults_; }

  // Reads one record that is in use. ADS_NOT_FOUND: it is free, or $MFT is not that long.
  Result<LoadedRecord> ReadRecord(std::uint64_t number) const;
  // Reads one that is not in use: what is left of a deleted file. ADS_NOT_FOUND: it is in use.
  Result<LoadedRecord> ReadDeletedRecord(std::uint64_t number) const;
  // As ReadRecord(), but looks again at one that is damaged before it says so, as long as the scan
  // that `sink` is of, if it is for one, goes on.
  Result<LoadedRecord> ReadRecordPatiently(std::uint64_t number,
                                           const ScanSink* sink = nullptr) const;

  // The whole value of a small attribute, resident or not, e.g. an attribute list.
  Result<std::vector<std::byte>> ReadAttributeValue(const ntfs::AttributeRecord& attribute,
                                                    std::uint64_t max_size) const;

  // $MFT's own bitmap (bit n: record n is in use), by record 0 or its copy in $MFTMirr. `sink` as
  // for ReadRecordPatiently().
  Result<std::vector<std::byte>> ReadMftBitmap(const ScanSink* sink = nullptr) const;

 private:
  NtfsVolume(VolumeReader reader, ntfs::BootSector boot, MftBootstrap bootstrap);
  Result<LoadedRecord> ReadRecordIn(std::uint64_t number, ntfs::RecordState state) const;
  Result<LoadedRecord> ReadMirroredRecordZero() const;
  // Fixes up what was read of a record.
  static Result<LoadedRecord> Decode(LoadedRecord loaded, ntfs::RecordState state);
  // Record 0, and the extension records in which the bitmap lies where there is no room for it.
  Result<std::vector<LoadedRecord>> ReadBitmapHolders(const ScanSink* sink) const;
  // The value of an attribute in these pieces, which are in order.
  Result<std::vector<std::byte>> ReadPieces(std::span<const ntfs::AttributeRecord> pieces,
                                            std::uint64_t max_size) const;
  void ReadLabel();

  VolumeReader reader_;
  ntfs::BootSector boot_;
  MftMap mft_;
  std::u16string label_;
  std::vector<StreamError> faults_;
};

}  // namespace sidestream
