// Opens the carriers of one live target, and keeps the folder of the last one open for the next:
// most of many in a row are in the same few folders.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "platform/linux/file_system.h"
#include "platform/linux/live_carrier.h"
#include "streams/stream_provider.h"

namespace sidestream {

// What an opener is to know of its target. Borrowed from the provider, which outlives it.
struct LiveTarget {
  int fd = -1;         // O_PATH
  int parent_fd = -1;  // O_PATH, of a target that is a file
  std::u16string_view shown;
  const std::string& absolute_path;
  const FileFacts& facts;
  const FileSystem& file_system;
  const std::shared_ptr<const StreamScheme>& samba;
};

class LiveOpener final : public CarrierOpener {
 public:
  explicit LiveOpener(const LiveTarget& target) : target_(target) {}

  Result<std::unique_ptr<Carrier>> Open(std::u16string_view path,
                                        const std::optional<std::string>& identity) override;

 private:
  Result<std::string> RelativePath(std::u16string_view path) const;
  Result<std::unique_ptr<Carrier>> OpenTargetItself() const;
  Result<std::unique_ptr<Carrier>> OpenBelow(const std::string& relative);
  Status EnterFolder(std::string_view folders);
  std::unique_ptr<Carrier> OpenForReading(const std::string& base_name) const;
  Result<std::unique_ptr<Carrier>> OpenByPath(const std::string& relative,
                                              const std::string& base_name) const;

  const LiveTarget target_;
  // Of the last carrier, relative to the target.
  std::string folders_;
  SharedFd folder_;
};

}  // namespace sidestream
