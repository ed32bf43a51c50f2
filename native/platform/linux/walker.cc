#include "platform/linux/walker.h"

#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/scan_carrier.h"

namespace sidestream {
namespace {

// Descriptors of folders held at once; those further up are closed and found again through `..`.
constexpr std::size_t kOpenFolders = 64;

// The sink's counter is shared by all threads, so it is not touched for each file.
constexpr std::uint64_t kCountStep = 32;

// Carriers with more streams are read by descriptor: those of one are held in memory together.
constexpr std::size_t kMostStreamsInPlace = 8;

// A file system may keep times in whole seconds (ext4 with small inodes).
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::int64_t NowNs() {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool IsSame(const WalkedFolder& folder) {
  if (!folder.fd.ok()) return false;
  const auto facts = FactsOf(folder.fd.get());
  return facts.ok() && facts.value().device == folder.device && facts.value().inode == folder.inode;
}

}  // namespace

// Without a working folder of its own, shared with no thread, a walker reaches files through
// /proc/self/fd, which takes three times as long.
Walker::Walker(WalkContext& context) : context_(context), has_own_cwd_(unshare(CLONE_FS) == 0) {}

void Walker::EnterTarget() {
  const WalkTarget& target = context_.target();
  const auto facts = FactsOf(target.fd);
  UniqueFd fd(fcntl(target.fd, F_DUPFD_CLOEXEC, 0));
  if (!fd.ok()) return context_.Fail(FromErrno(errno, "open", target.absolute_path));
  if (!facts.ok()) return context_.Fail(facts.error());
  if (!context_.IsExcluded("")) Enter(std::move(fd), facts.value(), -1, "");
}

void Walker::Run() {
  while (!context_.IsOver()) {
    if (folders_.empty()) {
      FlushCount();
      auto given = context_.exchange().Take();
      if (!given) return;
      path_ = std::move(given->path);
      folders_.push_back(std::move(given->folder));
    }
    Step();
  }
}

// ---- folders

// The next folder below the deepest one, or back up.
void Walker::Step() {
  if (context_.exchange().IsWanted()) GiveAway();
  WalkedFolder& folder = folders_.back();
  path_.resize(folder.path_bytes);
  if (folder.pending_folders.empty()) {
    Leave();
    return;
  }
  const std::string name = std::move(folder.pending_folders.back());
  folder.pending_folders.pop_back();
  path_ = Child(name);
  if (!context_.IsExcluded(path_)) OpenAndEnter(name, folder.fd.get());
}

void Walker::OpenAndEnter(const std::string& name, int parent_fd) {
  UniqueFd fd(openat(parent_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return context_.AddUnlessVanished(path_, FromErrno(errno, "open", "folder"));
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return context_.AddUnlessVanished(path_, facts.error());
  if (facts.value().IsDirectory()) Enter(std::move(fd), facts.value(), parent_fd, name);
}

// Reports the folder's own streams and those of its files; its folders wait.
void Walker::Enter(UniqueFd fd, const FileFacts& facts, int parent_fd, const std::string& name) {
  const FileSystem& file_system = context_.FileSystemOf(fd.get(), facts);
  if (file_system.is_pseudo) return;
  if (file_system.unsupported) return context_.AddUnreadable(path_, *file_system.unsupported);
  Count();
  is_inside_ = has_own_cwd_ && fchdir(fd.get()) == 0;
  shown_ = context_.Shown(path_);
  const XattrPlace place = is_inside_ ? XattrPlace::At(".") : XattrPlace::Behind(fd.get());
  const CarrierRef carrier{place, fd.get(), parent_fd, name, true, facts.inode};
  const std::u16string_view path = shown_;
  ScanCarrier(file_system, carrier, facts, {&path, 1}, context_.options(), context_.sink());

  WalkedFolder folder;
  folder.device = facts.device;
  folder.inode = facts.inode;
  folder.file_system = &file_system;
  folder.path_bytes = path_.size();
  folder.fd = std::move(fd);
  ReadEntries(folder);
  folders_.push_back(std::move(folder));
  if (folders_.size() > kOpenFolders) folders_[folders_.size() - 1 - kOpenFolders].fd.Reset();
}

// Drops the deepest folder. Its parent may have been closed and is then opened again from here.
void Walker::Leave() {
  const WalkedFolder left = std::move(folders_.back());
  folders_.pop_back();
  if (folders_.empty() || folders_.back().fd.ok()) return;
  WalkedFolder& parent = folders_.back();
  path_.resize(parent.path_bytes);
  if (parent.pending_folders.empty()) {
    // Nothing is left to do in it, yet its own parent may need it to get back.
    parent.fd = UniqueFd(openat(left.fd.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return;
  }
  Reopen(parent, left.fd.get());
}

// `..` leads elsewhere if a folder was moved meanwhile, so the inode is compared; if it does, the
// path is walked again from the target.
void Walker::Reopen(WalkedFolder& folder, int child_fd) {
  folder.fd = UniqueFd(openat(child_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (IsSame(folder)) return;
  auto opened = OpenBeneath(context_.target().fd, path_);
  if (opened.ok()) folder.fd = std::move(opened.value().fd);
  if (opened.ok() && IsSame(folder)) return;
  context_.AddUnreadable(path_, {"ADS_IDENTITY_CHANGED", 0, "open",
                                 "the folder was moved or replaced during the scan; " +
                                     std::to_string(folder.pending_folders.size()) +
                                     " folders in it were not looked at"});
  folder.pending_folders.clear();
}

// Half of what waits in the folder nearest to the target, where the parts of the tree are largest.
// The last one that waits is kept: given away, it would be asked for again.
void Walker::GiveAway() {
  WalkedFolder* nearest = nullptr;
  std::size_t waiting = 0;
  for (WalkedFolder& folder : folders_) {
    waiting += folder.pending_folders.size();
    const bool can_give = folder.fd.ok() && !folder.pending_folders.empty();
    if (can_give && nearest == nullptr) nearest = &folder;
    if (nearest != nullptr && waiting > 1) break;
  }
  if (nearest == nullptr || waiting < 2) return;
  GivenFolder given;
  given.folder.fd = UniqueFd(fcntl(nearest->fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!given.folder.fd.ok()) return;
  given.folder.device = nearest->device;
  given.folder.inode = nearest->inode;
  given.folder.file_system = nearest->file_system;
  given.folder.path_bytes = nearest->path_bytes;
  given.path = path_.substr(0, nearest->path_bytes);
  auto& pending = nearest->pending_folders;
  const auto half = pending.begin() + static_cast<std::ptrdiff_t>((pending.size() + 1) / 2);
  given.folder.pending_folders.assign(std::make_move_iterator(pending.begin()),
                                      std::make_move_iterator(half));
  pending.erase(pending.begin(), half);
  context_.exchange().Give(std::move(given));
}

// ---- files

void Walker::ReadEntries(WalkedFolder& folder) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  UniqueFd fd(openat(folder.fd.get(), ".", kFlags | O_NOATIME));
  // Refused to all but the owner and root.
  if (!fd.ok() && errno == EPERM) fd = UniqueFd(openat(folder.fd.get(), ".", kFlags));
  if (!fd.ok()) return context_.AddUnlessVanished(path_, FromErrno(errno, "list", "folder"));
  const bool has_mounts = context_.mounts().HasMountsIn(context_.Absolute(path_));
  read_at_ns_ = NowNs();
  const auto error = reader_.ForEach(fd.get(), [&](const FolderEntry& entry) {
    LookAt(folder, entry, has_mounts);
    return !context_.IsOver();
  });
  if (error) context_.AddUnreadable(path_, *error);
}

// Only regular files and folders can have user xattrs, so others are not looked at.
void Walker::LookAt(WalkedFolder& folder, const FolderEntry& entry, bool has_mounts) {
  const FileSystem* file_system = folder.file_system;
  const char* name = entry.name;
  unsigned char type = entry.type;
  if (type == DT_UNKNOWN || (has_mounts && type == DT_REG)) {
    const auto facts = FactsOf(folder.fd.get(), name);
    if (!facts.ok()) return context_.AddUnlessVanished(Child(name), facts.error());
    if (facts.value().IsRegular()) type = DT_REG;
    if (facts.value().IsDirectory()) type = DT_DIR;
    // A single file can be a mount of its own.
    if (type == DT_REG && facts.value().device != folder.device) {
      const UniqueFd fd(openat(folder.fd.get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (fd.ok()) file_system = &context_.FileSystemOf(fd.get(), facts.value());
    }
  }
  if (type == DT_DIR) folder.pending_folders.emplace_back(name);
  if (type != DT_REG) return;
  Count();
  if (file_system->is_pseudo) return;
  if (file_system->unsupported) {
    return context_.AddUnreadable(Child(name), *file_system->unsupported);
  }
  const std::string far = is_inside_ ? "" : ProcPath(folder.fd.get(), name);
  const XattrPlace place = XattrPlace::At(is_inside_ ? name : far.c_str());
  const auto look = file_system->scheme->LookAt(place);
  if (!look.ok()) return context_.AddUnlessVanished(Child(name), look.error());
  const auto& [streams, is_all] = look.value();
  if (is_all && streams.empty()) return;
  if (is_all && ReportInPlace(folder, entry, *file_system, place, streams)) return;
  LookInto(folder.fd.get(), name, *file_system);
}

// The usual carrier costs no descriptor. That the name led to one and the same file throughout is
// seen from its inode being the one that the folder lists, and from its change time, which every
// rename, link and attribute moves, lying before the folder was read. False, and nothing reported,
// where that is not so, or anything else needs a closer look.
bool Walker::ReportInPlace(const WalkedFolder& folder, const FolderEntry& entry,
                           const FileSystem& file_system, const XattrPlace& place,
                           const std::vector<StoredStream>& streams) {
  if (streams.size() > kMostStreamsInPlace) return false;
  const StreamScheme& scheme = *file_system.scheme;
  const CarrierRef carrier{place, -1, folder.fd.get(), entry.name, false, entry.inode};
  std::vector<ReadStream> all;
  all.reserve(streams.size());
  for (const StoredStream& stream : streams) {
    auto read = ReadForScan(scheme, carrier, stream, context_.options(), context_.sink());
    if (!read.ok()) return false;
    all.push_back(std::move(read.value()));
  }
  const auto found = FactsOf(folder.fd.get(), entry.name);
  if (!found.ok()) return false;
  const FileFacts& facts = found.value();
  const bool is_same = facts.IsRegular() && facts.inode == entry.inode &&
                       facts.device == folder.device && facts.changed_ns < read_at_ns_ - kSettledNs;
  if (!is_same) return false;
  if (facts.link_count > 1) {
    context_.linked().Add(facts, Child(entry.name));
    return true;
  }
  const std::u16string shown = ShownChild(entry.name);
  const std::u16string_view path = shown;
  const std::string identity = IdentityOf(scheme, carrier, facts, file_system.identity_suffix);
  const CarrierRow row{{&path, 1}, identity, facts.modified_ns, false};
  for (const ReadStream& stream : all) Report(stream, row, context_.sink());
  return true;
}

// By descriptor.
void Walker::LookInto(int folder_fd, const char* name, const FileSystem& file_system) {
  const UniqueFd fd(openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return context_.AddUnlessVanished(Child(name), FromErrno(errno, "open", name));
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return context_.AddUnlessVanished(Child(name), facts.error());
  if (!facts.value().IsRegular()) return;
  if (facts.value().link_count > 1) return context_.linked().Add(facts.value(), Child(name));
  const CarrierRef carrier{XattrPlace::Behind(fd.get()), fd.get(), folder_fd, name, false,
                           facts.value().inode};
  const std::u16string shown = ShownChild(name);
  const std::u16string_view path = shown;
  ScanCarrier(file_system, carrier, facts.value(), {&path, 1}, context_.options(), context_.sink());
}

// ---- names and counts

std::string Walker::Child(std::string_view name) const {
  std::string child = path_;
  if (!child.empty()) child.push_back('/');
  return child.append(name);
}

std::u16string Walker::ShownChild(std::string_view name) const {
  std::u16string child = shown_;
  if (child != u"/") child.push_back(u'/');
  return child.append(UnitsFromBytes(name));
}

void Walker::Count() {
  if (++uncounted_ >= kCountStep) FlushCount();
}

void Walker::FlushCount() {
  context_.sink().Advance(uncounted_, -1);
  uncounted_ = 0;
}

}  // namespace sidestream
