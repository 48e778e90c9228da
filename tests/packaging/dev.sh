# ./dev on a machine that lacks packages, played by a folder of programs: it lists all of them at once where it may
# not install, and builds without what only the tests need.
set -eu
machine=$WORK/machine
rm -rf "$machine"
mkdir -p "$machine"
for program in sh cat sed tr grep dirname; do ln -s "$(command -v $program)" "$machine/$program"; done
# has NAME COMMANDS: from now on the machine has such a program.
has() {
    printf '#!/bin/sh\n%s\n' "$2" >"$machine/$1"
    chmod +x "$machine/$1"
}
dev() { PATH=$machine sh "$SOURCE/dev" "$@" >"$machine/log" 2>&1; }
says() {
    if grep -q -e "$1" "$machine/log"; then return 0; fi
    echo "no '$1' in:" && cat "$machine/log" && exit 1
}

has id 'echo 1000'
if dev test; then echo "./dev test goes on without a compiler" && exit 1; fi
says '^  gcc ' && says '^  libcmocka-dev ' && says '^  clang-format '

# shellcheck disable=SC2016 # the stub's own
has cmake 'echo "cmake $*" >>"$0.log"'
has ninja ''
has cc "sed -n '/^MISSING libcmocka/p'"
dev build -DOWN=1
grep -q -e '-DTG_TESTS=OFF -DOWN=1' "$machine/cmake.log"

rm "$machine/cmake.log"
has cc 'cat >/dev/null'
dev build
if grep -q TG_TESTS "$machine/cmake.log"; then echo "tests are left out though cmocka is there" && exit 1; fi
