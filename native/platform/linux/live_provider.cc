#include "platform/linux/live_provider.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/live_opener.h"
#include "platform/linux/look_at_carriers.h"
#include "platform/linux/samba_depot.h"
#include "platform/linux/scan_carrier.h"
#include "platform/linux/unit_path.h"
#include "platform/linux/walk.h"
#include "platform/linux/xattr_io.h"
#include "streams/live_target.h"

namespace sidestream {
namespace {

// Where a descriptor is, without links. For an unlinked file the kernel appends " (deleted)".
Result<std::string> PathOfFd(int fd) {
  char path[PATH_MAX];
  const ssize_t length = readlink(ProcPath(fd).c_str(), path, sizeof path);
  if (length < 0) {
    StreamError error = FromErrno(errno, "open", "/proc/self/fd");
    error.message += "; /proc must be mounted";
    return error;
  }
  return std::string(path, static_cast<std::size_t>(length));
}

// The folder that holds `path`, checked to be the folder of the file behind `fd`.
Result<UniqueFd> OpenParent(const std::string& path, const FileFacts& facts) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
  UniqueFd parent(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent.ok()) return FromErrno(errno, "open", folder);
  const auto entry = FactsOf(parent.get(), path.c_str() + slash + 1);
  if (!entry.ok()) return entry.error();
  if (entry.value().inode != facts.inode) {
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       path + " was replaced while it was opened"};
  }
  return parent;
}

// A file that somebody named must be there and be understood. The one at its usual place is asked
// if there is one, and what it leaves open is reported with the scan.
Result<SmbConf> ConfOf(const TargetHints& hints) {
  if (!hints.smb_conf) return ReadDefaultSmbConf();
  const auto path = BytesOfPath(*hints.smb_conf);
  if (!path.ok()) return path.error();
  auto conf = ReadSmbConf(path.value());
  if (conf.ok() && conf.value().incomplete) return *conf.value().incomplete;
  return conf;
}

}  // namespace

LiveProvider::LiveProvider(UniqueFd fd, UniqueFd parent_fd, std::u16string given_path,
                           std::string absolute_path, const FileFacts& facts,
                           FileSystem file_system, std::shared_ptr<const StreamScheme> samba,
                           Status incomplete)
    : fd_(std::move(fd)),
      parent_fd_(std::move(parent_fd)),
      shown_(std::move(given_path)),
      absolute_path_(std::move(absolute_path)),
      facts_(facts),
      file_system_(std::move(file_system)),
      samba_(std::move(samba)),
      incomplete_(std::move(incomplete)) {
  while (!shown_.empty() && shown_.back() == u'/') shown_.pop_back();
}

TargetInfo LiveProvider::target() const {
  return {.provider = file_system_.scheme->provider(),
          .kind = facts_.IsDirectory() ? "folder" : "file",
          .file_system = file_system_.name,
          .volume_id = file_system_.volume_id,
          .label = {},
          .is_writable = file_system_.is_writable};
}

Status LiveProvider::Scan(const ScanOptions& options, ScanSink& sink) const {
  if (incomplete_) sink.AddUnreadable({shown_.empty() ? u"/" : shown_, std::nullopt, *incomplete_});
  if (!facts_.IsDirectory()) {
    ScanFile(options, sink);
    return std::nullopt;
  }
  const WalkTarget target{fd_.get(), facts_.device, shown_, absolute_path_, file_system_, samba_};
  const MountTable mounts = MountTable::Read();
  return options.carriers.empty() ? Walk(target, mounts, options, sink)
                                  : LookAtCarriers(target, mounts, options, sink);
}

void LiveProvider::ScanFile(const ScanOptions& options, ScanSink& sink) const {
  sink.Advance(1, -1);
  const std::string base_name = absolute_path_.substr(absolute_path_.rfind('/') + 1);
  const CarrierRef carrier{
      XattrPlace::Behind(fd_.get()), fd_.get(), parent_fd_.get(), base_name, false, facts_.inode};
  const std::u16string_view path = shown_;
  ScanCarrier(file_system_, carrier, facts_, {&path, 1}, options, sink);
}

LiveTarget LiveProvider::AsTarget() const {
  return {fd_.get(), parent_fd_.get(), shown_, absolute_path_, facts_, file_system_, samba_};
}

Result<std::unique_ptr<Carrier>> LiveProvider::OpenCarrier(
    std::u16string_view path, const std::optional<std::string>& identity) const {
  return LiveOpener(AsTarget()).Open(path, identity);
}

std::unique_ptr<CarrierOpener> LiveProvider::NewOpener() const {
  return std::make_unique<LiveOpener>(AsTarget());
}

Result<TargetShape> InspectTarget(const std::u16string& path) {
  const auto bytes = BytesOfPath(path);
  if (!bytes.ok()) return bytes.error();
  struct stat status = {};
  if (stat(bytes.value().c_str(), &status) != 0) return FromErrno(errno, "open", bytes.value());
  TargetShape shape{.kind = TargetKind::kOther, .native_path = bytes.value()};
  if (S_ISREG(status.st_mode)) shape.kind = TargetKind::kRegularFile;
  if (S_ISDIR(status.st_mode)) shape.kind = TargetKind::kFolder;
  if (S_ISBLK(status.st_mode)) shape.kind = TargetKind::kDevice;
  return shape;
}

Result<std::unique_ptr<StreamProvider>> OpenLiveTarget(const std::u16string& path,
                                                       const TargetHints& hints) {
  const auto bytes = BytesOfPath(path);
  if (!bytes.ok()) return bytes.error();
  // The one place where a link is followed: the target itself, as given by a person.
  UniqueFd fd(open(bytes.value().c_str(), O_PATH | O_CLOEXEC));
  if (!fd.ok()) return FromErrno(errno, "open", bytes.value());
  const auto facts = FactsOf(fd.get());
  if (!facts.ok()) return facts.error();
  if (!facts.value().IsRegular() && !facts.value().IsDirectory()) {
    return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                       bytes.value() + " is neither a file nor a folder"};
  }
  const auto absolute_path = PathOfFd(fd.get());
  if (!absolute_path.ok()) return absolute_path.error();
  UniqueFd parent_fd;
  if (facts.value().IsRegular()) {
    auto parent = OpenParent(absolute_path.value(), facts.value());
    if (!parent.ok()) return parent.error();
    parent_fd = std::move(parent.value());
  }
  auto conf = ConfOf(hints);
  if (!conf.ok()) return conf.error();
  Status incomplete = std::move(conf.value().incomplete);
  const auto samba = MakeSambaScheme(std::move(conf.value()));
  FileSystem file_system = InspectFileSystem(fd.get(), facts.value(), MountTable::Read(), samba);
  file_system.identity_suffix.clear();
  const auto depot = DepotAround(absolute_path.value(), facts.value().device);
  if (file_system.scheme == samba && depot) {
    return StreamError{
        "ADS_NOT_A_SOURCE", 0, "open",
        *depot + " is where Samba keeps the streams of a share's files; scan the share"};
  }
  if (file_system.unsupported) {
    StreamError error = *file_system.unsupported;
    error.message = bytes.value() + ": " + error.message;
    return error;
  }
  if (file_system.is_pseudo) {
    return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                       bytes.value() + " is on " + file_system.name +
                           ", which the kernel makes up: no stream can be kept there"};
  }
  return std::unique_ptr<StreamProvider>(std::make_unique<LiveProvider>(
      std::move(fd), std::move(parent_fd), path, absolute_path.value(), facts.value(),
      std::move(file_system), samba, std::move(incomplete)));
}

}  // namespace sidestream
