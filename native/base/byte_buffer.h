// Bytes that grow at the end, written through a pointer: unlike std::string, room that is about to
// be filled is not filled with zeros first.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace sidestream {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  // What is moved from is empty.
  ByteBuffer(ByteBuffer&& other) noexcept { *this = std::move(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const char* data() const { return bytes_.get(); }
  char* data() { return bytes_.get(); }
  std::string_view View() const { return {bytes_.get(), size_}; }
  std::size_t capacity() const { return capacity_; }
  void Clear() { size_ = 0; }
  // Takes back what was appended after the first `size` bytes.
  void Truncate(std::size_t size) { size_ = size; }

  // Room for `count` more bytes at the end. What is written there counts once EndAt() is told.
  char* Room(std::size_t count) {
    if (capacity_ - size_ < count) Grow(size_ + count);
    return bytes_.get() + size_;
  }
  void EndAt(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void Append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

 private:
  void Grow(std::size_t least) {
    const std::size_t capacity = std::max({least, 2 * capacity_, std::size_t{4096}});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sidestream
