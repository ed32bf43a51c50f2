// One open carrier on a live Linux file system.

#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "platform/linux/file_system.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/stream_scheme.h"
#include "streams/stream_provider.h"

namespace sidestream {

using SharedFd = std::shared_ptr<const UniqueFd>;

class LiveCarrier final : public Carrier {
 public:
  // `fd` is O_PATH, or opened for reading as `place` says. `parent` is O_PATH, and may be null for
  // a folder.
  LiveCarrier(const FileSystem& file_system, UniqueFd fd, const XattrPlace& place, SharedFd parent,
              std::string base_name, const FileFacts& facts);

  std::string identity() const override { return identity_; }
  bool is_directory() const override { return ref_.is_directory; }
  std::int64_t modified_ns() const override { return facts_.modified_ns; }
  Result<std::vector<StreamEntry>> List() override;
  Result<std::vector<std::byte>> Read(std::u16string_view name, std::uint64_t offset,
                                      std::uint64_t length) override;
  Result<StreamLook> Look(std::u16string_view name, std::uint64_t most_bytes) override;
  Result<RemoveOutcome> Remove(std::u16string_view name, std::uint64_t expected_size,
                               std::span<const std::byte> expected_sha256) override;
  Result<RemoveOutcome> Replace(std::u16string_view name, std::uint64_t expected_size,
                                std::span<const std::byte> expected_sha256,
                                std::span<const std::byte> bytes) override;
  Status Create(std::u16string_view name, std::span<const std::byte> bytes) override;

 private:
  // The stream of this name if its content is the expected one; else what that means.
  struct Match {
    std::vector<StoredStream> before;  // all of the carrier's
    std::optional<StoredStream> stream;
    RemoveOutcome otherwise = RemoveOutcome::kChanged;
  };
  Result<Match> FindExpected(std::u16string_view name, const char* operation,
                             std::uint64_t expected_size,
                             std::span<const std::byte> expected_sha256) const;
  bool Went(const StoredStream& stream, const StreamError& error) const;
  Result<RemoveOutcome> GoneOr(const StoredStream& stream, const StreamError& error) const;
  Result<bool> IsExpected(const StoredStream& stream, std::uint64_t expected_size,
                          std::span<const std::byte> expected_sha256) const;
  // Times and attributes, before something is changed, and back to what they were.
  struct Basics {
    FileFacts times;
    std::optional<std::vector<std::byte>> attributes;
  };
  Result<Basics> KeepBasics() const;
  Status RestoreBasics(const Basics& before, const char* operation) const;
  Status VerifyContent(const StoredStream& stream, std::span<const std::byte> bytes) const;
  Result<std::vector<StoredStream>> ListAll() const;
  Result<StoredStream> Find(const std::string& name, const char* operation) const;
  Result<RemoveOutcome> RemoveVerified(const std::vector<StoredStream>& before,
                                       const StoredStream& stream);

  const std::shared_ptr<const StreamScheme> scheme_;
  const bool removal_keeps_times_;
  const UniqueFd fd_;
  const SharedFd parent_;
  const std::string base_name_;
  const FileFacts facts_;
  const CarrierRef ref_;
  const std::string identity_;
};

}  // namespace sidestream
