# Every relative link in a Markdown file leads to a file; pictures in out/ are drawn by ./dev docs (see run.sh).
set -eu
cd "$SOURCE"
find . -name '*.md' -not -path './build*' -not -path './out/*' | while read -r page; do
    grep -o '](\([^)#:]*\)[)#]' "$page" | sed 's/^](//; s/[)#]$//' | while read -r target; do
        case $target in out/* | *../out/*) continue ;; esac
        [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { echo "$page: no such file: $target" && exit 1; }
    done
done
