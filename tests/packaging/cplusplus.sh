# A program in C++ with the installed headers and library; and what one is told who compiles an op as C++.
set -eu
CXX=${CXX:-c++}
command -v "$CXX" >/dev/null || { echo "skipped: there is no C++ compiler" && exit 77; }
mkdir -p "$WORK/cplusplus"
"$CXX" -std=c++11 -Wall -Wextra -Werror -o "$WORK/cplusplus/program" consumer/main.cpp \
    -I"$PREFIX/include/tapegrad" -L"$LIBDIR" -ltapegrad
LD_LIBRARY_PATH="$LIBDIR" "$WORK/cplusplus/program" | grep -q "inner sizes 2 and 4 differ (consumer/main.cpp:"
echo '#include <tapegrad_op.h>' >"$WORK/cplusplus/op.cpp"
if "$CXX" -I"$PREFIX/include/tapegrad" -c -o "$WORK/cplusplus/op.o" "$WORK/cplusplus/op.cpp" 2>"$WORK/cplusplus/errors"; then
    exit 1
fi
grep -q "compile the file of an op as C" "$WORK/cplusplus/errors"
