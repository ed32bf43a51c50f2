// What several threads, as those of a walk or of a volume, hand to one reader.

#include "streams/batch_queue.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../check.h"

using namespace sidestream;

namespace {

class NoLines : public LineWriter {
  bool Append(const FoundStream& /*stream*/, ByteBuffer& /*lines*/) const override { return false; }
};

std::vector<std::u16string> NamesToldBy(BatchQueue& queue) {
  std::vector<std::u16string> told;
  for (BatchQueue::Taken taken; !std::holds_alternative<BatchQueue::End>(taken);) {
    taken = queue.Take();
    if (auto* batch = std::get_if<Batch>(&taken)) {
      told.insert(told.end(), batch->names_to_come.begin(), batch->names_to_come.end());
    }
  }
  return told;
}

}  // namespace

TEST("a name that several threads announce is told once") {
  using Names = std::vector<std::u16string_view>;
  BatchQueue queue({.line_writer = std::make_shared<NoLines>()}, [] {});
  const auto announce = [&](const Names& names) {
    for (int round = 0; round < 100; ++round) queue.Announce(names);
  };
  std::thread one(announce, Names{u"Zone.Identifier", u"SmartScreen"});
  std::thread other(announce, Names{u"SmartScreen", u"Zone.Identifier", u"com.dropbox.attrs"});
  one.join();
  other.join();
  queue.Finish(Status());

  std::vector<std::u16string> told = NamesToldBy(queue);
  std::sort(told.begin(), told.end());
  const std::vector<std::u16string> expected{u"SmartScreen", u"Zone.Identifier",
                                             u"com.dropbox.attrs"};
  CHECK(told == expected);
}

TEST("no name is announced where no lines are made") {
  BatchQueue queue({}, [] {});
  queue.Announce(std::vector<std::u16string_view>{u"SmartScreen"});
  queue.Finish(Status());
  CHECK(NamesToldBy(queue).empty());
}
