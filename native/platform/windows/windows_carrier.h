// One open carrier on a live Windows volume.

#pragma once

#include <string>

#include "platform/windows/file_facts.h"
#include "platform/windows/nt_open.h"
#include "platform/windows/stream_list.h"
#include "platform/windows/unique_handle.h"
#include "streams/stream_provider.h"

namespace sidestream {

// What a carrier's handle needs: to list, and to put times and attributes back. Neither breaks an
// oplock nor gets in another program's way (WDK, IRP_MJ_CREATE).
constexpr ACCESS_MASK kCarrierAccess = kAttributeAccess | FILE_WRITE_ATTRIBUTES;

class WindowsCarrier final : public Carrier {
 public:
  WindowsCarrier(UniqueHandle handle, const FileFacts& facts, IdScheme id_scheme);

  std::string identity() const override { return identity_; }
  bool is_directory() const override { return facts_.is_directory; }
  std::int64_t modified_ns() const override { return UnixNs(facts_.basic.last_write); }
  Result<std::vector<StreamEntry>> List() override;
  Result<std::vector<std::byte>> Read(std::u16string_view name, std::uint64_t offset,
                                      std::uint64_t length) override;
  Result<RemoveOutcome> Remove(std::u16string_view name, std::uint64_t expected_size,
                               std::span<const std::byte> expected_sha256) override;
  Result<RemoveOutcome> Replace(std::u16string_view name, std::uint64_t expected_size,
                                std::span<const std::byte> expected_sha256,
                                std::span<const std::byte> bytes) override;
  Status Create(std::u16string_view name, std::span<const std::byte> bytes) override;

 private:
  // Times and attributes as they are now.
  Result<BasicInformation> Basics(const char* operation) const;
  Result<RemoveOutcome> RemoveListed(const ntfs::StreamInformation& before,
                                     std::u16string_view name, std::uint64_t expected_size,
                                     std::span<const std::byte> expected_sha256);
  Result<RemoveOutcome> Overwrite(std::u16string_view name, std::uint64_t expected_size,
                                  std::span<const std::byte> expected_sha256,
                                  std::span<const std::byte> bytes, const BasicInformation& basics);
  // Also a read-only carrier, whose attribute is then off; RestoreBasics puts it back.
  NTSTATUS OpenToWrite(std::u16string_view name, const OpenHow& how, const BasicInformation& basics,
                       UniqueHandle& stream);
  Status MarkDeleted(HANDLE stream, const BasicInformation& basics);
  Status VerifyRemoved(const ntfs::StreamInformation& before, std::u16string_view name);
  Status CreateAndWrite(std::u16string_view name, std::span<const std::byte> bytes,
                        const BasicInformation& basics);

  const UniqueHandle handle_;
  const FileFacts facts_;
  const std::string identity_;
};

}  // namespace sidestream
