#include "ntfs/run_list.h"

#include "bytes.h"
#include "check.h"

using sidestream::ntfs::DecodeRunList;
using sidestream::ntfs::Run;
using test::Bytes;

namespace {

constexpr std::uint64_t kClusters = 100'000'000;

}  // namespace

TEST("the run list in the header's comment decodes to three runs") {
  std::vector<Run> runs;
  const Bytes bytes{0x31, 0x38, 0x73, 0x25, 0x34, 0x32, 0x14, 0x01, 0xe5,
                    0x11, 0x02, 0x31, 0x42, 0xaa, 0x00, 0x03, 0x00};
  CHECK(!DecodeRunList(bytes, 0, {0, 0x38 + 0x114 + 0x42 - 1, kClusters}, runs));
  CHECK_EQUAL(runs.size(), 3);
  CHECK_EQUAL(runs[0].lcn, 0x342573);
  CHECK_EQUAL(runs[1].lcn, 0x342573 + 0x211e5);
  CHECK_EQUAL(runs[2].vcn, 0x38 + 0x114);
}

TEST("a distance can be negative, and a run can begin at cluster 0") {
  std::vector<Run> runs;
  CHECK(!DecodeRunList(Bytes{0x11, 1, 5, 0x11, 1, 0xFB, 0}, 0, {0, 1, kClusters}, runs));
  CHECK_EQUAL(runs[1].lcn, 0);
}

TEST("a run without a distance is a hole and leaves the position where it was") {
  std::vector<Run> runs;
  CHECK(!DecodeRunList(Bytes{0x11, 1, 5, 0x01, 9, 0x11, 1, 2, 0}, 0, {0, 10, kClusters}, runs));
  CHECK(runs[1].is_hole());
  CHECK_EQUAL(runs[2].lcn, 7);
  CHECK_EQUAL(runs[2].vcn, 10);
}

TEST("a run outside the volume is refused, before its start and after its end") {
  std::vector<Run> runs;
  CHECK(DecodeRunList(Bytes{0x11, 1, 0xFF, 0}, 0, {0, 0, kClusters}, runs).has_value());
  CHECK(DecodeRunList(Bytes{0x11, 2, 9, 0}, 0, {0, 1, 10}, runs).has_value());
  CHECK(DecodeRunList(Bytes{0x81, 1, 255, 255, 255, 255, 255, 255, 255, 127, 0}, 0,
                      {0, 0, kClusters}, runs)
            .has_value());
}

TEST("lengths of zero, of nine bytes, or that overflow are refused") {
  std::vector<Run> runs;
  CHECK(DecodeRunList(Bytes{0x11, 0, 5, 0}, 0, {0, 0, kClusters}, runs).has_value());
  CHECK(DecodeRunList(Bytes{0x19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, {0, 0, kClusters}, runs)
            .has_value());
  CHECK(DecodeRunList(Bytes{0x08, 255, 255, 255, 255, 255, 255, 255, 255, 0}, 0, {0, 0, kClusters},
                      runs)
            .has_value());
  CHECK(DecodeRunList(Bytes{0x11, 1, 5, 0}, 0, {UINT64_MAX, 0, kClusters}, runs).has_value());
}

TEST(
    "a list that is shorter than the attribute says is refused, so that no stream is cut "
    "silently") {
  std::vector<Run> runs;
  CHECK(DecodeRunList(Bytes{0x11, 4, 5, 0}, 0, {0, 9, kClusters}, runs).has_value());
}

TEST("an empty attribute has last VCN -1 and no runs") {
  std::vector<Run> runs;
  CHECK(!DecodeRunList(Bytes{0}, 0, {0, UINT64_MAX, kClusters}, runs));
  CHECK(runs.empty());
}

TEST("no truncation of a run list is read past its end") {
  const Bytes bytes{0x31, 0x38, 0x73, 0x25, 0x34, 0x32, 0x14, 0x01, 0xe5, 0x11, 0x02};
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    std::vector<Run> runs;
    const auto cut = bytes.First(size);
    CHECK(DecodeRunList(cut, 0, {0, 0x38 + 0x114 - 1, kClusters}, runs).has_value());
  }
}
