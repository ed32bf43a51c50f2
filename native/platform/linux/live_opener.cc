#include "platform/linux/live_opener.h"

#include <fcntl.h>

#include <cerrno>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/mount_table.h"
#include "platform/linux/open_beneath.h"
#include "platform/linux/unit_path.h"

namespace sidestream {
namespace {

bool IsSameFile(const FileFacts& one, const FileFacts& other) {
  return one.inode == other.inode && one.birth_ns == other.birth_ns && one.device == other.device &&
         (one.mode & S_IFMT) == (other.mode & S_IFMT);
}

}  // namespace

Result<std::unique_ptr<Carrier>> LiveOpener::Open(std::u16string_view path,
                                                  const std::optional<std::string>& identity) {
  const auto relative = RelativePath(path);
  if (!relative.ok()) return relative.error();
  auto carrier = relative.value().empty() ? OpenTargetItself() : OpenBelow(relative.value());
  const bool is_other_kind = !carrier.ok() && carrier.error().code == "ADS_NOT_A_SOURCE";
  if (identity && (is_other_kind || (carrier.ok() && carrier.value()->identity() != *identity))) {
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       TextFromUnits(path) + " is not the file it was: expected " + *identity +
                           ", found " +
                           (carrier.ok() ? carrier.value()->identity() : "no file or folder")};
  }
  return carrier;
}

// Empty for the target itself.
Result<std::string> LiveOpener::RelativePath(std::u16string_view path) const {
  const std::u16string_view shown = target_.shown;
  const bool is_root = shown.empty();
  if (path == shown || (is_root && path == u"/")) return std::string();
  const bool is_below =
      path.size() > shown.size() && path.starts_with(shown) && path[shown.size()] == u'/';
  if (!target_.facts.IsDirectory() || !is_below) {
    return StreamError{"ADS_NOT_FOUND", 0, "open",
                       TextFromUnits(path) + " is not inside the target " + TextFromUnits(shown)};
  }
  return BytesOfPath(path.substr(shown.size() + 1));
}

Result<std::unique_ptr<Carrier>> LiveOpener::OpenTargetItself() const {
  UniqueFd fd(fcntl(target_.fd, F_DUPFD_CLOEXEC, 0));
  SharedFd parent;
  if (target_.parent_fd >= 0) {
    parent = std::make_shared<UniqueFd>(fcntl(target_.parent_fd, F_DUPFD_CLOEXEC, 0));
  }
  if (!fd.ok()) return FromErrno(errno, "open", target_.absolute_path);
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return facts.error();
  const XattrPlace place = XattrPlace::Behind(fd.get());
  const std::string& path = target_.absolute_path;
  return std::unique_ptr<Carrier>(
      std::make_unique<LiveCarrier>(target_.file_system, std::move(fd), place, std::move(parent),
                                    path.substr(path.rfind('/') + 1), facts.value()));
}

Result<std::unique_ptr<Carrier>> LiveOpener::OpenBelow(const std::string& relative) {
  const auto path = SplitPlain(relative);
  if (!path.ok()) return path.error();
  const auto& [folders, base_name] = path.value();
  if (auto error = EnterFolder(folders)) return *error;
  if (auto carrier = OpenForReading(base_name)) return carrier;
  return OpenByPath(relative, base_name);
}

Status LiveOpener::EnterFolder(std::string_view folders) {
  if (folder_ != nullptr && folders == folders_) return std::nullopt;
  folder_.reset();
  auto opened = OpenFolderBeneath(target_.fd, folders);
  if (!opened.ok()) return opened.error();
  folder_ = std::make_shared<UniqueFd>(std::move(opened.value()));
  folders_ = folders;
  return std::nullopt;
}

// Null where that is not allowed, not wise, or not possible: OpenByPath() tells which. Its entry is
// looked at first, because opening a device or a pipe does something to it.
std::unique_ptr<Carrier> LiveOpener::OpenForReading(const std::string& base_name) const {
  if (!target_.file_system.is_local) return nullptr;
  const auto entry = FactsOf(folder_->get(), base_name.c_str());
  if (!entry.ok() || entry.value().device != target_.facts.device) return nullptr;
  if (!entry.value().IsRegular() && !entry.value().IsDirectory()) return nullptr;
  // O_NONBLOCK: a lease on it is met and not waited for.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(openat(folder_->get(), base_name.c_str(), kFlags));
  if (!fd.ok()) return nullptr;
  const auto facts = FactsOf(fd.get());
  if (!facts.ok() || !IsSameFile(facts.value(), entry.value())) return nullptr;
  const XattrPlace place = XattrPlace::Opened(fd.get());
  return std::make_unique<LiveCarrier>(target_.file_system, std::move(fd), place, folder_,
                                       base_name, facts.value());
}

Result<std::unique_ptr<Carrier>> LiveOpener::OpenByPath(const std::string& relative,
                                                        const std::string& base_name) const {
  auto opened = OpenEntry(folder_->get(), base_name);
  if (!opened.ok()) return opened.error();
  UniqueFd fd = std::move(opened.value());
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return facts.error();
  if (!facts.value().IsRegular() && !facts.value().IsDirectory()) {
    return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                       relative + " is neither a file nor a folder, and no link is followed"};
  }
  std::optional<FileSystem> other;
  if (facts.value().device != target_.facts.device) {
    other = InspectFileSystem(fd.get(), facts.value(), MountTable::Read(), target_.samba);
  }
  const FileSystem& file_system = other ? *other : target_.file_system;
  if (file_system.unsupported) return *file_system.unsupported;
  if (file_system.scheme == nullptr) {
    return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                       relative + " is on " + file_system.name + ", which holds no streams"};
  }
  const XattrPlace place = XattrPlace::Behind(fd.get());
  return std::unique_ptr<Carrier>(std::make_unique<LiveCarrier>(file_system, std::move(fd), place,
                                                                folder_, base_name, facts.value()));
}

}  // namespace sidestream
