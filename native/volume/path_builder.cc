#include "volume/path_builder.h"

#include <algorithm>

#include "ntfs/file_name.h"
#include "ntfs/file_record.h"

namespace sidestream {
namespace {

// Not rows: what stands above a topmost directory. Shards are few, so no RowId looks like these.
constexpr RowId kRootParent = kNoRow - 1;
constexpr RowId kOrphanParent = kNoRow - 2;

enum : std::uint8_t { kUnresolved, kResolving, kResolved };

// Windows stops at 32767 units. Deeper trees can be made, and are listed by the end of their path;
// but without some end, a few crafted directories would make every path in a scan megabytes long.
constexpr std::size_t kMaxPathUnits = 1u << 16;

constexpr std::size_t kMaxCachedUnits = 512;

}  // namespace

PathBuilder::PathBuilder(RecordTable& table, std::u16string_view path_prefix,
                         std::size_t cached_paths)
    : table_(table),
      prefix_(path_prefix),
      cache_(cached_paths),
      root_path_(path_prefix),
      orphan_path_(std::u16string(path_prefix) + u"$Orphan\\") {}

PathBuilder::PathBuilder(RecordTable& table, std::u16string_view path_prefix)
    : PathBuilder(table, path_prefix, kCachedPaths) {
  for (std::uint64_t record = 0; record < table_.record_limit(); ++record) {
    const RowId id = table_.Find(record);
    if (id == kNoRow) continue;
    RecordRow& row = table_.Row(id);
    if (!row.is_extension() && row.is_directory) Resolve(id);
  }
}

template <typename Visit>
void PathBuilder::ForEachName(RowId base, Visit visit) const {
  for (RowId id = base; id != kNoRow; id = table_.Row(id).next_extension) {
    const RecordRow& row = table_.Row(id);
    for (std::uint32_t i = 0; i < row.name_count; ++i) {
      // A name's id has its row's shard.
      visit(static_cast<RowId>((id & ~kMaxIndex) | (row.first_name + i)));
    }
  }
}

// A directory's one name; the DOS name only if there is no other. It may lie in an extension
// record.
RowId PathBuilder::ChooseName(RowId directory) const {
  RowId chosen = kNoRow;
  bool is_dos = true;
  ForEachName(directory, [&](RowId name) {
    if (!is_dos) return;
    const bool this_is_dos = table_.Name(name).name_space == ntfs::FileName::kDos;
    if (chosen == kNoRow || !this_is_dos) {
      chosen = name;
      is_dos = this_is_dos;
    }
  });
  return chosen;
}

// The row of a parent directory, kRootParent or kOrphanParent.
RowId PathBuilder::FindParent(RowId child, std::uint64_t reference) const {
  const std::uint64_t record = ntfs::RecordNumberOf(reference);
  // Even if the root's own record is damaged, it is the root.
  if (record == ntfs::kRootRecord) return kRootParent;
  const RowId id = table_.Find(record);
  if (id == kNoRow) return kOrphanParent;
  const RecordRow& row = table_.Row(id);
  if (row.is_extension() || !row.is_directory) return kOrphanParent;
  if (row.is_deleted && !table_.Row(child).is_deleted) return kOrphanParent;
  // Sequence 0 in a reference means that it is not checked (ntfs-3g does the same).
  const std::uint16_t sequence = ntfs::SequenceOf(reference);
  return sequence == 0 || sequence == row.sequence ? id : kOrphanParent;
}

// Sets parent, name and is_internal of a directory and of all above it, without recursion: a
// hostile tree may be deeper than the stack.
void PathBuilder::Resolve(RowId directory) {
  std::vector<RowId> chain;
  RowId id = directory;
  while (id < kOrphanParent && table_.Row(id).resolve_state == kUnresolved) {
    RecordRow& row = table_.Row(id);
    row.resolve_state = kResolving;
    chain.push_back(id);
    row.own_name = ChooseName(id);
    row.parent = kOrphanParent;
    if (row.record == ntfs::kRootRecord) {
      row.parent = kRootParent;
    } else if (row.own_name != kNoRow) {
      row.parent = FindParent(id, table_.Name(row.own_name).parent_reference);
    }
    id = row.parent;
  }
  // Met on this very way: a circle. It is cut above the directory that closes it.
  if (id < kOrphanParent && table_.Row(id).resolve_state == kResolving) {
    table_.Row(chain.back()).parent = kOrphanParent;
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    RecordRow& row = table_.Row(chain[i]);
    row.is_internal = row.record < ntfs::kFirstUserRecord && row.record != ntfs::kRootRecord;
    if (row.parent < kOrphanParent) row.is_internal |= table_.Row(row.parent).is_internal;
    row.resolve_state = kResolved;
  }
}

bool PathBuilder::IsInternal(RowId base) const {
  const RecordRow& row = table_.Row(base);
  if (row.is_directory) return row.is_internal;
  if (row.record < ntfs::kFirstUserRecord) return true;
  // By all names: a user's file that also has a link below $Extend is not hidden by it.
  bool has_internal_parent = false;
  bool has_other_parent = false;
  ForEachName(base, [&](RowId name) {
    const RowId parent = FindParent(base, table_.Name(name).parent_reference);
    const bool is_internal = parent < kOrphanParent && table_.Row(parent).is_internal;
    (is_internal ? has_internal_parent : has_other_parent) = true;
  });
  return has_internal_parent && !has_other_parent;
}

PathBuilder::CachedPath& PathBuilder::CacheSlot(RowId directory) {
  // Neighbouring rows go to neighbouring slots, and the shards apart from each other.
  return cache_[(directory ^ (directory >> kIndexBits << 8)) % kCachedPaths];
}

const std::u16string& PathBuilder::DirectoryPath(RowId directory) {
  if (directory == kRootParent) return root_path_;
  if (directory == kOrphanParent) return orphan_path_;

  // Up to the nearest directory whose path is known, then down again.
  way_up_.clear();
  std::size_t units = 0;
  const std::u16string* start = nullptr;
  for (RowId id = directory;; id = table_.Row(id).parent) {
    if (id == kRootParent || (id < kOrphanParent && table_.Row(id).record == ntfs::kRootRecord)) {
      start = &root_path_;
    } else if (id == kOrphanParent || units >= kMaxPathUnits) {
      start = &orphan_path_;
    } else if (CachedPath& cached = CacheSlot(id); cached.directory == id) {
      if (id == directory) return cached.path;
      start = &cached.path;
    } else {
      way_up_.push_back(id);
      units += NameOf(id).size() + 1;
    }
    if (start != nullptr) break;
  }
  // Built apart: the slot to be filled may be the one that `start` lies in.
  built_path_.assign(*start);
  for (std::size_t i = way_up_.size(); i-- > 0;) {
    built_path_.append(NameOf(way_up_[i]));
    built_path_ += u'\\';
  }
  CachedPath& slot = built_path_.size() <= kMaxCachedUnits ? CacheSlot(directory) : long_path_;
  slot.path.assign(built_path_);
  slot.directory = directory;
  return slot.path;
}

std::u16string_view PathBuilder::NameOf(RowId directory) const {
  const RowId name = table_.Row(directory).own_name;
  return name == kNoRow ? u"?" : table_.ShardOf(name).TextOf(table_.Name(name));
}

std::span<const std::u16string_view> PathBuilder::PathsOf(RowId base) {
  text_.clear();
  ends_.clear();
  paths_.clear();
  if (table_.Row(base).record == ntfs::kRootRecord) {
    text_.append(prefix_).append(u".");
    paths_.push_back(text_);
    return paths_;
  }
  const auto add = [&](RowId id) {
    const NameRow& name = table_.Name(id);
    text_.append(DirectoryPath(FindParent(base, name.parent_reference)));
    text_.append(table_.ShardOf(id).TextOf(name));
    ends_.push_back(text_.size());
  };
  ForEachName(base, [&](RowId id) {
    if (table_.Name(id).name_space != ntfs::FileName::kDos) add(id);
  });
  if (ends_.empty()) ForEachName(base, add);
  if (ends_.empty()) {
    const std::string number = std::to_string(table_.Row(base).record);
    text_.append(orphan_path_).append(u"$MFT record ").append(number.begin(), number.end());
    ends_.push_back(text_.size());
  }
  std::size_t start = 0;
  for (const std::size_t end : ends_) {
    paths_.push_back(std::u16string_view(text_).substr(start, end - start));
    start = end;
  }
  return paths_;
}

}  // namespace sidestream
