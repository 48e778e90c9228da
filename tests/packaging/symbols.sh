# The libraries leave nothing but tg_ names to their users.
set -eu
foreign() { awk 'NF == 3 && $3 !~ /^tg_/ { print "exported, but not a tg_ name: " $3; bad = 1 } END { exit bad }'; }
shared=$(nm -D --defined-only "$LIBDIR/libtapegrad.so")
printf '%s\n' "$shared" | foreign
nm -g --defined-only "$LIBDIR/libtapegrad.a" | foreign
# What is private stays hidden, and what is public is there.
for name in tg_tape_new tg_backward tg_matmul_at; do
    printf '%s\n' "$shared" | grep -q " T $name\$" || { echo "not exported: $name" && exit 1; }
done
for name in tg_alloc tg_arena_alloc tg_exec_forward; do
    if printf '%s\n' "$shared" | grep -q " $name\$"; then echo "exported: $name" && exit 1; fi
done
for header in core/internal.h core/plan_internal.h optim/session.h; do
    if [ -e "$PREFIX/include/tapegrad/$header" ]; then echo "installed: $header" && exit 1; fi
done
