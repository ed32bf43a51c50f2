// A stream depot on real files, with somebody who changes it between two of our calls.

#include "platform/linux/samba_depot.h"

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "../check.h"
#include "base/unique_fd.h"
#include "platform/linux/depot_place.h"
#include "platform/linux/posix_identity.h"

using namespace sidestream;
namespace fs = std::filesystem;

namespace {

// `share/file` and, in `share/.streams`, its one stream `s`.
class Share {
 public:
  Share() {
    std::string name = (fs::temp_directory_path() / "sidestream-depot-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = fs::canonical(name);
    fs::create_directory(folder());
    std::ofstream(folder() / "file").flush();
    fd_ = UniqueFd(open((folder() / "file").c_str(), O_PATH | O_CLOEXEC));
    const auto facts = FactsOf(fd_.get()).value();
    const fs::path place = fs::path(depot()) / DepotPlace(facts.device, facts.inode);
    fs::create_directories(place);
    std::ofstream(place / DepotFileOf("s")) << "content";
  }
  ~Share() { fs::remove_all(root_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  fs::path root() const { return root_; }
  fs::path folder() const { return root_ / "share"; }
  std::string depot() const { return (folder() / ".streams").string(); }
  CarrierRef carrier() const {
    return {XattrPlace::Behind(fd_.get()), fd_.get(), -1, "file", false, 0};
  }
  StoredStream stream() const {
    const auto listing = ListDepot(depot(), carrier());
    return listing.value()->streams.at(0);
  }
  // The same, reached through a link.
  void Swap() const {
    fs::rename(folder(), root_ / "away");
    fs::create_directory_symlink(root_ / "away", folder());
  }

 private:
  fs::path root_;
  UniqueFd fd_;
};

}  // namespace

TEST(
    "a depot below a folder that was swapped for a link is refused, and nothing in it is touched") {
  const Share share;
  const StoredStream stream = share.stream();
  CHECK(MeasureInDepot(stream).ok());
  share.Swap();
  CHECK_EQUAL(MeasureInDepot(stream).error().code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(ReadFromDepot(stream, 0, 7).error().code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(ReplaceInDepot(stream, {})->code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(RemoveFromDepot(stream)->code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(CreateInDepot(share.depot(), false, share.carrier(), "new", {})->code,
              "ADS_UNSUPPORTED");
  const auto listing = ListDepot(share.depot(), share.carrier());
  CHECK(listing.value()->incomplete.has_value());
  CHECK(fs::exists(stream.key));
}

TEST("no depot is made below a folder that was swapped for a link") {
  const Share share;
  fs::remove_all(share.depot());
  share.Swap();
  CHECK_EQUAL(CreateInDepot(share.depot(), false, share.carrier(), "new", {})->code,
              "ADS_UNSUPPORTED");
  CHECK(!fs::exists(share.depot()));
}

TEST("a stream's file that was replaced since it was listed is neither read nor removed") {
  const Share share;
  const StoredStream stream = share.stream();
  const fs::path other = share.root() / "other";
  std::ofstream(other) << "content";
  fs::rename(other, stream.key);
  CHECK_EQUAL(ReadFromDepot(stream, 0, 7).error().code, "ADS_IDENTITY_CHANGED");
  CHECK_EQUAL(RemoveFromDepot(stream)->code, "ADS_IDENTITY_CHANGED");
  CHECK(fs::exists(stream.key));
  CHECK(!RemoveFromDepot(share.stream()));
  CHECK(!fs::exists(stream.key));
}
