/* tapegrad.h: all of tapegrad. A tape records what you compute; played forward it gives values, played
   backward gradients. Start with core/tape.h. */
#ifndef TAPEGRAD_H
#define TAPEGRAD_H

#ifdef __cplusplus
extern "C" {
#endif

#include "core/blas.h"
#include "core/op.h"
#include "core/param.h"
#include "core/plan.h"
#include "core/rng.h"
#include "core/shadow.h"
#include "core/status.h"
#include "core/tape.h"
#include "core/tensor.h"
#include "data/batches.h"
#include "data/csv.h"
#include "data/dataset.h"
#include "data/idx.h"
#include "data/mat.h"
#include "data/npy.h"
#include "data/numpy_random.h"
#include "data/scaler.h"
#include "data/synthetic.h"
#include "inspect/anomaly.h"
#include "inspect/check.h"
#include "inspect/check_op.h"
#include "inspect/derivatives.h"
#include "inspect/expr.h"
#include "inspect/graph.h"
#include "inspect/health.h"
#include "inspect/mutation.h"
#include "inspect/profile.h"
#include "inspect/step.h"
#include "inspect/taylor.h"
#include "models/activation.h"
#include "models/init.h"
#include "models/linear.h"
#include "models/mlp.h"
#include "models/model.h"
#include "models/params.h"
#include "models/safetensors.h"
#include "models/sequential.h"
#include "ops_api.h"
#include "optim/checkpoint.h"
#include "optim/evaluate.h"
#include "optim/fit.h"
#include "optim/history.h"
#include "optim/keeper.h"
#include "optim/optim.h"
#include "optim/penalty.h"
#include "optim/schedule.h"
#include "pictures/curves.h"
#include "pictures/figure.h"
#include "pictures/gnuplot.h"
#include "pictures/regions.h"
#include "pictures/tiles.h"

#ifdef __cplusplus
}
#endif

#endif
