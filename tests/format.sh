# Every source file is as clang-format leaves it.
set -eu
cd "$SOURCE"
command -v clang-format >/dev/null || { echo "skipped: clang-format is not installed" && exit 77; }
find core ops models optim inspect data pictures tools bench tests examples ./*.h -name '*.[ch]' -type f -print0 |
    xargs -0 clang-format --dry-run -Werror || { echo "run ./dev format" && exit 1; }
