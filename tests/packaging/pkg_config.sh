# A program built with the flags of tapegrad.pc, against the shared library and against the static one.
set -eu
command -v pkg-config >/dev/null || { echo "skipped: pkg-config is not installed" && exit 77; }
export PKG_CONFIG_PATH="$LIBDIR/pkgconfig"
mkdir -p "$WORK/pkg_config"
# shellcheck disable=SC2046 # flags are a list
$CC -std=c11 -o "$WORK/pkg_config/with_shared" consumer/main.c $(pkg-config --cflags --libs tapegrad)
LD_LIBRARY_PATH="$LIBDIR" "$WORK/pkg_config/with_shared"

# A copy without the shared library, so that -ltapegrad means the static one.
rm -rf "$WORK/pkg_config/static"
cp -r "$PREFIX" "$WORK/pkg_config/static"
folder="$WORK/pkg_config/static${LIBDIR#"$PREFIX"}"
rm "$folder"/libtapegrad.so*
export PKG_CONFIG_PATH="$folder/pkgconfig"
# shellcheck disable=SC2046
$CC -std=c11 -o "$WORK/pkg_config/with_static" consumer/main.c $(pkg-config --static --cflags --libs tapegrad)
"$WORK/pkg_config/with_static"
