// The platform for every other operating system, linked into these tests: what it builds and
// promises.

#include <cstdlib>

#include "check.h"
#include "streams/change_journal.h"
#include "streams/stream_provider.h"

using sidestream::OpenChangeJournal;
using sidestream::OpenTarget;

namespace {

std::u16string FixturePath() {
  const char* const path = std::getenv("SIDESTREAM_FIXTURE");
  if (path == nullptr) throw check::Skipped("SIDESTREAM_FIXTURE is not set");
  const std::string bytes = path;
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST("an operating system without a live provider reads images, and never calls a folder clean") {
  const auto image = OpenTarget(FixturePath(), {});
  CHECK(image.ok());
  CHECK_EQUAL(image.value()->target().provider, "mft");
  const auto folder = OpenTarget(u"native", {});
  CHECK(!folder.ok());
  CHECK_EQUAL(folder.error().code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(OpenTarget(u"native/README.md", {}).error().code, "ADS_UNSUPPORTED");
  CHECK_EQUAL(OpenTarget(u"no such file", {}).error().code, "ADS_NOT_FOUND");
}

TEST("an operating system without a change journal reads that of an image") {
  const auto journal = OpenChangeJournal(FixturePath());
  CHECK(journal.ok());
  CHECK_EQUAL(journal.value()->Query().error().system_code, sidestream::kJournalNotActive);
  CHECK_EQUAL(OpenChangeJournal(u"native").error().code, "ADS_UNSUPPORTED");
}
