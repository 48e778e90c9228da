#!/bin/sh
# bench.sh [--json FILE] [--quick]: runs every table's program, which leaves what it measured in build/bench/NAME.json,
# merges all of it to FILE and writes docs/benchmarks.md. ./dev bench builds first.
set -eu
# It would tie OpenBLAS, and a PyTorch on it, to the kernels of another processor than this.
unset OPENBLAS_CORETYPE
cd "$(dirname "$0")/.."
bin=build/bin out=build/bench json=build/bench/all.json

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "bench: $*"
    exit 2
}

networks() {
    cat <<'LIST'
784-64-10 relu sgd 100
784-256-10 sigmoid sgd 10000
784-32-32-10 sigmoid sgd 1
2-50-2 relu sgd 10
3072-3072-10 leaky_relu sgd 64
3072-512-512-512-10 leaky_relu adam 32
LIST
}
inference_networks() {
    cat <<'LIST'
784-64-10 relu sgd 1
784-64-10 relu sgd 100
784-256-10 sigmoid sgd 1
3072-512-512-512-10 leaky_relu sgd 1
LIST
}
# steps MODE: reads a list of networks; prints an array of what `tapegrad bench` says of each.
steps() {
    separator='['
    while read -r model activation optimizer batch; do
        echo "$separator"
        $bin/tapegrad bench --json --mode "$1" --model "$model" --activation "$activation" \
            --optimizer "$optimizer" --batch "$batch"
        separator=,
    done
    echo ']'
}
memory() { networks | steps train; }
latency() { inference_networks | steps forward; }
pytorch() { /usr/bin/python3 bench/torch_reference.py "$1"; }

# measure NAME command...: the command's output becomes the file NAME; what fails is left out.
measure() {
    name=$1
    shift
    say "measuring: ${name%.*}"
    if "$@" >$out/"$name" 2>$out/errors; then return 0; fi
    cat $out/errors >&2
    rm -f $out/"$name"
}
measure_all() {
    measure machine.json $bin/bench_machine "$(git describe --always --dirty 2>/dev/null || true)" "${LOAD_BEFORE:-}"
    for threads in 1 2; do
        measure step-$threads.json $bin/bench_step --json $threads
        measure pytorch-$threads.json pytorch $threads
    done
    measure record.json $bin/bench_record --json
    measure ops.json $bin/bench_ops --json
    measure products.json $bin/bench_gemm --json
    measure memory.json memory
    measure latency.json latency
    measure where.json $bin/bench_where --json
    measure start.json $bin/bench_start $bin/tapegrad build/libtapegrad.so $out/stripped
    measure curves.csv $bin/bench_curves
    rm -f $out/errors $out/stripped
}
draw_curves() {
    if [ -s $out/curves.csv ] && command -v gnuplot >/dev/null; then
        (cd $out && gnuplot ../../bench/curves.gp)
    else
        say "no picture of the curves: that needs gnuplot"
    fi
}

while [ $# -gt 0 ]; do
    case $1 in
    --quick) export TAPEGRAD_BENCH_QUICK=1 ;;
    --json)
        [ $# -ge 2 ] || fail "--json needs the name of a file"
        json=$2
        shift
        ;;
    *) fail "there are --json FILE and --quick, not '$1'; for a single table run build/bin/bench_NAME" ;;
    esac
    shift
done
rm -f $out/*.json $out/curves.*
mkdir -p $out
measure_all
draw_curves
$bin/bench_report $out --json "$json" --page docs/benchmarks.md
say "written: $json, docs/benchmarks.md"
