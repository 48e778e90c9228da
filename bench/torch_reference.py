#!/usr/bin/env python3
"""The steps and ops of bench_step and bench_ops in PyTorch, as JSON: the reference that people would use instead.

torch_reference.py [threads]   {"version": ..., "networks": [...], "ops": [...], "scalar_op_ns": ...}
Medians of nine repetitions, microseconds. Exits with 77 where PyTorch is absent.
"""
import json
import os
import statistics
import sys
import time

# torch.set_num_threads does not bind an OpenBLAS that brings threads of its own; it reads this when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].isdigit() else "1"

try:
    import torch
except ImportError:
    print("PyTorch is not installed (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

QUICK = "TAPEGRAD_BENCH_QUICK" in os.environ
REPETITIONS = 3 if QUICK else 9
NETWORKS = [
    ("784-64-10", "relu", "sgd", 100),
    ("784-256-10", "sigmoid", "sgd", 10000),
    ("784-32-32-10", "sigmoid", "sgd", 1),
    ("2-50-2", "relu", "sgd", 10),
    ("3072-3072-10", "leaky_relu", "sgd", 64),
    ("3072-512-512-512-10", "leaky_relu", "adam", 32),
]
OPS = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "elu": torch.nn.functional.elu,
    "selu": torch.selu,
    "relu": torch.relu,
    "softmax": lambda x: torch.softmax(x.view(1000, 1000), 1),
    "log": torch.log,
    "dropout": lambda x: torch.dropout(x, 0.5, True),
    "gelu": torch.nn.functional.gelu,
}


def measure(step, slice_us=3000 if QUICK else 30000):
    """Median, least and most microseconds per call."""
    step()
    start = time.perf_counter()
    step()
    calls = max(1, int(slice_us / max(1.0, (time.perf_counter() - start) * 1e6)))
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        for _ in range(calls):
            step()
        times.append((time.perf_counter() - start) / calls * 1e6)
    return {"median_us": statistics.median(times), "min_us": min(times), "max_us": max(times), "repetitions": REPETITIONS}


def network(model, activation, optimizer, batch):
    sizes = [int(n) for n in model.split("-")]
    layers = []
    for i, (n, m) in enumerate(zip(sizes, sizes[1:])):
        layers.append(torch.nn.Linear(n, m))
        if i < len(sizes) - 2:
            layers.append({"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "leaky_relu": torch.nn.LeakyReLU}[activation]())
    net = torch.nn.Sequential(*layers)
    x, labels = torch.rand(batch, sizes[0]), torch.randint(sizes[-1], (batch,))
    optim = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](net.parameters(), lr=1e-4)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optim.zero_grad()
        loss_of(net(x), labels).backward()
        optim.step()

    return step


def op(function):
    x = (torch.rand(1000000) + 0.01).requires_grad_()
    ones = torch.ones_like(function(x))

    def step():
        x.grad = None
        function(x).backward(ones)

    return step


def scalar_chain(length=1000):
    x = torch.tensor(0.5, requires_grad=True)

    def step():
        x.grad = None
        y = x
        for _ in range(length):
            y = torch.tanh(y)
        y.backward()

    return step


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    result = {"version": torch.__version__, "threads": torch.get_num_threads(), "networks": [], "ops": []}
    for model, activation, optimizer, batch in NETWORKS:
        result["networks"].append({"model": model, "batch": batch, **measure(network(model, activation, optimizer, batch))})
    for name, function in OPS.items():
        result["ops"].append({"op": name, **measure(op(function))})
    result["scalar_op_ns"] = measure(scalar_chain())["median_us"]
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
