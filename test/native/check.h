// The whole test framework: TEST("a sentence about behaviour") { CHECK(...); CHECK_EQUAL(a, b); }
//
// Every file of tests links into one program; test_main.cc runs them all and prints the last line
// `N passed, N failed`. A failed check ends its test and not the run.

#pragma once

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*run)();
};

// A test that cannot run here (no fixture, say) throws this: counted, and never as passed.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<Test>& AllTests();

struct Registration {
  Registration(const char* name, void (*run)()) { AllTests().push_back({name, run}); }
};

[[noreturn]] inline void Fail(const char* file, int line, const std::string& what) {
  throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

template <typename T>
std::string Show(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (requires(std::ostringstream & out) { out << value; }) {
    std::ostringstream out;
    out << value;
    return out.str();
  } else {
    return "(a value that cannot be shown)";
  }
}

template <typename A, typename B>
void Equal(const char* file, int line, const char* text, const A& actual, const B& expected) {
  bool is_equal = false;
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B> && !std::is_same_v<A, bool>) {
    is_equal = std::cmp_equal(actual, expected);
  } else {
    is_equal = actual == expected;
  }
  if (!is_equal) {
    Fail(file, line,
         std::string(text) + ": expected " + Show(expected) + ", found " + Show(actual));
  }
}

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define TEST(name)                                                     \
  static void CHECK_JOIN(Test, __LINE__)();                            \
  static const check::Registration CHECK_JOIN(registration, __LINE__)( \
      name, &CHECK_JOIN(Test, __LINE__));                              \
  static void CHECK_JOIN(Test, __LINE__)()
#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) check::Fail(__FILE__, __LINE__, #condition); \
  } while (false)
#define CHECK_EQUAL(actual, expected) check::Equal(__FILE__, __LINE__, #actual, actual, expected)
