"""The PyTorch side of bench/ops.c: for each line "op rows columns warm calls" on standard input, runs the op forward and backward
`warm` and then `calls` times on one thread, and answers with the microseconds of one of the latter."""
import sys
import time

import torch

torch.set_num_threads(1)
F = torch.nn.functional
OPS = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "elu": F.elu, "selu": F.selu, "relu": F.relu, "log": torch.log,
    "exp": torch.exp, "gelu": F.gelu, "dropout": lambda x: F.dropout(x, 0.5), "softmax": lambda x: F.softmax(x, -1),
}
inputs = {}


def step(op, x, g):
    x.grad = None
    OPS[op](x).backward(g)


for line in sys.stdin:
    op, rows, columns, warm, calls = line.split()
    shape = int(rows), int(columns)
    if shape not in inputs:
        inputs[shape] = (torch.rand(shape) + 0.5).requires_grad_(), torch.rand(shape)
    for _ in range(int(warm)):
        step(op, *inputs[shape])
    begin = time.perf_counter()
    for _ in range(int(calls)):
        step(op, *inputs[shape])
    print((time.perf_counter() - begin) * 1e6 / int(calls), flush=True)
