// The committed fixture in memory, to be damaged and scanned, and a sink that remembers.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "check.h"
#include "volume/mft_provider.h"

namespace test {

// Bytes that the test may change between scans.
class MemoryImage final : public sidestream::BlockReader {
 public:
  explicit MemoryImage(std::vector<std::byte> bytes) : bytes(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes.size(); }
  sidestream::Result<std::size_t> ReadAt(std::uint64_t offset,
                                         std::span<std::byte> into) const override {
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), bytes.size() - offset);
    if (count > 0) std::memcpy(into.data(), bytes.data() + offset, count);
    return count;
  }

  bool CanChange() const override { return can_change; }

  std::vector<std::byte> bytes;
  bool can_change = true;
};

struct Row {
  std::u16string path;
  std::u16string name;
  std::string identity;
  std::uint64_t size;
  std::string sha256;  // raw bytes, empty if there is none
  std::size_t content_bytes;
  std::vector<std::u16string> links;
};

class RememberingSink final : public sidestream::ScanSink {
 public:
  void Add(const sidestream::FoundStream& stream) override {
    Row row{std::u16string(stream.path),
            std::u16string(stream.name),
            std::string(stream.identity),
            stream.size,
            {},
            stream.content ? stream.content->size() : 0,
            {}};
    if (stream.sha256) {
      row.sha256.assign(reinterpret_cast<const char*>(stream.sha256->data()),
                        stream.sha256->size());
    }
    for (const auto link : stream.links) row.links.emplace_back(link);
    const std::lock_guard lock(mutex_);
    rows.push_back(std::move(row));
  }
  void AddUnreadable(sidestream::Unreadable lost) override {
    const std::lock_guard lock(mutex_);
    unreadable.push_back(std::move(lost));
  }
  void Advance(std::uint64_t carriers, double fraction) override {
    const std::lock_guard lock(mutex_);
    carriers_seen += carriers;
    last_fraction = fraction;
  }
  bool IsCancelled() const override { return cancelled; }

  const Row* Find(std::u16string_view path, std::u16string_view name) const {
    for (const Row& row : rows) {
      if (row.name != name) continue;
      for (const auto& link : row.links) {
        if (link == path) return &row;
      }
    }
    return nullptr;
  }

  std::vector<Row> rows;
  std::vector<sidestream::Unreadable> unreadable;
  std::uint64_t carriers_seen = 0;
  double last_fraction = 0;
  std::atomic<bool> cancelled{false};

 private:
  std::mutex mutex_;
};

// The path of the unpacked fixture, from the environment; skips the test without it.
std::vector<std::byte> ReadFixture();

std::shared_ptr<MemoryImage> AFixture();

// Opens and scans; fails the test if the image does not open.
void Scan(const std::shared_ptr<MemoryImage>& image, RememberingSink& sink,
          const sidestream::ScanOptions& options = {});

// The code with which the image is refused; "" if it opens.
std::string RefusalOf(const std::shared_ptr<MemoryImage>& image, std::string* message = nullptr);

}  // namespace test
