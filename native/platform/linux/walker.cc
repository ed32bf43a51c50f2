#include "platform/linux/walker.h"

#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "platform/linux/errno_error.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/open_folder.h"
#include "platform/linux/scan_carrier.h"

namespace sidestream {
namespace {

// Descriptors of folders held at once; those further up are closed and found again through `..`.
constexpr std::size_t kOpenFolders = 64;

// The sink's counter is shared by all threads, so it is not touched for each file.
constexpr std::uint64_t kCountStep = 32;

// Files of a folder that are given away at once: worth waking somebody, and soon done.
constexpr std::size_t kFilesInOneGift = 256;
// A folder with fewer is read by one walker.
constexpr std::size_t kManyFiles = 1024;

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

XattrPlace PlaceOf(const WalkedFolder& folder, FolderFiles::Reached reached) {
  return reached == FolderFiles::Reached::kInWorkingFolder ? XattrPlace::At(".")
                                                           : XattrPlace::Behind(folder.fd.get());
}

// The same folder for another walker, with nothing pending.
std::optional<GivenFolder> CopyOf(const WalkedFolder& folder, std::string_view path) {
  GivenFolder given;
  given.folder.fd = UniqueFd(fcntl(folder.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!given.folder.fd.ok()) return std::nullopt;
  given.folder.device = folder.device;
  given.folder.inode = folder.inode;
  given.folder.file_system = folder.file_system;
  given.folder.path_bytes = folder.path_bytes;
  given.path = path.substr(0, folder.path_bytes);
  return given;
}

}  // namespace

// Without a working folder of its own, shared with no thread, a walker reaches files through
// /proc/self/fd, which takes three times as long.
Walker::Walker(WalkContext& context)
    : context_(context), findings_(context.sink()), has_own_cwd_(unshare(CLONE_FS) == 0) {}

void Walker::EnterTarget() {
  const WalkTarget& target = context_.target();
  const auto facts = FactsOf(target.fd);
  if (!facts.ok()) return context_.Fail(facts.error());
  UniqueFd fd(fcntl(target.fd, F_DUPFD_CLOEXEC, 0));
  if (!fd.ok()) return context_.Fail(FromErrno(errno, "open", target.absolute_path));
  if (!context_.IsExcluded("")) Enter({std::move(fd), false}, facts.value(), -1, "");
}

void Walker::Run() {
  while (!context_.IsOver()) {
    if (folders_.empty()) {
      FlushCount();
      findings_.HandOver();
      auto given = context_.exchange().Take();
      if (!given) return;
      Accept(std::move(*given));
    }
    Step();
  }
  findings_.HandOver();
}

void Walker::Accept(GivenFolder given) {
  path_ = std::move(given.path);
  if (!given.files.empty()) {
    const auto reached = MoveInto(given.folder);
    FolderFiles files(context_, findings_, given.folder, path_, reached, given.read_at_ns);
    LookAtEach(files, given.files);
  }
  folders_.push_back(std::move(given.folder));
}

// ---- folders

// The next folder below the deepest one, or back up.
void Walker::Step() {
  if (context_.exchange().IsWanted()) GiveFolders();
  WalkedFolder& folder = folders_.back();
  path_.resize(folder.path_bytes);
  if (folder.pending_folders.empty()) return Leave();
  const std::string name = std::move(folder.pending_folders.back());
  folder.pending_folders.pop_back();
  if (!path_.empty()) path_.push_back('/');
  path_.append(name);
  if (!context_.IsExcluded(path_)) OpenAndEnter(name, folder.fd.get());
}

void Walker::OpenAndEnter(const std::string& name, int parent_fd) {
  UniqueFd fd = OpenCachedFolder(parent_fd, name.c_str());
  const bool is_for_listing = fd.ok();
  if (!fd.ok()) fd = UniqueFd(openat(parent_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return context_.AddUnlessVanished(path_, FromErrno(errno, "open", "folder"));
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return context_.AddUnlessVanished(path_, facts.error());
  if (!facts.value().IsDirectory()) return;
  Enter({std::move(fd), is_for_listing}, facts.value(), parent_fd, name);
}

// Reports the folder's own streams and those of its files; its folders wait.
void Walker::Enter(OpenedFolder opened, const FileFacts& facts, int parent_fd,
                   const std::string& name) {
  const FileSystem& file_system = context_.FileSystemOf(opened.fd.get(), facts);
  if (file_system.is_pseudo) return;
  if (file_system.unsupported) return context_.AddUnreadable(path_, *file_system.unsupported);
  Count();
  WalkedFolder folder;
  folder.device = facts.device;
  folder.inode = facts.inode;
  folder.file_system = &file_system;
  folder.path_bytes = path_.size();
  folder.fd = std::move(opened.fd);
  const auto reached = MoveInto(folder);
  // Half of the way through the working folder, for whom the folder was opened to be read.
  const auto place =
      opened.is_for_listing ? XattrPlace::Opened(folder.fd.get()) : PlaceOf(folder, reached);
  const int fd = folder.fd.get();
  ReportOwnStreams(file_system, {place, fd, parent_fd, name, true, facts.inode}, facts);
  if (opened.is_for_listing) {
    ReadEntries(folder.fd.get(), folder, reached);
  } else {
    ListEntries(folder, reached);
  }
  folders_.push_back(std::move(folder));
  if (folders_.size() > kOpenFolders) folders_[folders_.size() - 1 - kOpenFolders].fd.Reset();
}

void Walker::ReportOwnStreams(const FileSystem& file_system, const CarrierRef& folder,
                              const FileFacts& facts) {
  const std::u16string shown = context_.Shown(path_);
  const std::u16string_view path = shown;
  ScanCarrier(file_system, folder, facts, {&path, 1}, context_.options(), context_.sink());
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
void Walker::GiveFolders() {
  WalkedFolder* nearest = nullptr;
  std::size_t waiting = 0;
  for (WalkedFolder& folder : folders_) {
    waiting += folder.pending_folders.size();
    const bool can_give = folder.fd.ok() && !folder.pending_folders.empty();
    if (can_give && nearest == nullptr) nearest = &folder;
    if (nearest != nullptr && waiting > 1) break;
  }
  if (nearest == nullptr || waiting < 2) return;
  auto given = CopyOf(*nearest, path_);
  if (!given) return;
  auto& pending = nearest->pending_folders;
  const auto half = pending.begin() + static_cast<std::ptrdiff_t>((pending.size() + 1) / 2);
  given->folder.pending_folders.assign(std::make_move_iterator(pending.begin()),
                                       std::make_move_iterator(half));
  pending.erase(pending.begin(), half);
  context_.exchange().Give(std::move(*given));
}

// ---- what is in a folder

// Into the folder if that is allowed: files are then reached by their bare names.
FolderFiles::Reached Walker::MoveInto(const WalkedFolder& folder) const {
  const bool is_inside = has_own_cwd_ && fchdir(folder.fd.get()) == 0;
  return is_inside ? FolderFiles::Reached::kInWorkingFolder : FolderFiles::Reached::kThroughProc;
}

void Walker::ListEntries(WalkedFolder& folder, FolderFiles::Reached reached) {
  const UniqueFd fd = OpenForListing(folder.fd.get());
  if (!fd.ok()) return context_.AddUnlessVanished(path_, FromErrno(errno, "list", "folder"));
  ReadEntries(fd.get(), folder, reached);
}

void Walker::ReadEntries(int listed_fd, WalkedFolder& folder, FolderFiles::Reached reached) {
  const std::int64_t read_at_ns = NowNs();
  FolderFiles files(context_, findings_, folder, path_, reached, read_at_ns);
  std::vector<PendingFile> aside;
  std::size_t listed = 0;
  const auto error = reader_.ForEach(listed_fd, [&](const FolderEntry& entry) {
    // Of a folder with very many files, whoever has nothing else to do takes some.
    const bool is_shared = ++listed > kManyFiles && context_.exchange().IsWanted();
    if (is_shared && entry.type == DT_REG) {
      aside.push_back({entry.name, entry.inode});
      if (aside.size() == kFilesInOneGift) GiveFiles(folder, aside, read_at_ns);
    } else {
      const auto seen = files.LookAt(entry);
      if (seen == FolderFiles::Seen::kFolder) folder.pending_folders.emplace_back(entry.name);
      if (seen == FolderFiles::Seen::kFile) Count();
    }
    if (aside.size() >= kFilesInOneGift) LookAtEach(files, aside);
    return !context_.IsOver();
  });
  if (error) context_.AddUnreadable(path_, *error);
  LookAtEach(files, aside);
}

// Takes what it gives; nothing where another descriptor is not to be had.
void Walker::GiveFiles(const WalkedFolder& folder, std::vector<PendingFile>& files,
                       std::int64_t read_at_ns) {
  auto given = CopyOf(folder, path_);
  if (!given) return;
  given->files = std::exchange(files, {});
  given->read_at_ns = read_at_ns;
  context_.exchange().Give(std::move(*given));
}

void Walker::LookAtEach(FolderFiles& files, std::vector<PendingFile>& pending) {
  for (const PendingFile& file : pending) {
    if (context_.IsOver()) return;
    files.LookAt({file.name.c_str(), DT_REG, file.inode});
    Count();
  }
  pending.clear();
}

// ---- counts

void Walker::Count() {
  if (++uncounted_ >= kCountStep) FlushCount();
}

void Walker::FlushCount() {
  context_.sink().Advance(uncounted_, -1);
  uncounted_ = 0;
  findings_.HandOverIfDue();
}

}  // namespace sidestream
