#include "platform/linux/folder_files.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

// Carriers with more streams are read by descriptor: those of one are held in memory together.
constexpr std::size_t kMostStreamsInPlace = 8;

// A file system may keep times in whole seconds (ext4 with small inodes).
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::u16string WithSlash(std::u16string folder) {
  if (folder != u"/") folder.push_back(u'/');
  return folder;
}

}  // namespace

FolderFiles::FolderFiles(WalkContext& context, OwnFindings& findings, const WalkedFolder& folder,
                         const std::string& path, Reached reached, std::int64_t read_at_ns)
    : context_(context),
      findings_(findings),
      folder_(folder),
      path_(path),
      reached_(reached),
      read_at_ns_(read_at_ns),
      has_mounts_(context.mounts().HasMountsIn(context.Absolute(path))),
      shown_(WithSlash(context.Shown(path))),
      folder_units_(shown_.size()) {}

FolderFiles::Seen FolderFiles::LookAt(const FolderEntry& entry) {
  const FileSystem* file_system = folder_.file_system;
  unsigned char type = entry.type;
  if (type == DT_UNKNOWN || (has_mounts_ && type == DT_REG)) {
    const auto facts = FactsOf(folder_.fd.get(), entry.name);
    if (!facts.ok()) {
      context_.AddUnlessVanished(PathOf(entry.name), facts.error());
      return Seen::kOther;
    }
    if (facts.value().IsRegular()) type = DT_REG;
    if (facts.value().IsDirectory()) type = DT_DIR;
    // A single file can be a mount of its own.
    if (type == DT_REG && facts.value().device != folder_.device) {
      const UniqueFd fd(openat(folder_.fd.get(), entry.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (fd.ok()) file_system = &context_.FileSystemOf(fd.get(), facts.value());
    }
  }
  if (type == DT_REG) LookAtFile(entry, *file_system);
  if (type == DT_REG) return Seen::kFile;
  return type == DT_DIR ? Seen::kFolder : Seen::kOther;
}

void FolderFiles::LookAtFile(const FolderEntry& entry, const FileSystem& file_system) {
  if (file_system.is_pseudo) return;
  if (file_system.unsupported) {
    return context_.AddUnreadable(PathOf(entry.name), *file_system.unsupported);
  }
  const bool is_inside = reached_ == Reached::kInWorkingFolder;
  const std::string far = is_inside ? "" : ProcPath(folder_.fd.get(), entry.name);
  const XattrPlace place = XattrPlace::At(is_inside ? entry.name : far.c_str());
  const auto look = file_system.scheme->LookAt(place);
  if (!look.ok()) return context_.AddUnlessVanished(PathOf(entry.name), look.error());
  const auto& [streams, is_all] = look.value();
  if (is_all && streams.empty()) return;
  if (is_all && ReportInPlace(entry, file_system, place, streams)) return;
  ReportOpened(entry.name, file_system);
}

// That the name led to one and the same file throughout is seen from its inode being the one that
// the folder lists, and from its change time, which every rename, link and attribute moves, lying
// before the folder was read. False, and nothing reported, where that is not so or a read failed.
bool FolderFiles::ReportInPlace(const FolderEntry& entry, const FileSystem& file_system,
                                const XattrPlace& place, const std::vector<StoredStream>& streams) {
  if (streams.size() > kMostStreamsInPlace) return false;
  const StreamScheme& scheme = *file_system.scheme;
  const CarrierRef carrier{place, -1, folder_.fd.get(), entry.name, false, entry.inode};
  read_.clear();
  for (const StoredStream& stream : streams) {
    auto read = ReadForScan(scheme, carrier, stream, context_.options(), context_.sink());
    if (!read.ok()) return false;
    read_.push_back(std::move(read.value()));
  }
  const auto found = FactsOf(folder_.fd.get(), entry.name);
  if (!found.ok()) return false;
  const FileFacts& facts = found.value();
  const bool is_same = facts.IsRegular() && facts.inode == entry.inode &&
                       facts.device == folder_.device &&
                       facts.changed_ns < read_at_ns_ - kSettledNs;
  if (!is_same) return false;
  if (facts.link_count > 1) {
    AddLinked(facts, entry.name);
    return true;
  }
  const std::string identity = IdentityOf(scheme, carrier, facts, file_system.identity_suffix);
  const std::u16string_view path = ShownPathOf(entry.name);
  const CarrierRow row{{&path, 1}, identity, facts.modified_ns, false, false};
  for (const ReadStream& stream : read_) findings_.Add(FoundOf(stream, row));
  return true;
}

void FolderFiles::ReportOpened(const char* name, const FileSystem& file_system) {
  const UniqueFd fd(openat(folder_.fd.get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return context_.AddUnlessVanished(PathOf(name), FromErrno(errno, "open", name));
  const auto found = FactsOf(fd.get());
  if (!found.ok()) return context_.AddUnlessVanished(PathOf(name), found.error());
  const FileFacts& facts = found.value();
  if (!facts.IsRegular()) return;
  if (facts.link_count > 1) return AddLinked(facts, name);
  const CarrierRef carrier{
      XattrPlace::Behind(fd.get()), fd.get(), folder_.fd.get(), name, false, facts.inode};
  const std::u16string_view path = ShownPathOf(name);
  ScanCarrier(file_system, carrier, facts, {&path, 1}, context_.options(), context_.sink());
}

void FolderFiles::AddLinked(const FileFacts& facts, std::string_view name) {
  context_.linked().Add(facts, {PathOf(name), {folder_.device, folder_.inode}});
}

std::string FolderFiles::PathOf(std::string_view name) const {
  std::string path = path_;
  if (!path.empty()) path.push_back('/');
  return path.append(name);
}

// Holds until the next.
std::u16string_view FolderFiles::ShownPathOf(std::string_view name) {
  shown_.resize(folder_units_);
  AppendUnits(shown_, name);
  return shown_;
}

}  // namespace sidestream
