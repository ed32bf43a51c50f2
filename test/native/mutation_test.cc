// Damages the fixture's $MFT at random and scans it: nothing may crash, hang or read out of bounds.
// The sanitizers are the judges. The seed is printed; SIDESTREAM_SEED and SIDESTREAM_ROUNDS choose.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "image.h"

using namespace test;

namespace {

struct Change {
  std::size_t at;
  std::byte old;
};

unsigned long NumberFrom(const char* variable, unsigned long otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

class Mutator {
 public:
  explicit Mutator(unsigned long seed) : random_(seed), image_(AFixture()) {
    for (std::size_t at = 0; at + 1024 <= image_->bytes.size(); at += 1024) {
      if (std::memcmp(image_->bytes.data() + at, "FILE0", 5) == 0) records_.push_back(at);
    }
  }

  void Round() {
    std::vector<Change> changes;
    const std::size_t records = Below(4) == 0 ? Below(40) + 1 : Below(3) + 1;
    for (std::size_t i = 0; i < records; ++i) {
      // Every fourth time record 0 or the boot sector, on which everything else depends.
      const std::size_t choice = Below(8);
      const std::size_t record = choice == 0   ? 0
                                 : choice == 1 ? 4 * 4096
                                               : records_[Below(records_.size())];
      const std::size_t flips = Below(6) + 1;
      for (std::size_t flip = 0; flip < flips; ++flip) {
        // Mostly headers and attributes; the rest of a record is often unused.
        Set(record + Below(Below(2) == 0 ? 128 : 1024), Value(), changes);
      }
    }
    const std::size_t whole = image_->bytes.size();
    std::vector<std::byte> tail;
    if (Below(10) == 0) {
      const std::size_t length = Below(whole);
      tail.assign(image_->bytes.begin() + static_cast<std::ptrdiff_t>(length), image_->bytes.end());
      image_->bytes.resize(length);
    }
    ScanOnce();
    image_->bytes.insert(image_->bytes.end(), tail.begin(), tail.end());
    for (std::size_t i = changes.size(); i-- > 0;) image_->bytes[changes[i].at] = changes[i].old;
  }

 private:
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  std::byte Value() {
    constexpr int kNasty[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE, 0x20, 0x30};
    return static_cast<std::byte>(Below(2) == 0 ? kNasty[Below(8)] : static_cast<int>(Below(256)));
  }
  void Set(std::size_t at, std::byte value, std::vector<Change>& changes) {
    changes.push_back({at, image_->bytes[at]});
    image_->bytes[at] = value;
  }
  void ScanOnce() {
    // Where it may still be written, damage is looked at again after a pause: seldom, for that
    // takes a while.
    image_->can_change = Below(50) == 0;
    const auto provider = sidestream::OpenNtfsBlocks(image_, "mutated");
    if (!provider.ok()) return;
    RememberingSink sink;
    const sidestream::ScanOptions options{.hash = Below(2) == 0,
                                          .content_bytes = static_cast<std::uint32_t>(Below(5000)),
                                          .include_internal = Below(4) == 0,
                                          .exclude = {}};
    static_cast<void>(provider.value()->Scan(options, sink));
    for (std::size_t i = 0; i < 3 && !sink.rows.empty(); ++i) {
      const Row& row = sink.rows[Below(sink.rows.size())];
      const auto carrier = provider.value()->OpenCarrier(row.path, row.identity);
      if (!carrier.ok()) continue;
      static_cast<void>(carrier.value()->List());
      static_cast<void>(carrier.value()->Read(row.name, Below(10'000), 1u << 20));
    }
  }

  std::mt19937_64 random_;
  const std::shared_ptr<MemoryImage> image_;
  std::vector<std::size_t> records_;
};

}  // namespace

TEST("a volume with random damage is scanned to its end without a crash") {
  const auto clock = std::chrono::system_clock::now().time_since_epoch().count();
  const unsigned long seed = NumberFrom("SIDESTREAM_SEED", static_cast<unsigned long>(clock));
  const unsigned long rounds = NumberFrom("SIDESTREAM_ROUNDS", 2'000);
  std::printf("        SIDESTREAM_SEED=%lu SIDESTREAM_ROUNDS=%lu\n", seed, rounds);
  std::fflush(stdout);
  Mutator mutator(seed);
  for (unsigned long round = 0; round < rounds; ++round) mutator.Round();
}
