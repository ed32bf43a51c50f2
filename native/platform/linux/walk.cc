#include "platform/linux/walk.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/scan_carrier.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

// Descriptors of folders held at once; those further up are closed and found again through `..`.
constexpr std::size_t kOpenFolders = 64;

// One folder between the target and where the walk is.
struct Frame {
  UniqueFd fd;  // O_PATH; closed while kOpenFolders deeper ones are open
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  const FileSystem* file_system = nullptr;
  std::size_t path_bytes = 0;                // length of Walker::path_ for this folder
  std::vector<std::string> pending_folders;  // last one next
};

class Walker {
 public:
  Walker(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
         ScanSink& sink)
      : target_(target), mounts_(mounts), options_(options), sink_(sink) {
    for (const std::u16string& folder : options.exclude) AddExclude(folder);
  }

  Status Run() {
    // From here on this thread's working folder is its own and no other's, and file by file can be
    // asked by its bare name. The way through /proc/self/fd, where this is refused, takes three
    // times as long.
    has_own_cwd_ = unshare(CLONE_FS) == 0;
    const auto facts = FactsOf(target_.fd);
    if (!facts.ok()) return facts.error();
    file_systems_.emplace(facts.value().device, target_.file_system);
    UniqueFd fd(fcntl(target_.fd, F_DUPFD_CLOEXEC, 0));
    if (!fd.ok()) return FromErrno(errno, "open", target_.absolute_path);
    if (!IsExcluded()) Enter(std::move(fd), facts.value(), -1, "");
    while (!frames_.empty() && !sink_.IsCancelled()) Step();
    EmitLinked();
    return std::nullopt;
  }

 private:
  // ---- paths. path_ is relative to the target: "", "a", "a/b", …

  std::u16string Shown(const std::string& relative) const {
    if (relative.empty()) return target_.shown.empty() ? u"/" : target_.shown;
    return target_.shown + u"/" + UnitsFromBytes(relative);
  }

  std::string Absolute() const {
    if (path_.empty()) return target_.absolute_path;
    return (target_.absolute_path == "/" ? "" : target_.absolute_path) + "/" + path_;
  }

  std::string Child(const std::string& name) const {
    return path_.empty() ? name : path_ + "/" + name;
  }

  void AddExclude(const std::u16string& folder) {
    auto bytes = BytesFromUnits(folder);
    if (!bytes) return;
    while (bytes->size() > 1 && bytes->back() == '/') bytes->pop_back();
    excluded_.insert(std::move(*bytes));
  }

  // By text and not by what it resolves to: a link planted at an excluded path must not hide the
  // folder that it points to.
  bool IsExcluded() const {
    if (excluded_.empty()) return false;
    if (excluded_.contains(Absolute())) return true;
    const auto shown = BytesFromUnits(Shown(path_));
    return shown && excluded_.contains(*shown);
  }

  void AddUnreadable(const std::string& relative, const StreamError& error) {
    sink_.AddUnreadable({Shown(relative), std::nullopt, error});
  }

  // Failures are data, except that what vanished since its name was read is nothing to report.
  void AddUnlessVanished(const std::string& relative, const StreamError& error) {
    if (!MeansVanished(error.system_code)) AddUnreadable(relative, error);
  }

  // ---- folders

  // The next folder below the deepest frame, or back up.
  void Step() {
    Frame& frame = frames_.back();
    path_.resize(frame.path_bytes);
    if (frame.pending_folders.empty()) {
      Leave();
      return;
    }
    const std::string name = std::move(frame.pending_folders.back());
    frame.pending_folders.pop_back();
    const int parent_fd = frame.fd.get();
    path_ = Child(name);
    if (IsExcluded()) return;
    UniqueFd fd(openat(parent_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.ok()) {
      AddUnlessVanished(path_, FromErrno(errno, "open", "folder"));
      return;
    }
    const auto facts = FactsOf(fd.get());
    if (!facts.ok()) {
      AddUnlessVanished(path_, facts.error());
    } else if (facts.value().IsDirectory()) {
      Enter(std::move(fd), facts.value(), parent_fd, name);
    }
  }

  // Reports the folder's own streams and those of its files; its folders wait in a new frame.
  void Enter(UniqueFd fd, const FileFacts& facts, int parent_fd, const std::string& name) {
    const FileSystem& file_system = FileSystemOf(fd.get(), facts);
    if (file_system.is_pseudo) return;
    if (file_system.unsupported) {
      AddUnreadable(path_, *file_system.unsupported);
      return;
    }
    sink_.Advance(1, -1);
    const CarrierRef carrier{fd.get(), parent_fd, name, true, facts.inode};
    ScanCarrier(file_system, carrier, facts, {Shown(path_)}, options_, sink_);

    Frame frame;
    frame.device = facts.device;
    frame.inode = facts.inode;
    frame.file_system = &file_system;
    frame.path_bytes = path_.size();
    frame.fd = std::move(fd);
    ReadFolder(frame);
    frames_.push_back(std::move(frame));
    if (frames_.size() > kOpenFolders) frames_[frames_.size() - 1 - kOpenFolders].fd.Reset();
  }

  // Drops the deepest frame. Its parent may have been closed and is then opened again from here.
  void Leave() {
    const Frame left = std::move(frames_.back());
    frames_.pop_back();
    if (frames_.empty() || frames_.back().fd.ok()) return;
    Frame& parent = frames_.back();
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
  void Reopen(Frame& frame, int child_fd) {
    frame.fd = UniqueFd(openat(child_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (IsFrame(frame)) return;
    auto opened = OpenBeneath(target_.fd, path_);
    if (opened.ok()) frame.fd = std::move(opened.value().fd);
    if (opened.ok() && IsFrame(frame)) return;
    AddUnreadable(path_, {"ADS_IDENTITY_CHANGED", 0, "open",
                          "the folder was moved or replaced during the scan; " +
                              std::to_string(frame.pending_folders.size()) +
                              " folders in it were not looked at"});
    frame.pending_folders.clear();
  }

  static bool IsFrame(const Frame& frame) {
    if (!frame.fd.ok()) return false;
    const auto facts = FactsOf(frame.fd.get());
    return facts.ok() && facts.value().device == frame.device && facts.value().inode == frame.inode;
  }

  void ReadFolder(Frame& frame) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    UniqueFd fd(openat(frame.fd.get(), ".", kFlags | O_NOATIME));
    // Refused to all but the owner and root.
    if (!fd.ok() && errno == EPERM) fd = UniqueFd(openat(frame.fd.get(), ".", kFlags));
    if (!fd.ok()) {
      AddUnlessVanished(path_, FromErrno(errno, "list", "folder"));
      return;
    }
    const bool has_mounts = mounts_.HasMountsIn(Absolute());
    is_inside_ = has_own_cwd_ && fchdir(frame.fd.get()) == 0;
    const auto error = reader_.ForEach(fd.get(), [&](const std::string& name, unsigned char type) {
      LookAt(frame, name, type, has_mounts);
      return !sink_.IsCancelled();
    });
    if (error) AddUnreadable(path_, *error);
  }

  // ---- files

  // Only regular files and folders can have user xattrs, so others are not looked at.
  void LookAt(Frame& frame, const std::string& name, unsigned char type, bool has_mounts) {
    const FileSystem* file_system = frame.file_system;
    if (type == DT_UNKNOWN || (has_mounts && type == DT_REG)) {
      const auto facts = FactsOf(frame.fd.get(), name);
      if (!facts.ok()) return AddUnlessVanished(Child(name), facts.error());
      if (facts.value().IsRegular()) type = DT_REG;
      if (facts.value().IsDirectory()) type = DT_DIR;
      // A single file can be a mount of its own.
      if (type == DT_REG && facts.value().device != frame.device) {
        const UniqueFd fd(openat(frame.fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (fd.ok()) file_system = &FileSystemOf(fd.get(), facts.value());
      }
    }
    if (type == DT_DIR) frame.pending_folders.push_back(name);
    if (type != DT_REG) return;
    sink_.Advance(1, -1);
    if (file_system->is_pseudo) return;
    if (file_system->unsupported) return AddUnreadable(Child(name), *file_system->unsupported);
    const auto has_streams =
        file_system->scheme->HasStreams(is_inside_ ? name : ProcPath(frame.fd.get(), name));
    if (!has_streams.ok()) return AddUnlessVanished(Child(name), has_streams.error());
    if (has_streams.value()) LookInto(frame.fd.get(), name, *file_system);
  }

  // A file that has streams: from here on by descriptor.
  void LookInto(int folder_fd, const std::string& name, const FileSystem& file_system) {
    const std::string relative = Child(name);
    const UniqueFd fd(openat(folder_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.ok()) return AddUnlessVanished(relative, FromErrno(errno, "open", name));
    const auto facts = FactsOf(fd.get());
    if (!facts.ok()) return AddUnlessVanished(relative, facts.error());
    if (!facts.value().IsRegular()) return;
    if (facts.value().link_count > 1) {
      linked_[{facts.value().device, facts.value().inode}].push_back(relative);
      return;
    }
    const CarrierRef carrier{fd.get(), folder_fd, name, false, facts.value().inode};
    ScanCarrier(file_system, carrier, facts.value(), {Shown(relative)}, options_, sink_);
  }

  // Carriers with several links, once all paths are known. Any path that still leads to the inode
  // will do; if none does, the carrier has gone.
  void EmitLinked() {
    for (const auto& [key, paths] : linked_) {
      if (sink_.IsCancelled()) return;
      std::vector<std::u16string> shown;
      for (const std::string& path : paths) shown.push_back(Shown(path));
      for (const std::string& path : paths) {
        const auto opened = OpenBeneath(target_.fd, path);
        if (!opened.ok()) continue;
        const int fd = opened.value().fd.get();
        const auto facts = FactsOf(fd);
        if (!facts.ok() || std::pair(facts.value().device, facts.value().inode) != key) continue;
        const CarrierRef carrier{fd, opened.value().parent_fd.get(), opened.value().base_name,
                                 false, facts.value().inode};
        const FileSystem& file_system = FileSystemOf(fd, facts.value());
        if (file_system.scheme == nullptr) break;
        ScanCarrier(file_system, carrier, facts.value(), shown, options_, sink_);
        break;
      }
    }
  }

  // Device numbers name a mounted file system for as long as it is mounted.
  const FileSystem& FileSystemOf(int fd, const FileFacts& facts) {
    const auto known = file_systems_.find(facts.device);
    if (known != file_systems_.end()) return known->second;
    return file_systems_.emplace(facts.device, InspectFileSystem(fd, facts, mounts_, target_.samba))
        .first->second;
  }

  const WalkTarget& target_;
  const MountTable& mounts_;
  const ScanOptions& options_;
  ScanSink& sink_;
  std::string path_;
  std::vector<Frame> frames_;
  std::map<std::uint64_t, FileSystem> file_systems_;
  std::unordered_set<std::string> excluded_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::string>> linked_;
  FolderReader reader_;
  bool has_own_cwd_ = false;
  bool is_inside_ = false;  // the working folder is the one being read
};

}  // namespace

Status Walk(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
            ScanSink& sink) {
  // On the heap: the reader's buffer is large for a thread's stack.
  return std::make_unique<Walker>(target, mounts, options, sink)->Run();
}

}  // namespace sidestream
