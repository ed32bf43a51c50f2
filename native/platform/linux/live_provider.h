// Folders and files on a mounted Linux file system: Samba's xattrs, or an ntfs-3g mount.

#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "platform/linux/file_system.h"
#include "platform/linux/live_opener.h"
#include "streams/stream_provider.h"

namespace sidestream {

class LiveProvider final : public StreamProvider {
 public:
  // `fd`: O_PATH on the target. `parent_fd`: on the folder of a target that is a file.
  // `given_path`: as the caller wrote it.
  // `samba`: the scheme of file systems without one of their own, at and below the target; what it
  // may not show is in `incomplete`.
  LiveProvider(UniqueFd fd, UniqueFd parent_fd, std::u16string given_path,
               std::string absolute_path, const FileFacts& facts, FileSystem file_system,
               std::shared_ptr<const StreamScheme> samba, Status incomplete);

  TargetInfo target() const override;
  Status Scan(const ScanOptions& options, ScanSink& sink) const override;
  Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override;
  std::unique_ptr<CarrierOpener> NewOpener() const override;

 private:
  void ScanFile(const ScanOptions& options, ScanSink& sink) const;
  LiveTarget AsTarget() const;

  const UniqueFd fd_;
  const UniqueFd parent_fd_;
  std::u16string shown_;  // the given path without trailing slashes; empty for "/"
  const std::string absolute_path_;
  const FileFacts facts_;
  const FileSystem file_system_;
  const std::shared_ptr<const StreamScheme> samba_;
  const Status incomplete_;
};

}  // namespace sidestream
