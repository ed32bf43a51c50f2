// A scan of a damaged image, in a real file, that is cancelled while it waits for records to be
// whole.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <thread>

#include "synthetic_volume.h"

using namespace test;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds kPromised(100);

class ImageFile {
 public:
  explicit ImageFile(const SyntheticVolume& volume) : file_(std::tmpfile()) {
    const auto& bytes = volume.image()->bytes;
    CHECK_EQUAL(std::fwrite(bytes.data(), 1, bytes.size(), file_), bytes.size());
    std::fflush(file_);
  }
  ~ImageFile() { std::fclose(file_); }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fileno(file_)); }
  void Write(std::size_t at, std::span<const std::byte> bytes) {
    CHECK_EQUAL(pwrite(fileno(file_), bytes.data(), bytes.size(), static_cast<off_t>(at)),
                static_cast<ssize_t>(bytes.size()));
  }

 private:
  std::FILE* const file_;
};

class CancelledSink final : public sidestream::ScanSink {
 public:
  void Add(const sidestream::FoundStream&) override {}
  void AddUnreadable(sidestream::Unreadable) override {}
  void Advance(std::uint64_t, double fraction) override { on_advance(fraction); }
  bool IsCancelled() const override { return cancelled; }

  std::function<void(double)> on_advance = [](double) {};
  std::atomic<bool> cancelled{false};
};

// How long the scan goes on after the `moment` at which it is cancelled.
milliseconds ScanThenCancel(const std::string& path, CancelledSink& sink,
                            const std::function<void()>& moment) {
  const auto provider = sidestream::OpenNtfsImage(path);
  CHECK(provider.ok());
  auto scan = std::async(std::launch::async, [&] {
    return provider.value()->Scan({.hash = true, .exclude = {}}, sink);
  });
  moment();
  CHECK(scan.wait_for(milliseconds(0)) == std::future_status::timeout);
  const auto start = Clock::now();
  sink.cancelled = true;
  CHECK(!scan.get());
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

}  // namespace

TEST("a scan that waits for the bases of extension records ends within 100 ms of its cancel") {
  SyntheticVolume volume;
  for (std::size_t i = 0; i < 16; ++i) {
    volume.Record(30 + 2 * i, AFileRecord({AName(u"torn")}).U16(510, 0xFFFF));
    volume.Extension(31 + 2 * i, ReferenceTo(30 + 2 * i), {AStream(u"s")});
  }
  const ImageFile file(volume);
  CancelledSink sink;
  std::promise<void> pass_ended;
  std::atomic<bool> has_ended{false};
  sink.on_advance = [&](double fraction) {
    // The pass reports its whole share twice: read, and looked at again.
    if (fraction >= 0.75 && has_ended.exchange(true)) pass_ended.set_value();
  };
  const auto took = ScanThenCancel(file.path(), sink, [&] {
    pass_ended.get_future().wait();
    std::this_thread::sleep_for(milliseconds(20));
  });
  CHECK(took < kPromised);
}

TEST("a scan that waits for the contents of records torn meanwhile ends within 100 ms, too") {
  SyntheticVolume volume;
  constexpr int kFree = SyntheticVolume::kFreeCluster;
  const auto file_record = [&] {
    return AFileRecord({AName(u"f"), ANonResidentData(u"s", 0, 0, 100, Bytes{0x21, 1, kFree, 0})});
  };
  for (std::size_t i = 30; i < 40; ++i) volume.Record(i, file_record());
  ImageFile file(volume);
  CancelledSink sink;
  std::promise<void> pass_ended;
  std::atomic<int> reports{0};
  sink.on_advance = [&](double fraction) {
    if (fraction < 0.75 || ++reports != 2) return;
    for (std::size_t i = 30; i < 40; ++i) {
      file.Write(4 * kCluster + i * 1024, file_record().U16(510, 0xFFFF));
    }
    pass_ended.set_value();
  };
  const auto took = ScanThenCancel(file.path(), sink, [&] {
    pass_ended.get_future().wait();
    std::this_thread::sleep_for(milliseconds(20));
  });
  CHECK(took < kPromised);
}
