# The installed tree works from any place: nothing in it names the folder that it was installed to or built in.
set -eu
rm -rf "$WORK/moved"
mkdir -p "$WORK/moved"
cp -r "$PREFIX" "$WORK/moved/elsewhere"
prefix="$WORK/moved/elsewhere"
if grep -rlF -e "$PREFIX" -e "${WORK%/tests/packaging}" "$prefix/include" "$prefix${LIBDIR#"$PREFIX"}/cmake" \
    "$prefix${LIBDIR#"$PREFIX"}/pkgconfig"; then
    echo "these files name the build folder" && exit 1
fi
$CMAKE -S consumer -B "$WORK/moved/build" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
$CMAKE --build "$WORK/moved/build"
"$WORK/moved/build/with_static"
"$prefix/bin/tapegrad" info
