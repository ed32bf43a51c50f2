// A whole volume: the input's records, a kilobyte each, stand where a small volume's user files
// are, and are scanned, opened and read. The boot sector and $MFT's own record are sound, so that
// each input gets to the files; the mutation test of test/native damages those as well.

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/little_endian.h"
#include "bytes.h"
#include "image.h"
#include "target.h"

namespace {

constexpr std::size_t kRecordSize = 1024;
constexpr std::size_t kClusterSize = 4096;
constexpr std::size_t kRecords = 48;
constexpr std::size_t kFirstUserRecord = 24;
constexpr std::size_t kMft = 4 * kClusterSize;
constexpr std::size_t kClusters = 64;

// Only the names of files and what lies behind them are at the input's mercy.
const std::vector<std::byte>& EmptyVolume() {
  static const std::vector<std::byte> volume = [] {
    std::vector<std::byte> bytes(kClusters * kClusterSize);
    const auto put = [&bytes](std::size_t at, std::span<const std::byte> from) {
      std::copy(from.begin(), from.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, test::ABootSector().U64(40, kClusters * 8));
    const std::size_t clusters = kRecords * kRecordSize / kClusterSize;
    auto mft = test::ANonResidentData(u"", 0, clusters - 1, kRecords * kRecordSize,
                                      test::Bytes{0x11, static_cast<int>(clusters), 4, 0});
    put(kMft, test::AFileRecord({mft}));
    put(kMft + 5 * kRecordSize, test::AFileRecord({}).U16(22, 3).U16(16, 5));
    return bytes;
  }();
  return volume;
}

// Gives a record the check values that it needs to be looked at: found by chance, they would be met
// once in 2^32 inputs.
void SealRecord(std::span<std::byte> record) {
  const std::size_t array = sidestream::LoadLe<std::uint16_t>(record.data() + 4);
  if (array < 42 || array > 504) return;
  for (const std::size_t word : {510u, 1022u}) {
    std::memcpy(record.data() + word, record.data() + array, 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = std::make_shared<test::MemoryImage>(EmptyVolume());
  // Else most inputs would be waited for: damage may be a record that is being written.
  image->can_change = false;
  const std::size_t most = (kRecords - kFirstUserRecord) * kRecordSize;
  std::byte* const users = image->bytes.data() + kMft + kFirstUserRecord * kRecordSize;
  if (size > 0) std::memcpy(users, data, std::min(size, most));
  for (std::size_t at = 0; at < std::min(size, most); at += kRecordSize) {
    SealRecord({users + at, kRecordSize});
  }

  const auto provider = sidestream::OpenNtfsBlocks(image, "fuzz");
  if (!provider.ok()) __builtin_trap();  // the input cannot reach what opening needs
  test::RememberingSink sink;
  const sidestream::ScanOptions options{
      .hash = true, .content_bytes = 100, .include_internal = true, .exclude = {}};
  if (provider.value()->Scan(options, sink)) __builtin_trap();
  for (const test::Row& row : sink.rows) {
    if (row.links.empty() || row.links.front() != row.path) __builtin_trap();
    const auto carrier = provider.value()->OpenCarrier(row.path, row.identity);
    if (!carrier.ok()) continue;
    const auto bytes = carrier.value()->Read(row.name, 0, 5000);
    if (bytes.ok()) fuzz::UseAll(bytes.value());
  }
  return 0;
}
