// The walk of a live folder, on real files: what no test from outside can bring about at will.

#include "platform/linux/walk.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>

#include "../check.h"
#include "base/unique_fd.h"
#include "base/utf16.h"
#include "streams/batch_queue.h"

using namespace sidestream;
namespace fs = std::filesystem;

namespace {

// Longer than a file must be left alone before it is read by its name.
constexpr auto kSettles = std::chrono::milliseconds(2300);

class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "sidestream-walk-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const fs::path& path() const { return path_; }

  // A file with a stream `s` that holds its inode number.
  fs::path Carrier(const std::string& name) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path).flush();
    const std::string value = std::to_string(InodeOf(path)) + '\0';
    if (setxattr(path.c_str(), "user.DosStream.s:$DATA", value.data(), value.size(), 0) != 0) {
      throw check::Skipped("no user extended attributes in " + path_.string());
    }
    return path;
  }

  static std::uint64_t InodeOf(const fs::path& path) {
    return FactsOf(AT_FDCWD, path.c_str()).value().inode;
  }

 private:
  fs::path path_;
};

class Sink final : public ScanSink {
 public:
  void Add(const FoundStream& stream) override {
    const std::lock_guard lock(mutex_);
    const auto& content = *stream.content;
    rows_.insert(TextFromUnits(stream.path) + " " + std::string(stream.identity) + " " +
                 std::string(reinterpret_cast<const char*>(content.data()), content.size()));
    const std::string inode(stream.identity.substr(6, stream.identity.find(':', 6) - 6));
    mixed_ += inode.compare(0, inode.size(), reinterpret_cast<const char*>(content.data()),
                            content.size()) != 0;
    if (rows_.size() == cancels_at_) is_cancelled_ = true;
  }
  void AddUnreadable(Unreadable unreadable) override {
    const std::lock_guard lock(mutex_);
    unreadable_.insert(TextFromUnits(unreadable.path) + " " + unreadable.error.code);
  }
  void Advance(std::uint64_t carriers, double) override { carriers_ += carriers; }
  bool IsCancelled() const override { return is_cancelled_; }

  void CancelAt(std::size_t rows) { cancels_at_ = rows; }
  const std::set<std::string>& rows() const { return rows_; }
  std::uint64_t carriers() const { return carriers_; }
  const std::set<std::string>& unreadable() const { return unreadable_; }
  // Rows whose content is of another inode than their identity.
  int mixed() const { return mixed_; }

 private:
  std::mutex mutex_;
  std::set<std::string> rows_;
  std::set<std::string> unreadable_;
  int mixed_ = 0;
  std::size_t cancels_at_ = 0;
  std::atomic<std::uint64_t> carriers_ = 0;
  std::atomic<bool> is_cancelled_ = false;
};

// Samba's, with something happening right after each look and each read.
class Watched final : public StreamScheme {
 public:
  using Hook = std::function<void(const CarrierRef&)>;
  explicit Watched(Hook after_read) : after_read_(std::move(after_read)) {}

  const char* provider() const override { return samba_->provider(); }
  Result<FirstLook> LookAt(const XattrPlace& place) const override { return samba_->LookAt(place); }
  Result<StreamListing> List(const CarrierRef& carrier) const override {
    return samba_->List(carrier);
  }
  Result<StreamMeasure> Measure(const CarrierRef& carrier, const StoredStream& s) const override {
    return samba_->Measure(carrier, s);
  }
  Result<MeasuredFront> MeasureAndRead(const CarrierRef& carrier, const StoredStream& stream,
                                       std::uint64_t length) const override {
    auto both = samba_->MeasureAndRead(carrier, stream, length);
    after_read_(carrier);
    return both;
  }
  Result<std::vector<std::byte>> Read(const CarrierRef& carrier, const StoredStream& stream,
                                      std::uint64_t offset, std::uint64_t length) const override {
    return samba_->Read(carrier, stream, offset, length);
  }
  Status Remove(const CarrierRef& carrier, const StoredStream& stream) const override {
    return samba_->Remove(carrier, stream);
  }
  Status Replace(const CarrierRef& carrier, const StoredStream& stream,
                 std::span<const std::byte> bytes) const override {
    return samba_->Replace(carrier, stream, bytes);
  }
  Status Create(const CarrierRef& carrier, const std::string& name,
                std::span<const std::byte> bytes) const override {
    return samba_->Create(carrier, name, bytes);
  }

 private:
  const std::shared_ptr<const StreamScheme> samba_ = MakeSambaScheme({});
  const Hook after_read_;
};

Status WalkIt(
    const fs::path& folder, ScanSink& sink, std::uint32_t threads,
    Watched::Hook after_read = [](const CarrierRef&) {}) {
  const UniqueFd fd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto facts = FactsOf(fd.get());
  const MountTable mounts = MountTable::Read();
  const auto scheme = std::make_shared<Watched>(std::move(after_read));
  FileSystem file_system = InspectFileSystem(fd.get(), facts.value(), mounts, scheme);
  const WalkTarget target{fd.get(),        facts.value().device, UnitsFromBytes(folder.string()),
                          folder.string(), file_system,          scheme};
  ScanOptions options;
  options.content_bytes = 100;
  options.threads = threads;
  Status status;
  // A walk changes its thread's working folder.
  std::thread([&] { status = Walk(target, mounts, options, sink); }).join();
  return status;
}

// Folders of few files, and one of very many.
constexpr int kFolders = 40;
constexpr int kInEach = 20;
constexpr int kInLarge = 4000;

void MakeTree(const TempFolder& folder) {
  for (int n = 0; n < kFolders; ++n) {
    for (int i = 0; i < kInEach; ++i) {
      folder.Carrier(std::to_string(n % 7) + "/" + std::to_string(n) + "/" + std::to_string(i));
    }
  }
  for (int i = 0; i < kInLarge; ++i) folder.Carrier("large/" + std::to_string(i));
}

}  // namespace

TEST("a settled carrier is read by name, and a fresh one by descriptor") {
  const TempFolder folder;
  folder.Carrier("settled");
  std::this_thread::sleep_for(kSettles);
  folder.Carrier("fresh");
  std::set<std::string> by_name;
  Sink sink;
  WalkIt(folder.path(), sink, 1, [&](const CarrierRef& carrier) {
    if (carrier.fd == -1) by_name.emplace(carrier.base_name);
    if (carrier.fd != -1) CHECK_EQUAL(carrier.base_name, "fresh");
  });
  // The fresh one was first tried by name, too.
  CHECK_EQUAL(by_name.size(), 2);
  CHECK_EQUAL(sink.rows().size(), 2);
  CHECK_EQUAL(sink.mixed(), 0);
}

TEST("a carrier replaced while it was read by name is one file in the listing and not two") {
  const TempFolder folder;
  const fs::path replaced = folder.Carrier("replaced");
  const fs::path other = folder.Carrier("sub/other");
  const std::uint64_t inode = TempFolder::InodeOf(other);
  std::this_thread::sleep_for(kSettles);
  Sink sink;
  WalkIt(folder.path(), sink, 1, [&](const CarrierRef& carrier) {
    if (carrier.base_name == "replaced" && fs::exists(other)) fs::rename(other, replaced);
  });
  CHECK_EQUAL(sink.mixed(), 0);
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK(sink.rows().begin()->find("posix:" + std::to_string(inode)) != std::string::npos);
}

TEST("a carrier that was swapped away and back while it was read is not taken for settled") {
  const TempFolder folder;
  const fs::path swapped = folder.Carrier("swapped");
  std::this_thread::sleep_for(kSettles);
  std::vector<int> descriptors;
  Sink sink;
  WalkIt(folder.path(), sink, 1, [&](const CarrierRef& carrier) {
    descriptors.push_back(carrier.fd);
    if (carrier.fd != -1) return;
    fs::rename(swapped, folder.path() / "away");
    fs::rename(folder.path() / "away", swapped);
  });
  CHECK_EQUAL(descriptors.size(), 2);
  CHECK_EQUAL(descriptors[0], -1);
  CHECK(descriptors[1] >= 0);
  CHECK_EQUAL(sink.rows().size(), 1);
}

// A carrier `sub/a` with the second name `sub/b`. `as_met` happens once both are met, at a carrier
// in the folder below.
void WalkLinked(const TempFolder& folder, Sink& sink, const std::function<void()>& as_met) {
  fs::create_hard_link(folder.Carrier("sub/a"), folder.path() / "sub" / "b");
  folder.Carrier("sub/below/last");
  std::this_thread::sleep_for(kSettles);
  WalkIt(folder.path(), sink, 1, [&](const CarrierRef& carrier) {
    if (carrier.base_name == "last") as_met();
  });
}

std::set<std::string> OnlyUnreadable(const fs::path& path, const std::string& code) {
  return {path.string() + " " + code};
}

TEST("a linked carrier below a folder that is renamed before the walk ends is unreadable") {
  const TempFolder folder;
  Sink sink;
  WalkLinked(folder, sink, [&] { fs::rename(folder.path() / "sub", folder.path() / "renamed"); });
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK(sink.unreadable() == OnlyUnreadable(folder.path() / "sub" / "a", "ADS_IDENTITY_CHANGED"));
}

TEST("a linked carrier whose folder another one has replaced is unreadable") {
  const TempFolder folder;
  Sink sink;
  WalkLinked(folder, sink, [&] {
    fs::rename(folder.path() / "sub", folder.path() / "renamed");
    fs::create_directory(folder.path() / "sub");
  });
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK(sink.unreadable() == OnlyUnreadable(folder.path() / "sub" / "a", "ADS_IDENTITY_CHANGED"));
}

TEST("a linked carrier that was replaced under all its names is unreadable") {
  const TempFolder folder;
  Sink sink;
  WalkLinked(folder, sink, [&] {
    // So that its inode number is not given to one of the new files.
    fs::create_hard_link(folder.path() / "sub" / "a", folder.path() / "kept");
    for (const char* name : {"a", "b"}) {
      fs::remove(folder.path() / "sub" / name);
      std::ofstream(folder.path() / "sub" / name).flush();
    }
  });
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK(sink.unreadable() == OnlyUnreadable(folder.path() / "sub" / "a", "ADS_IDENTITY_CHANGED"));
}

TEST("a linked carrier is unreadable if no descriptor is to be had for it") {
  const TempFolder folder;
  Sink sink;
  rlimit before = {};
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  WalkLinked(folder, sink, [&] {
    const rlimit none{0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  });
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK(sink.unreadable() == OnlyUnreadable(folder.path() / "sub" / "a", "ADS_IO"));
}

TEST("a linked carrier is found by the one name that is left") {
  const TempFolder folder;
  Sink sink;
  WalkLinked(folder, sink, [&] { fs::remove(folder.path() / "sub" / "a"); });
  CHECK_EQUAL(sink.rows().size(), 2);
  CHECK_EQUAL(sink.unreadable().size(), 0);
}

TEST("a linked carrier that vanished with all its names is nothing to report, as any file") {
  const TempFolder folder;
  Sink sink;
  WalkLinked(folder, sink, [&] {
    fs::remove(folder.path() / "sub" / "a");
    fs::remove(folder.path() / "sub" / "b");
  });
  CHECK_EQUAL(sink.rows().size(), 1);
  CHECK_EQUAL(sink.unreadable().size(), 0);
}

TEST("any number of walkers finds what one finds, and counts it once") {
  const TempFolder folder;
  MakeTree(folder);
  for (const bool is_settled : {false, true}) {
    if (is_settled) std::this_thread::sleep_for(kSettles);
    Sink alone;
    CHECK(!WalkIt(folder.path(), alone, 1));
    CHECK_EQUAL(alone.rows().size(), kFolders * kInEach + kInLarge);
    for (std::uint32_t threads = 2; threads <= 8; ++threads) {
      Sink sink;
      CHECK(!WalkIt(folder.path(), sink, threads));
      CHECK(sink.rows() == alone.rows());
      CHECK_EQUAL(sink.carriers(), alone.carriers());
      CHECK_EQUAL(sink.unreadable().size(), 0);
    }
  }
}

TEST("a caller that waits is told what was found while the walk goes on") {
  const TempFolder folder;
  MakeTree(folder);
  std::this_thread::sleep_for(kSettles);
  for (const std::uint32_t threads : {1, 4}) {
    BatchQueue queue({.streams = 100'000}, [] {});
    std::atomic<std::size_t> reads = 0;
    std::thread walk([&] {
      queue.Finish(WalkIt(folder.path(), queue, threads, [&](const CarrierRef&) {
        ++reads;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }));
    });
    std::size_t reads_at_first = 0;
    std::size_t rows = 0;
    for (BatchQueue::Taken taken; !std::holds_alternative<BatchQueue::End>(taken);) {
      taken = queue.Take();
      if (const auto* batch = std::get_if<Batch>(&taken)) {
        if (rows == 0) reads_at_first = reads;
        rows += batch->count();
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    walk.join();
    CHECK_EQUAL(rows, kFolders * kInEach + kInLarge);
    CHECK(reads_at_first < reads);
  }
}

TEST("walkers share the files of one large folder") {
  const TempFolder folder;
  MakeTree(folder);
  std::mutex mutex;
  std::set<std::thread::id> in_large;
  Sink sink;
  WalkIt(folder.path() / "large", sink, 4, [&](const CarrierRef&) {
    const std::lock_guard lock(mutex);
    in_large.insert(std::this_thread::get_id());
  });
  CHECK_EQUAL(sink.rows().size(), kInLarge);
  CHECK(in_large.size() > 1);
}

TEST("walkers mix nothing up while files are moved between folders") {
  const TempFolder folder;
  MakeTree(folder);
  std::this_thread::sleep_for(kSettles);
  std::atomic<bool> is_over = false;
  std::thread mover([&] {
    for (int n = 0; !is_over; n = (n + 1) % kInLarge) {
      const fs::path one = folder.path() / "large" / std::to_string(n);
      const fs::path two = folder.path() / "3" / "3" / std::to_string(n % kInEach);
      const fs::path spare = folder.path() / "spare";
      fs::rename(one, spare);
      fs::rename(two, one);
      fs::rename(spare, two);
    }
  });
  int mixed = 0;
  std::size_t fewest = kInLarge;
  for (int round = 0; round < 10; ++round) {
    Sink sink;
    WalkIt(folder.path(), sink, 4);
    mixed += sink.mixed();
    fewest = std::min(fewest, sink.rows().size());
  }
  is_over = true;
  mover.join();
  CHECK_EQUAL(mixed, 0);
  CHECK(fewest > kInLarge / 2);
}

TEST("a walk that is cancelled ends on all threads") {
  const TempFolder folder;
  MakeTree(folder);
  for (const std::size_t rows : {1, 100, 2000}) {
    Sink sink;
    sink.CancelAt(rows);
    CHECK(!WalkIt(folder.path(), sink, 4));
    CHECK(sink.rows().size() >= rows);
    // Each of the other three may be adding one.
    CHECK(sink.rows().size() <= rows + 3);
  }
}

TEST("running out of memory on one thread ends the walk with an error") {
  const TempFolder folder;
  MakeTree(folder);
  std::atomic<int> reads = 0;
  Sink sink;
  const Status status = WalkIt(folder.path(), sink, 4, [&](const CarrierRef&) {
    if (++reads == 500) throw std::bad_alloc();
  });
  CHECK(status.has_value());
  CHECK_EQUAL(status->code, "ADS_IO");
}
