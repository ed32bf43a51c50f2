// Builds raw on-disk structures for tests, field by field at the offsets of the byte tables.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace test {

class Bytes {
 public:
  explicit Bytes(std::size_t size) : bytes_(size) {}
  Bytes(std::initializer_list<int> values) {
    for (const int value : values) bytes_.push_back(static_cast<std::byte>(value));
  }

  template <typename T>
  Bytes& Put(std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.at(at + i) = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
    return *this;
  }
  Bytes& U8(std::size_t at, unsigned value) { return Put(at, static_cast<std::uint8_t>(value)); }
  Bytes& U16(std::size_t at, unsigned value) { return Put(at, static_cast<std::uint16_t>(value)); }
  Bytes& U32(std::size_t at, std::uint32_t value) { return Put(at, value); }
  Bytes& U64(std::size_t at, std::uint64_t value) { return Put(at, value); }
  Bytes& Text(std::size_t at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) U8(at + i, static_cast<unsigned char>(text[i]));
    return *this;
  }
  Bytes& Utf16(std::size_t at, std::u16string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) U16(at + 2 * i, text[i]);
    return *this;
  }
  Bytes& Copy(std::size_t at, std::span<const std::byte> from) {
    if (!from.empty())
      std::memcpy(&bytes_.at(at + from.size() - 1) - (from.size() - 1), from.data(), from.size());
    return *this;
  }

  std::size_t size() const { return bytes_.size(); }
  std::byte operator[](std::size_t at) const { return bytes_.at(at); }
  operator std::span<const std::byte>() const { return bytes_; }  // NOLINT: implicit on purpose
  std::span<std::byte> writable() { return bytes_; }
  // Ends exactly where the vector does, so that the address sanitizer sees a read one byte too far.
  std::vector<std::byte> First(std::size_t count) const {
    return {bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count)};
  }

 private:
  std::vector<std::byte> bytes_;
};

// A boot sector of 512-byte sectors, 4 KiB clusters and 1 KiB records.
inline Bytes ABootSector() {
  Bytes boot(512);
  boot.Text(3, "NTFS    ").U16(11, 512).U8(13, 8).U64(40, 800'000).U64(48, 4).U64(56, 50'000);
  return boot.U8(64, 0xF6).U64(72, 0xF1CE).U16(510, 0xAA55);
}

// A resident attribute: 24 bytes of header, the name, the value; padded to eight bytes.
inline Bytes AResidentAttribute(std::uint32_t type, std::u16string_view name,
                                std::span<const std::byte> value) {
  const std::size_t value_at = (24 + 2 * name.size() + 7) / 8 * 8;
  const std::size_t length = (value_at + value.size() + 7) / 8 * 8;
  Bytes bytes(length);
  bytes.U32(0, type).U32(4, static_cast<std::uint32_t>(length));
  bytes.U8(9, static_cast<unsigned>(name.size())).U16(10, 24).Utf16(24, name);
  bytes.U32(16, static_cast<std::uint32_t>(value.size()));
  return bytes.U16(20, static_cast<unsigned>(value_at)).Copy(value_at, value);
}

// A non-resident $DATA: 64 bytes of header, the name, the run list.
inline Bytes ANonResidentData(std::u16string_view name, std::uint64_t first_vcn,
                              std::uint64_t last_vcn, std::uint64_t size,
                              std::span<const std::byte> runs) {
  const std::size_t runs_at = (64 + 2 * name.size() + 7) / 8 * 8;
  const std::size_t length = (runs_at + runs.size() + 7) / 8 * 8;
  Bytes bytes(length);
  bytes.U32(0, 0x80).U32(4, static_cast<std::uint32_t>(length)).U8(8, 1);
  bytes.U8(9, static_cast<unsigned>(name.size())).U16(10, 64).Utf16(64, name);
  bytes.U64(16, first_vcn).U64(24, last_vcn).U16(32, static_cast<unsigned>(runs_at));
  bytes.U64(40, (last_vcn + 1 - first_vcn) * 4096).U64(48, size).U64(56, size);
  return bytes.Copy(runs_at, runs);
}

// A FILE record in use, before fixup: update sequence at 48, attributes from 56 on.
inline Bytes AFileRecord(std::initializer_list<Bytes> attributes, std::size_t record_size = 1024) {
  Bytes record(record_size);
  record.Text(0, "FILE").U16(4, 48).U16(6, static_cast<unsigned>(record_size / 512 + 1));
  record.U16(16, 7).U16(18, 1).U16(20, 72).U16(22, 1);
  std::size_t at = 72;
  for (const Bytes& attribute : attributes) {
    record.Copy(at, attribute);
    at += attribute.size();
  }
  record.U32(at, 0xFFFFFFFF).U32(24, static_cast<std::uint32_t>(at + 8));
  record.U32(28, static_cast<std::uint32_t>(record_size));
  for (std::size_t i = 0; i < record_size / 512; ++i) {
    const std::size_t word = 512 * (i + 1) - 2;
    record.Copy(48 + 2 * (i + 1), std::span<const std::byte>(record).subspan(word, 2));
    record.U16(word, 0x1234);
  }
  return record.U16(48, 0x1234);
}

}  // namespace test
