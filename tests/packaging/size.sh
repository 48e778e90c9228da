# The shared library without its symbols takes less than a megabyte: of a build for use, with the compiler and the
# linker that the bytes were counted with.
set -eu
if [ -n "$NOT_MEASURED" ]; then
    echo "skipped: $NOT_MEASURED"
    exit 77
fi
strip -o "$WORK/stripped.so" "$LIBDIR/libtapegrad.so"
bytes=$(wc -c <"$WORK/stripped.so")
echo "$bytes bytes"
[ "$bytes" -lt 1000000 ]
