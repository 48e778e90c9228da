# Every relative link in a Markdown file leads to a file.
set -eu
cd "$SOURCE"
find . -name '*.md' -not -path './build*' -not -path './out/*' | while read -r page; do
    grep -o '](\([^)#:]*\)[)#]' "$page" | sed 's/^](//; s/[)#]$//' | while read -r target; do
        [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { echo "$page: no such file: $target" && exit 1; }
    done
done
