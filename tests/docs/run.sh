# run.sh FILE.md: compiles and runs the ```c blocks, runs the ```sh blocks, compares what the block before an
# ```output block printed. Shell blocks run in a folder where build/bin is this build's; ./dev is only asked
# whether it knows the command.
set -eu
page=$1
rm -rf "$WORK"
mkdir -p "$WORK/build"
ln -s "$BUILD/bin" "$WORK/build/bin"
for folder in tests examples ops; do ln -s "$SOURCE/$folder" "$WORK/$folder"; done
cat >"$WORK/dev" <<STUB
#!/bin/sh
"$SOURCE/dev" help | grep -q "^  \$1 " || { echo "./dev knows no command '\$1'" && exit 1; }
STUB
chmod +x "$WORK/dev"
awk -v WORK="$WORK" -f "$SOURCE/tests/docs/blocks.awk" "$page"

cd "$WORK"
count=0
for block in [0-9]*.c [0-9]*.sh; do
    [ -e "$block" ] || continue
    count=$((count + 1))
    name=${block%.*}
    case $block in
    *.c)
        # shellcheck disable=SC2086 # flags are a list
        $CC $CFLAGS -o "$name.program" "$block" -L"$BUILD" -ltapegrad -Wl,-rpath,"$BUILD" -lm
        set -- "./$name.program"
        ;;
    *.sh) set -- sh -eu "$block" ;;
    esac
    if ! "$@" >"$name.printed" 2>"$name.errors"; then
        echo "$page: block $name ends with an error:" && cat "$block" "$name.printed" "$name.errors" && exit 1
    fi
    [ ! -e "$name.output" ] || diff -u "$name.output" "$name.printed"
done
echo "$page: $count blocks"
