#include "platform/linux/walk.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "platform/linux/report_linked.h"
#include "platform/linux/walk_context.h"
#include "platform/linux/walker.h"

namespace sidestream {
namespace {

enum class Start { kAtTarget, kWithNothing };

// One walker's whole life. What one cannot go on from (out of memory) ends the walk for all.
void RunWalker(WalkContext& context, Start start) {
  try {
    // On the heap: the reader's buffer is large for a thread's stack.
    const auto walker = std::make_unique<Walker>(context);
    if (start == Start::kAtTarget) walker->EnterTarget();
    walker->Run();
  } catch (const std::exception& exception) {
    context.Fail({"ADS_IO", 0, "scan", exception.what()});
  }
  context.exchange().Leave();
}

// Fewer where the system has no more threads to give.
std::vector<std::jthread> StartHelpers(WalkContext& context, std::size_t count) {
  std::vector<std::jthread> helpers;
  helpers.reserve(count);
  try {
    while (helpers.size() < count) {
      helpers.emplace_back([&context] { RunWalker(context, Start::kWithNothing); });
    }
  } catch (const std::system_error&) {
    for (std::size_t missing = helpers.size(); missing < count; ++missing) {
      context.exchange().Leave();
    }
  }
  return helpers;
}

}  // namespace

Status Walk(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
            ScanSink& sink) {
  const std::size_t walkers = std::max<std::size_t>(options.threads, 1);
  WalkContext context(target, mounts, options, sink, walkers);
  {
    const auto helpers = StartHelpers(context, walkers - 1);
    RunWalker(context, Start::kAtTarget);
  }
  if (!context.failure()) ReportLinked(context);
  return context.failure();
}

}  // namespace sidestream
