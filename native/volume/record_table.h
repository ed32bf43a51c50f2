// What one pass over $MFT keeps: directories, carriers, and their names and streams, as flat rows.
//
// An ordinary file without named streams leaves nothing behind, so memory grows with directories
// and streams and not with the volume. Each worker of the pass fills a shard of its own, without
// locks; a row is found again by a RowId, which names shard and index, or by its record's number.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/chunked.h"

namespace sidestream {

// A row, or a name, of one shard: the shard in the top bits, the index below.
using RowId = std::uint32_t;
inline constexpr RowId kNoRow = UINT32_MAX;
inline constexpr unsigned kShardBits = 4;
inline constexpr unsigned kIndexBits = 32 - kShardBits;
inline constexpr std::uint32_t kMaxShards = (1u << kShardBits) - 1;  // so that kNoRow stays unused
inline constexpr std::uint32_t kMaxIndex = (1u << kIndexBits) - 1;

struct NameRow {
  std::uint64_t parent_reference;
  std::uint32_t text;  // index into RecordShard::text
  std::uint8_t units;
  std::uint8_t name_space;
};

struct StreamRow {
  std::uint64_t size;
  std::uint64_t allocated;
  std::uint64_t first_vcn;  // not 0: a continuation, kept only for reading the contents
  std::uint32_t text;
  std::uint32_t value;  // index into RecordShard::values; kNoValue: read it again
  std::uint8_t units;
  bool is_resident;

  static constexpr std::uint32_t kNoValue = UINT32_MAX;
};

struct RecordRow {
  std::uint64_t base_reference;  // 0: a base record
  std::int64_t modified_ns;
  std::uint32_t record;
  std::uint32_t first_name;
  std::uint32_t first_stream;
  std::uint32_t stream_count;
  RowId next_extension;  // the base's list of its extension records, in order of record number
  RowId parent;          // of a directory, once PathBuilder has resolved it
  RowId own_name;        // of a directory: which NameRow, of the base or of an extension record
  std::uint16_t name_count;
  std::uint16_t sequence;  // of a deleted file: the one it had
  bool is_directory;
  bool is_deleted;
  bool is_internal;  // a metafile, or below $Extend
  std::uint8_t resolve_state;

  bool is_extension() const { return base_reference != 0; }
};

// What an attribute list promises: `holder` has this many pieces of named streams of `base_record`.
struct PromisedStreams {
  std::uint64_t holder_reference;
  std::uint32_t base_record;
  std::uint32_t count;
};

struct RecordShard {
  Chunked<RecordRow, 12> rows;
  Chunked<NameRow, 13> names;
  Chunked<StreamRow, 12> streams;
  std::vector<PromisedStreams> promised;
  Chunked<char16_t, 16> text;
  Chunked<std::byte, 18> values;  // a value has at most a record's 64 KiB

  std::u16string_view TextOf(const NameRow& name) const { return TextAt(name.text, name.units); }
  std::u16string_view TextOf(const StreamRow& stream) const {
    return TextAt(stream.text, stream.units);
  }

 private:
  std::u16string_view TextAt(std::uint32_t start, std::size_t units) const {
    const auto run = text.Run(start, units);
    return {run.data(), run.size()};
  }
};

class RecordTable {
 public:
  // Records are numbered in pages, and the index of a page is allocated by the worker that reads
  // it.
  static constexpr std::uint64_t kPageRecords = 256;

  RecordTable(std::uint64_t record_count, std::size_t shard_count)
      : shards_(shard_count), pages_((record_count + kPageRecords - 1) / kPageRecords) {}

  std::size_t shard_count() const { return shards_.size(); }
  RecordShard& Shard(std::size_t index) { return shards_[index]; }
  const RecordShard& Shard(std::size_t index) const { return shards_[index]; }
  const RecordShard& ShardOf(RowId id) const { return shards_[id >> kIndexBits]; }
  RecordRow& Row(RowId id) { return shards_[id >> kIndexBits].rows[id & kMaxIndex]; }
  const RecordRow& Row(RowId id) const { return shards_[id >> kIndexBits].rows[id & kMaxIndex]; }
  const NameRow& Name(RowId id) const { return shards_[id >> kIndexBits].names[id & kMaxIndex]; }

  static RowId MakeId(std::size_t shard, std::size_t index) {
    return static_cast<RowId>((shard << kIndexBits) | index);
  }

  // kNoRow where the pass kept nothing of that record.
  RowId Find(std::uint64_t record) const {
    const std::uint64_t page = record / kPageRecords;
    if (page >= pages_.size() || !pages_[page]) return kNoRow;
    return pages_[page][record % kPageRecords];
  }

  // Only the one worker that reads a page may set rows in it.
  void Set(std::uint64_t record, RowId id) {
    auto& page = pages_[record / kPageRecords];
    if (!page) {
      page = std::make_unique<RowId[]>(kPageRecords);
      for (std::uint64_t i = 0; i < kPageRecords; ++i) page[i] = kNoRow;
    }
    page[record % kPageRecords] = id;
  }

  std::uint64_t record_limit() const { return pages_.size() * kPageRecords; }

 private:
  std::vector<RecordShard> shards_;
  std::vector<std::unique_ptr<RowId[]>> pages_;
};

}  // namespace sidestream
