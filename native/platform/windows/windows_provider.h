// Folders, files and whole volumes on a live Windows file system.

#pragma once

#include <string>

#include "platform/windows/target_path.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/volume_facts.h"
#include "streams/stream_provider.h"

namespace sidestream {

class WindowsProvider final : public StreamProvider {
 public:
  // `handle`: attribute access to the target, which is a folder for a volume.
  WindowsProvider(UniqueHandle handle, TargetPath path, bool is_directory, VolumeFacts volume);

  TargetInfo target() const override;
  Status Scan(const ScanOptions& options, ScanSink& sink) const override;
  Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override;

 private:
  bool IsVolume() const { return path_.kind == TargetPath::Kind::kVolume; }
  void ScanFile(const ScanOptions& options, ScanSink& sink) const;
  Result<std::u16string> RelativePath(std::u16string_view path) const;

  const UniqueHandle handle_;
  const TargetPath path_;
  const bool is_directory_;
  const VolumeFacts volume_;
};

}  // namespace sidestream
