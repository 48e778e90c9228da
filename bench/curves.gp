# curves.gp: draws curves.csv (bench_curves) as curves.svg; run in the folder of curves.csv.
# Columns: curve, x, model, batch, threads, median, min, max.
if (!exists("format")) format = "svg size 1000,760 background 'white'"
if (!exists("picture")) picture = "curves.svg"
set terminal @format font "sans,13"
set output picture
set datafile separator ","
rows(curve, threads) = sprintf("< grep '^%s-%d,' curves.csv", curve, threads)
name(threads) = threads > 1 ? sprintf("%d threads", threads) : "1 thread"
set multiplot layout 2,2
set grid back lt 1 lc rgb "#cccccc"
set key top left samplen 2
set logscale xy 2
set format y "%g"
set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04
set ylabel "microseconds per step"

set title "batch: 784-64-10, relu"
set xlabel "examples in a batch"
plot for [t=1:2] rows("batch", t) using 2:6:7:8 with yerrorlines lt t title name(t)

set title "width: 784-W-10, relu, batch 100"
set xlabel "W"
plot for [t=1:2] rows("width", t) using 2:6:7:8 with yerrorlines lt t title name(t)

set title "depth: layers of 256, relu, batch 64"
set xlabel "layers"
plot for [t=1:2] rows("depth", t) using 2:6:7:8 with yerrorlines lt t title name(t)

set title "threads: networks with their batches"
set xlabel "threads"
unset logscale x
set xtics 1
set autoscale xfix
set key center right
array batches[3] = ["100", "1000", "32"]
array models[3] = ["784-64-10", "784-256-10", "3072-512-512-512-10"]
plot for [i=1:3] sprintf("< grep '^threads-%s,' curves.csv", models[i]) using 2:6:7:8 with yerrorlines lt i title models[i].", ".batches[i]
unset multiplot
