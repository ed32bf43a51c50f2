#include "listing/timestamp.h"

#include <chrono>

namespace sidestream::listing {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

char* PutDigits(std::uint32_t number, int digits, char* to) {
  for (int i = digits; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

}  // namespace

char* PutTimestamp(std::int64_t ns, char* to) {
  std::int64_t seconds = ns / kNsPerSecond;
  std::int64_t fraction = ns % kNsPerSecond;
  if (fraction < 0) {
    --seconds;
    fraction += kNsPerSecond;
  }
  std::int64_t days = seconds / kSecondsPerDay;
  std::int64_t of_day = seconds % kSecondsPerDay;
  if (of_day < 0) {
    --days;
    of_day += kSecondsPerDay;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  const auto second = static_cast<std::uint32_t>(of_day);

  *to++ = '"';
  to = PutDigits(static_cast<std::uint32_t>(static_cast<int>(date.year())), 4, to);
  *to++ = '-';
  to = PutDigits(static_cast<unsigned>(date.month()), 2, to);
  *to++ = '-';
  to = PutDigits(static_cast<unsigned>(date.day()), 2, to);
  *to++ = 'T';
  to = PutDigits(second / 3600, 2, to);
  *to++ = ':';
  to = PutDigits(second / 60 % 60, 2, to);
  *to++ = ':';
  to = PutDigits(second % 60, 2, to);
  if (fraction != 0) {
    *to++ = '.';
    to = PutDigits(static_cast<std::uint32_t>(fraction), 9, to);
    while (to[-1] == '0') --to;
  }
  *to++ = 'Z';
  *to++ = '"';
  return to;
}

}  // namespace sidestream::listing
