#!/bin/sh
# Runs the reference experiments and compares what they measure with what they should:
#   sh examples/experiments.sh [--quick] [NAME ...]
# Pictures and numbers go to out/NAME/ in the current folder. --quick runs a few epochs of each. Exit status: 0 when all
# verdicts are good, 1 when one is not, 77 when every experiment asked for lacks its data.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
bin=${TG_BIN:-$source/build/bin}
if [ -z "${TAPEGRAD_DATA:-}" ]; then
    TAPEGRAD_DATA=$source/data
    if [ -d "$source/../shared/data" ]; then TAPEGRAD_DATA=$source/../shared/data; fi
fi
export TAPEGRAD_DATA
mode=full
names=
for argument in "$@"; do
    case $argument in
    --quick) mode=quick ;;
    -*) echo "usage: experiments.sh [--quick] [NAME ...]" >&2 && exit 2 ;;
    *) names="$names $argument" ;;
    esac
done
[ -n "$names" ] ||
    names="digits_by_hand two_circles one_example_at_a_time two_layer_perceptron house_numbers"
mkdir -p out
table=out/experiments.txt
: >"$table"
failed=0
run=0
skipped=0

# Loss and accuracies of every epoch against a file of tests/golden: the numbers that verdicts are passed on.
epochs_against() {
    awk -F, -v name="$1" -v most="$3" '
        FNR == NR { if (/"epochs"/) on = 1; if (on && /^ *-?[0-9]/) { gsub(/[ ,]/, ""); golden[n++] = $0 } ; next }
        FNR > 1 && 3 * (FNR - 2) < n {
            i = 3 * (FNR - 2)
            d = ($2 - golden[i]) / golden[i]
            if (d < 0) d = -d
            if (!(d < 1e300)) d = 1e300 # NaN
            if (d < 1e-9 && near == rows + 0) near++
            if (++rows > most) next
            if (d > worst) worst = d
            for (k = 1; k < 3; k++) { a = $(2 + k) - golden[i + k]; if (!(a <= 1e-12 && a >= -1e-12)) differ++ }
            last = $4
        }
        END {
            printf "%s: epochs whose loss is within 1e-9 of the reference,%d\n", name, near
            printf "%s: epochs compared,%d\n", name, rows < most ? rows : most
            printf "%s: loss of these epochs (largest relative difference),%.3g\n", name, worst
            printf "%s: accuracies of these epochs that differ,%d\n", name, differ
            printf "%s: test accuracy at the last of these epochs,%s\n", name, last
        }' "$source/tests/golden/$2" "out/digits_by_hand/$1.csv"
}
# Loss and gradients of the toy network against its file.
toy_against() {
    awk -v name="$1" '
        FNR == NR {
            if (/^ "(sigmoid|relu)"/) on = index($0, "\"" name "\"")
            if (/"shape"/) shape = 1
            if (/"data"/) shape = 0
            if (on && (/"loss"/ || (!shape && /^ *-?[0-9]/))) { gsub(/[^-+.e0-9]|"loss"/, ""); golden[n++] = $0 }
            next
        }
        { d = $1 - golden[FNR - 1]; if (d < 0) d = -d; m = golden[FNR - 1]; if (m < 0) m = -m
          if (m > 1) d /= m; if (!(d < 1e300)) d = 1e300; if (d > worst) worst = d; rows++ }
        END {
            if (rows != n) worst = 1
            printf "toy %s: loss and gradients (largest difference of %d),%.3g\n", name, rows, worst
        }' "$source/tests/golden/toy_two_layer.json" "out/two_layer_perceptron/toy_$1.csv"
}
comparisons() {
    case $1 in
    digits_by_hand) epochs_against binary mnist_binary.json 100 && epochs_against ten mnist_softmax.json 22 ;;
    two_layer_perceptron) toy_against sigmoid && toy_against relu ;;
    esac
}

# A line for each row of expected.csv: quantity,rule,reference,tolerance,mode
judge() {
    awk -F, -v name="$1" -v mode="$mode" '
        FNR == NR { ours[$1] = $2; next }
        FNR == 1 || ($5 != "both" && $5 != mode) { next }
        {
            known = ($1 in ours) && ours[$1] == ours[$1] + 0
            v = ours[$1] + 0
            if ($2 == "equal") { ok = v - $3 <= $4 && $3 - v <= $4; sign = "" }
            if ($2 == "at_least") { ok = v >= $3; sign = ">= " }
            if ($2 == "below") { ok = v < $3; sign = "< " }
            if ($2 == "shown") { ok = 1; sign = "" }
            reference = $2 == "shown" && $3 == 0 ? "-" : sign sprintf("%.6g", $3)
            if ($4 > 0) reference = reference " +- " $4
            verdict = known && ok ? ($2 == "shown" ? "-" : "ok") : "FAILED"
            printf "%-22s %-72s %-18s %-12s %s\n", name, $1, reference, known ? sprintf("%.6g", v) : "none", verdict
        }' "$2" "$source/examples/$1/expected.csv"
}

for name in $names; do
    echo "== $name" >&2
    quick=
    if [ $mode = quick ]; then quick=--quick; fi
    run=$((run + 1))
    status=0
    "$bin/example_$name" $quick >&2 || status=$?
    if [ $status = 77 ]; then
        skipped=$((skipped + 1))
        printf '%-22s skipped: its data is not here\n' "$name" >>"$table"
    elif [ $status != 0 ]; then
        printf '%-22s FAILED: ended with status %s\n' "$name" $status >>"$table"
    else
        measured=out/$name/measured.csv
        { cat "out/$name/numbers.csv" && comparisons "$name" && cat "out/$name/times.csv" 2>/dev/null; } >"$measured" || :
        judge "$name" "$measured" >>"$table"
    fi
done
printf '\n%-22s %-72s %-18s %-12s %s\n' experiment quantity reference ours verdict
cat "$table"
if grep -q FAILED "$table"; then failed=1; fi
if [ $skipped = $run ]; then exit 77; fi
exit $failed
