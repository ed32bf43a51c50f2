#!/usr/bin/env bash
# Builds the tests of native/ntfs, native/volume, native/listing and native/platform/unsupported with the address and
# undefined-behaviour sanitizers, and runs them. The last line is `N passed, N failed`; exit 1 on a failure.
#
#   scripts/test-native.sh [--driver]     --driver: only build build/native-test/*_driver
#
# Needs g++ or clang++ (CXX chooses) and OpenSSL's headers and libcrypto. SIDESTREAM_SEED and
# SIDESTREAM_ROUNDS repeat or prolong the mutation test.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "test-native: $*" >&2; echo '0 passed, 1 failed'; exit 1; }

# Any finding of a sanitizer ends the run: a test that goes on after one proves nothing.
sanitizers=(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

build=build/native-test
mkdir -p "$build"
printf '#include <openssl/evp.h>\nint main() { return EVP_sha256() == nullptr; }\n' >"$build/probe.cc"
printf 'int main() {}\n' >"$build/empty.cc"
: >"$build/probe.log"

# The first compiler that has its sanitizers' runtime as well; clang's is a package of its own.
cxx=
for candidate in ${CXX:-g++ clang++}; do
  if "$candidate" "${sanitizers[@]}" "$build/empty.cc" -o "$build/probe" 2>>"$build/probe.log"; then
    cxx=$candidate
    break
  fi
done
[ -n "$cxx" ] || die "needs a C++20 compiler with sanitizers: apt-get install g++ (details: $build/probe.log)"
"$cxx" "$build/probe.cc" -lcrypto -o "$build/probe" 2>>"$build/probe.log" ||
  die "needs OpenSSL's headers and libcrypto: apt-get install libssl-dev (details: $build/probe.log)"

flags=(-std=c++20 -O1 -g -Wall -Wextra -Wconversion -Werror -Inative -Itest/native)
# Recompiles what is older than any header or itself; good enough for some forty small files.
newest_header=$(ls -t native/*/*.h test/native/*.h | sed -n 1p)
# Objects of another compiler or other flags do not mix.
used="$cxx ${flags[*]} ${sanitizers[*]}"
[ "$(cat "$build/compiler" 2>/dev/null)" = "$used" ] || echo "$used" >"$build/compiler"
objects=()
test_objects=()
driver_objects=()
todo=()
for source in native/{ntfs,volume,listing,streams,platform/unsupported}/*.cc native/base/sha256.cc \
  native/base/run_on_threads.cc test/native/*.cc; do
  # Not of these tests: test/conformance/tree/memory.test.ts builds it.
  case $source in test/native/memory_*) continue ;; esac
  object=$build/$(echo "$source" | tr / _).o
  if ! [ "$object" -nt "$source" ] || ! [ "$object" -nt "$newest_header" ] || ! [ "$object" -nt "$build/compiler" ]; then
    todo+=("$source" "$object")
  fi
  case $source in
    test/native/*_driver.cc) driver_objects+=("$object") ;;
    test/native/*) test_objects+=("$object") ;;
    *) objects+=("$object") ;;
  esac
done
if [ ${#todo[@]} -gt 0 ]; then
  printf '%s\n' "${todo[@]}" | xargs -n 2 -P "$(nproc)" sh -c \
    '"$0" '"${flags[*]} ${sanitizers[*]}"' -c "$1" -o "$2"' "$cxx" || die 'does not compile'
fi

for driver in "${driver_objects[@]}"; do
  name=$(basename "$driver" .cc.o)
  "$cxx" "${sanitizers[@]}" "${objects[@]}" "$driver" -lcrypto -lpthread -o "$build/${name#test_native_}"
done
if [ "${1:-}" = --driver ]; then exit 0; fi
"$cxx" "${sanitizers[@]}" "${objects[@]}" "${test_objects[@]}" -lcrypto -lpthread -o "$build/tests"

fixture=test/fixtures/volumes/office-pc
if [ -f $fixture.img.gz ]; then
  [ "$build/office-pc.img" -nt $fixture.img.gz ] || gunzip -c $fixture.img.gz >"$build/office-pc.img"
  export SIDESTREAM_FIXTURE=$build/office-pc.img SIDESTREAM_FIXTURE_TRUTH=$fixture.tsv
else
  echo "test-native: no $fixture.img.gz; make it with scripts/make-ntfs-fixture.sh" >&2
fi
exec "$build/tests"
