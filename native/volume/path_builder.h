// Builds paths out of a finished RecordTable: parent by parent, each reference checked with its
// sequence number. A file whose parent is gone, or has become another, stands below `$Orphan\`; so
// does a directory that is its own ancestor. It never gets the path of the record's new owner. A
// deleted file may stand below a deleted directory; a file that is there may not.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "volume/record_table.h"

namespace sidestream {

class PathBuilder {
 public:
  // Resolves every directory's parent. `path_prefix` comes before each path (`Partition2\`, or
  // empty).
  PathBuilder(RecordTable& table, std::u16string_view path_prefix);
  // Another one over the same table, for another thread: each keeps what it looked up to itself.
  PathBuilder ForAnotherThread() const { return {table_, prefix_, kCachedPaths}; }

  // True for metafiles (records below 24 but the root) and for everything below one, as $Extend.
  bool IsInternal(RowId base) const;

  // All paths of a carrier: one for each hard link. Never empty: a carrier without any name is
  // called by its record number. The views hold until the next call.
  std::span<const std::u16string_view> PathsOf(RowId base);

 private:
  // Together a few megabytes at worst.
  static constexpr std::size_t kCachedPaths = 8192;

  PathBuilder(RecordTable& table, std::u16string_view path_prefix, std::size_t cached_paths);

  void Resolve(RowId directory);
  RowId FindParent(RowId child, std::uint64_t reference) const;
  RowId ChooseName(RowId directory) const;
  template <typename Visit>
  void ForEachName(RowId base, Visit visit) const;
  // The directory's path with `\` at its end.
  const std::u16string& DirectoryPath(RowId directory);
  std::u16string_view NameOf(RowId directory) const;

  // Carriers come in $MFT's order, which is not the tree's: without a cache of directories' paths
  // most of a scan's time would go into walking up the tree again and again.
  struct CachedPath {
    RowId directory = kNoRow;
    std::u16string path;
  };
  CachedPath& CacheSlot(RowId directory);

  RecordTable& table_;
  const std::u16string prefix_;
  std::vector<CachedPath> cache_;
  CachedPath long_path_;  // the last one that is too long to be cached
  std::vector<RowId> way_up_;
  std::u16string built_path_;
  std::u16string root_path_;
  std::u16string orphan_path_;
  std::u16string text_;
  std::vector<std::size_t> ends_;
  std::vector<std::u16string_view> paths_;
};

}  // namespace sidestream
