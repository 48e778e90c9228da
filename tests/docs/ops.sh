# Every op has a reference page that says what it computes, its formula, its C declaration and its cases; and
# docs/ops, where it is kept, is what the descriptors say.
set -eu
rm -rf "$WORK"
"$BUILD/bin/tapegrad" ops --markdown "$WORK" --sources "$SOURCE/ops"
sed -n 's/^OP(\(.*\))$/\1/p' "$SOURCE/ops/ops.def" | while read -r op; do
    page="$WORK/$op.md"
    [ -e "$page" ] || { echo "no page for $op" && exit 1; }
    for part in '^    y = ' 'tg_node \*tg_' '^## Cases'; do
        grep -q -- "$part" "$page" || { echo "the page of $op has no line like '$part'" && exit 1; }
    done
    grep -q "(${op}.md)" "$WORK/README.md" || { echo "the index does not list $op" && exit 1; }
done
[ ! -d "$SOURCE/docs/ops" ] || diff -ru "$SOURCE/docs/ops" "$WORK" ||
    { echo "docs/ops is out of date: run ./dev docs" && exit 1; }
