# A CMake project that finds tapegrad by find_package, with both libraries: a program, and the guide's op of one's own.
set -eu
rm -rf "$WORK/find_package"
mkdir -p "$WORK/find_package"
awk -v WORK="$WORK/find_package" -f ../docs/blocks.awk ../../docs/guide/own-op.md
$CMAKE -S consumer -B "$WORK/find_package" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$PREFIX" \
    -DOWN_OP="$WORK/find_package/01.c" >/dev/null
$CMAKE --build "$WORK/find_package"
"$WORK/find_package/with_shared"
"$WORK/find_package/with_static"
"$WORK/find_package/own_op_shared"
"$WORK/find_package/own_op_static"
