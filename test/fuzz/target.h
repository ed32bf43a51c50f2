// What every fuzz target is: a function that takes any bytes and must come back.
//
// A target does not check results. The sanitizers see what is read or computed out of bounds,
// libFuzzer what takes too long or too much memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fuzz {

// A copy that ends where the input does, so that the address sanitizer sees a read one byte too
// far.
inline std::vector<std::byte> CopyOf(const std::uint8_t* data, std::size_t size) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(data);
  return {bytes, bytes + size};
}

// Keeps the compiler from leaving out a loop whose result nobody uses.
inline void Use(std::uint64_t value) {
  static volatile std::uint64_t sink;
  sink = sink ^ value;
}

inline void UseAll(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<std::uint64_t>(byte);
  Use(sum);
}

}  // namespace fuzz
