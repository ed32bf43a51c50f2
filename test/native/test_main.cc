// Runs every test that is linked in.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "check.h"

namespace check {

std::vector<Test>& AllTests() {
  static std::vector<Test> tests;
  return tests;
}

}  // namespace check

int main() {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  for (const check::Test& test : check::AllTests()) {
    try {
      test.run();
      ++passed;
      std::printf("ok      %s\n", test.name);
    } catch (const check::Skipped& why) {
      ++skipped;
      std::printf("skipped %s: %s\n", test.name, why.what());
    } catch (const std::exception& failure) {
      ++failed;
      std::printf("FAILED  %s\n        %s\n", test.name, failure.what());
    }
    std::fflush(stdout);
  }
  if (skipped > 0) std::printf("%d skipped\n", skipped);
  std::printf("%d passed, %d failed\n", passed, failed);
  // With CI=true a skipped test is a failure: nobody would read the list.
  const char* const ci = std::getenv("CI");
  const bool is_ci = ci != nullptr && *ci != '\0';
  return failed > 0 || (is_ci && skipped > 0) ? 1 : 0;
}
