"""torch.autograd.gradcheck of the perceptron that bench_gradcheck checks: every element, one thread, f64.

Usage: /usr/bin/python3 bench/gradcheck_torch.py [SIZES [BATCH]]
"""
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
sizes = [int(n) for n in (sys.argv[1] if len(sys.argv) > 1 else "784-32-10").split("-")]
batch = int(sys.argv[2]) if len(sys.argv) > 2 else 4
x = torch.randn(batch, sizes[0], dtype=torch.float64)
label = torch.arange(batch) % sizes[-1]
parameters = []
for n, m in zip(sizes, sizes[1:]):
    parameters.append((torch.randn(n, m, dtype=torch.float64) / n ** 0.5).requires_grad_())
    parameters.append(torch.zeros(m, dtype=torch.float64, requires_grad=True))


def loss(*p):
    h = x
    for k in range(0, len(p), 2):
        h = h @ p[k] + p[k + 1]
        if k + 2 < len(p):
            h = torch.tanh(h)
    return F.cross_entropy(h, label)


wall, cpu = time.perf_counter(), time.process_time()
passed = torch.autograd.gradcheck(loss, parameters, fast_mode=False)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
count = sum(p.numel() for p in parameters)
print(f"PyTorch {torch.__version__}: {'pass' if passed else 'fail'}, {count} elements, {wall:.3f} s, "
      f"of the processor {cpu:.3f} s, {1e6 * cpu / count:.2f} us per element")
