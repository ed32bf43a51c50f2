// A source of streams that is only memory: what the seam promises, without any file system. For
// tests of what stands on the seam, and of the seam itself; it is in no addon.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "streams/stream_provider.h"

namespace test {

struct MemoryFile {
  std::vector<std::u16string> links;  // all paths, at least one
  bool is_directory = false;
  std::string identity;
  std::map<std::u16string, std::vector<std::byte>> streams;
};

// The files are shared with whoever changes them between two calls, as a disk is.
using MemoryFiles = std::vector<std::shared_ptr<MemoryFile>>;

class MemoryProvider final : public sidestream::StreamProvider {
 public:
  explicit MemoryProvider(std::shared_ptr<MemoryFiles> files) : files_(std::move(files)) {}

  sidestream::TargetInfo target() const override;
  sidestream::Status Scan(const sidestream::ScanOptions& options,
                          sidestream::ScanSink& sink) const override;
  sidestream::Result<std::unique_ptr<sidestream::Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override;

 private:
  const std::shared_ptr<MemoryFiles> files_;
};

}  // namespace test
