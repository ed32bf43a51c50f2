#include "memory_provider.h"

#include <algorithm>

#include "base/sha256.h"

namespace test {
namespace {

using namespace sidestream;

class MemoryCarrier final : public Carrier {
 public:
  explicit MemoryCarrier(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) {}

  std::string identity() const override { return file_->identity; }
  bool is_directory() const override { return file_->is_directory; }
  std::int64_t modified_ns() const override { return 0; }

  Result<std::vector<StreamEntry>> List() override {
    std::vector<StreamEntry> entries;
    for (const auto& [name, bytes] : file_->streams) {
      entries.push_back({name, bytes.size(), bytes.size(), false});
    }
    return entries;
  }

  Result<std::vector<std::byte>> Read(std::u16string_view name, std::uint64_t offset,
                                      std::uint64_t length) override {
    const auto found = file_->streams.find(std::u16string(name));
    if (found == file_->streams.end()) {
      return StreamError{"ADS_NOT_FOUND", 0, "read", "no such stream"};
    }
    const auto& bytes = found->second;
    const auto start = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes.size()));
    const auto end =
        start + static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes.size() - start));
    return std::vector<std::byte>(bytes.data() + start, bytes.data() + end);
  }

  Result<RemoveOutcome> Remove(std::u16string_view name, std::uint64_t size,
                               std::span<const std::byte> sha256) override {
    const RemoveOutcome outcome = Compare(name, size, sha256);
    if (outcome == RemoveOutcome::kDone) file_->streams.erase(std::u16string(name));
    return outcome;
  }

  Result<RemoveOutcome> Replace(std::u16string_view name, std::uint64_t size,
                                std::span<const std::byte> sha256,
                                std::span<const std::byte> bytes) override {
    const RemoveOutcome outcome = Compare(name, size, sha256);
    if (outcome == RemoveOutcome::kDone) {
      file_->streams.at(std::u16string(name)).assign(bytes.begin(), bytes.end());
    }
    return outcome;
  }

  Status Create(std::u16string_view name, std::span<const std::byte> bytes) override {
    const bool is_new =
        file_->streams.try_emplace(std::u16string(name), bytes.begin(), bytes.end()).second;
    if (is_new) return std::nullopt;
    return StreamError{"ADS_EXISTS", 0, "create", "the stream is there already"};
  }

 private:
  // kDone: the stream is there, with this content.
  RemoveOutcome Compare(std::u16string_view name, std::uint64_t size,
                        std::span<const std::byte> sha256) const {
    const auto found = file_->streams.find(std::u16string(name));
    if (found == file_->streams.end()) return RemoveOutcome::kGone;
    Sha256 hash;
    hash.Update(found->second);
    const bool is_same = found->second.size() == size && std::ranges::equal(hash.Finish(), sha256);
    return is_same ? RemoveOutcome::kDone : RemoveOutcome::kChanged;
  }

  const std::shared_ptr<MemoryFile> file_;
};

}  // namespace

TargetInfo MemoryProvider::target() const {
  TargetInfo info;
  info.provider = "memory";
  info.kind = "folder";
  info.is_writable = true;
  return info;
}

Status MemoryProvider::Scan(const ScanOptions& options, ScanSink& sink) const {
  for (const auto& file : *files_) {
    const std::vector<std::u16string_view> links(file->links.begin(), file->links.end());
    for (const auto& [name, bytes] : file->streams) {
      if (sink.IsCancelled()) return std::nullopt;
      FoundStream found;
      found.path = links.front();
      found.links = links;
      found.name = name;
      found.identity = file->identity;
      found.size = found.allocated = bytes.size();
      found.is_directory = file->is_directory;
      Sha256 hash;
      hash.Update(bytes);
      const auto digest = hash.Finish();
      if (options.hash) found.sha256 = digest;
      const std::span<const std::byte> content = bytes;
      if (options.content_bytes > 0) {
        found.content = content.first(std::min<std::size_t>(bytes.size(), options.content_bytes));
      }
      sink.Add(found);
    }
    sink.Advance(1, -1);
  }
  return std::nullopt;
}

Result<std::unique_ptr<Carrier>> MemoryProvider::OpenCarrier(
    std::u16string_view path, const std::optional<std::string>& identity) const {
  for (const auto& file : *files_) {
    if (std::ranges::find(file->links, path) == file->links.end()) continue;
    if (identity && *identity != file->identity) {
      return StreamError{"ADS_IDENTITY_CHANGED", 0, "open", "another file has this path"};
    }
    return std::unique_ptr<Carrier>(std::make_unique<MemoryCarrier>(file));
  }
  return StreamError{"ADS_NOT_FOUND", 0, "open", "no file has this path"};
}

}  // namespace test
