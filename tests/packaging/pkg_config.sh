# A program, and the guide's op of one's own, built with the flags of tapegrad.pc, against the shared library and against
# the static one.
set -eu
command -v pkg-config >/dev/null || { echo "skipped: pkg-config is not installed" && exit 77; }
export PKG_CONFIG_PATH="$LIBDIR/pkgconfig"
mkdir -p "$WORK/pkg_config"
awk -v WORK="$WORK/pkg_config" -f ../docs/blocks.awk ../../docs/guide/own-op.md
own_op="$WORK/pkg_config/01.c"
# shellcheck disable=SC2046 # flags are a list
$CC -std=c11 -o "$WORK/pkg_config/with_shared" consumer/main.c $(pkg-config --cflags --libs tapegrad)
LD_LIBRARY_PATH="$LIBDIR" "$WORK/pkg_config/with_shared"
# shellcheck disable=SC2046
$CC -o "$WORK/pkg_config/own_op_shared" "$own_op" $(pkg-config --cflags --libs tapegrad)
LD_LIBRARY_PATH="$LIBDIR" "$WORK/pkg_config/own_op_shared"

# A copy without the shared library, so that -ltapegrad means the static one.
rm -rf "$WORK/pkg_config/static"
cp -r "$PREFIX" "$WORK/pkg_config/static"
folder="$WORK/pkg_config/static${LIBDIR#"$PREFIX"}"
rm "$folder"/libtapegrad.so*
export PKG_CONFIG_PATH="$folder/pkgconfig"
# shellcheck disable=SC2046
$CC -std=c11 -o "$WORK/pkg_config/with_static" consumer/main.c $(pkg-config --static --cflags --libs tapegrad)
"$WORK/pkg_config/with_static"
# shellcheck disable=SC2046
$CC -o "$WORK/pkg_config/own_op_static" "$own_op" $(pkg-config --static --cflags --libs tapegrad)
"$WORK/pkg_config/own_op_static"
