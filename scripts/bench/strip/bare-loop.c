/* What a strip cannot be faster than: opens each file and removes one extended attribute, nothing else.
 *
 * usage: bare-loop make|strip FOLDER FILES    strip prints {"wallMs": …} */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define NAME "user.DosStream.Zone.Identifier:$DATA"
/* With the NUL at its end, which Samba keeps too. */
static const char MARK[] = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example.com/setup.exe\r\n";

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const int is_make = strcmp(arguments[1], "make") == 0;
  const long files = atol(arguments[3]);
  char path[4096];
  if (chdir(arguments[2]) != 0) return 1;
  const double start = now_ms();
  for (long i = 0; i < files; ++i) {
    snprintf(path, sizeof path, "%ld", i / 100);
    if (is_make && i % 100 == 0) mkdir(path, 0755);
    snprintf(path, sizeof path, "%ld/file-%ld.exe", i / 100, i);
    const int file = open(path, is_make ? O_CREAT | O_RDWR : O_RDONLY, 0644);
    const int failed = is_make ? fsetxattr(file, NAME, MARK, sizeof MARK, 0) : fremovexattr(file, NAME);
    if (failed != 0) {
      perror(path);
      return 1;
    }
    close(file);
  }
  if (!is_make) printf("{\"wallMs\": %.3f}\n", now_ms() - start);
  return 0;
}
