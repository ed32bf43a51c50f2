#!/usr/bin/env bash
# Builds the tests of the live walk on Linux, and of the queue that its threads fill, twice: with the thread
# sanitizer, and with the address and undefined-behaviour sanitizers. Runs both. The last line is
# `N passed, N failed`; exit 1 on a failure.
#
#   scripts/test-walk.sh
#
# Needs g++ or clang++ (CXX chooses) with these sanitizers, and OpenSSL's headers and libcrypto.
set -euo pipefail
cd "$(dirname "$0")/.."

cxx=${CXX:-g++}
build=build/walk-test
flags=(-std=c++20 -O1 -g -Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer -Inative)
sources=(native/platform/linux/*.cc native/base/*.cc test/native/test_main.cc test/native/walk/*.cc)
for source in native/streams/*.cc; do
  # These also choose among providers, and would bring in all of them.
  case $source in */open_target.cc | */open_journal.cc | */scan_session.cc) ;; *) sources+=("$source") ;; esac
done

passed=0 failed=0
for sanitizers in thread address,undefined; do
  folder=$build/$sanitizers
  mkdir -p "$folder"
  newest_header=$(ls -t native/*/*.h native/platform/linux/*.h test/native/*.h | sed -n 1p)
  objects=() todo=()
  for source in "${sources[@]}"; do
    object=$folder/$(echo "$source" | tr / _).o
    objects+=("$object")
    if ! [ "$object" -nt "$source" ] || ! [ "$object" -nt "$newest_header" ]; then
      todo+=("$source" "$object")
    fi
  done
  how="${flags[*]} -fsanitize=$sanitizers -fno-sanitize-recover=all"
  if [ ${#todo[@]} -gt 0 ]; then
    printf '%s\n' "${todo[@]}" | xargs -n 2 -P "$(nproc)" sh -c '"$0" '"$how"' -c "$1" -o "$2"' "$cxx" ||
      { echo "test-walk: does not compile" >&2; echo '0 passed, 1 failed'; exit 1; }
  fi
  "$cxx" "-fsanitize=$sanitizers" "${objects[@]}" -lcrypto -lpthread -o "$folder/tests"
  echo "with the sanitizers: $sanitizers"
  # A finding that is no test's failure still ends the program with another code than 0.
  code=0
  "$folder/tests" | tee "$folder/output" || code=$?
  read -r ok _ bad _ < <(tail -1 "$folder/output")
  case $ok in *[!0-9]* | '') ok=0 bad=1 ;; esac
  [ "$code" = 0 ] || [ "$bad" != 0 ] || bad=1
  passed=$((passed + ok)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
