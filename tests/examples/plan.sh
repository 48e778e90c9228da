#!/bin/sh
# plan.sh NAME NUMBERS: runs an example quickly, op by op instead of by the execution plan, and compares its numbers with
# those of a run with the plan, which must be the same.
set -eu
[ -f "$2" ] || { echo "the run with the plan left no numbers" && exit 77; }
if [ -z "${TAPEGRAD_DATA:-}" ] && [ -d "$TG_SOURCE/../shared/data" ]; then
    export TAPEGRAD_DATA="$TG_SOURCE/../shared/data"
fi
TAPEGRAD_PLAN=0 "$TG_BIN/example_$1" --quick
awk -F, -v tolerance=1e-6 '
    FNR == NR { with[$1] = $2; rows++; next }
    FNR == 1 { next }
    {
        seen++
        d = with[$1] - $2
        if (d < 0) d = -d
        m = $2 < 0 ? -$2 : $2
        if (d / (m > 1 ? m : 1) > worst) worst = d / (m > 1 ? m : 1)
        if (!($1 in with) || !(d <= tolerance * (m > 1 ? m : 1))) {
            print $1 ": " with[$1] " with the plan, " $2 " without"
            bad = 1
        }
    }
    END { if (bad || seen < 1 || seen != rows - 1) exit 1; print seen " numbers agree; largest difference " worst + 0 }' "$2" "out/$1/numbers.csv"
