// A growing array in chunks of fixed size. Nothing moves when it grows: no copying, no moment at
// which the old and the new array are both in memory, and a chunk that is done with can be given
// back.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace sidestream {

template <typename T, unsigned kChunkBits>
class Chunked {
 public:
  static constexpr std::size_t kChunkSize = std::size_t{1} << kChunkBits;

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return chunks_[i >> kChunkBits][i & (kChunkSize - 1)]; }
  const T& operator[](std::size_t i) const {
    return chunks_[i >> kChunkBits][i & (kChunkSize - 1)];
  }

  void push_back(const T& value) {
    if ((size_ & (kChunkSize - 1)) == 0) AddChunk();
    (*this)[size_++] = value;
  }

  // Room for `count` values side by side, at most kChunkSize of them: they begin at index `start`.
  // The end of a chunk that is too short for them stays unused.
  std::span<T> AppendRun(std::size_t count, std::size_t& start) {
    const std::size_t left = chunks_.size() * kChunkSize - size_;
    if (count > left) {
      size_ = chunks_.size() * kChunkSize;
      AddChunk();
    }
    start = size_;
    size_ += count;
    if (count == 0) return {};
    return {&(*this)[start], count};
  }

  // `count` values side by side, as AppendRun() placed them.
  std::span<const T> Run(std::size_t start, std::size_t count) const {
    if (count == 0) return {};
    return {&(*this)[start], count};
  }

  // Gives back every chunk before the one that holds index `i`.
  void ReleaseBefore(std::size_t i) {
    const std::size_t end = std::min(i >> kChunkBits, chunks_.size());
    for (; released_ < end; ++released_) chunks_[released_].reset();
  }

 private:
  void AddChunk() { chunks_.push_back(std::make_unique_for_overwrite<T[]>(kChunkSize)); }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
  std::size_t released_ = 0;
};

}  // namespace sidestream
