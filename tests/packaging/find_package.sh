# A CMake project that finds tapegrad by find_package, with both libraries.
set -eu
rm -rf "$WORK/find_package"
$CMAKE -S consumer -B "$WORK/find_package" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$PREFIX" >/dev/null
$CMAKE --build "$WORK/find_package"
"$WORK/find_package/with_shared"
"$WORK/find_package/with_static"
