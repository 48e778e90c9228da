# run.sh FILE.md: compiles and runs the ```c blocks, runs the ```sh blocks, compares what the block before an
# ```output block printed (same.awk), and sees that every picture which the page shows from out/ has been drawn, and
# that those it shows from docs/ are what is drawn now.
# Shell blocks run in a folder where build/bin is this build's; ./dev is only asked whether it knows the command.
# Without Graphviz or gnuplot, the blocks that draw are left out.
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
pictures=yes
if ! command -v gnuplot >/dev/null || ! build/bin/tapegrad expr x x=1 --svg probe.svg >/dev/null 2>&1; then
    pictures=
    echo "no Graphviz in this build, or no gnuplot: nothing is drawn"
fi
count=0
for block in [0-9]*.c [0-9]*.sh; do
    [ -e "$block" ] || continue
    [ -n "$pictures" ] || ! grep -q '\.svg' "$block" || continue
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
    [ ! -e "$name.output" ] || awk -f "$SOURCE/tests/docs/same.awk" "$name.output" "$name.printed" ||
        { diff -u "$name.output" "$name.printed" || exit 1; }
done
[ -z "$pictures" ] || grep -o '](\(\.\./\)*out/[^)]*)' "$page" | sed 's/^.*](\(\.\.\/\)*//; s/)$//' | while read -r picture; do
    [ -s "$picture" ] || { echo "$page: no command of the page writes $picture" && exit 1; }
done
# A picture that is kept in docs/ has the words of the one that a block draws under its name.
words() { grep -o '>[^<>]*</text>' "$1" | sort; }
[ -z "$pictures" ] || grep -o '](docs/[^/)]*\.svg)' "$page" | sed 's/^](docs.//; s/)$//' | while read -r picture; do
    words "$SOURCE/docs/$picture" >kept.words
    words "out/$picture" >drawn.words
    diff -u kept.words drawn.words || { echo "$page: docs/$picture is not what is drawn now" && exit 1; }
done
echo "$page: $count blocks"
