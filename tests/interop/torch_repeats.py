"""Repeats with PyTorch, in f64, what interop_graphs prints, and compares values and gradients.

Usage: torch_repeats.py INTEROP_GRAPHS CASES-PER-OP COMPOSITIONS SEED
Ends with status 77 and the reason where PyTorch is absent, 1 where anything differs by more than 1e-9 relative.
"""
import collections
import json
import subprocess
import sys

try:
    import torch
    import torch.nn.functional as F
except ImportError as reason:
    print(f"skipped: PyTorch is not installed for {sys.executable} ({reason}); Debian has it as python3-torch")
    sys.exit(77)

TOLERANCE = 1e-9
torch.set_num_threads(1)


def number(x):
    return float(x) if isinstance(x, str) else x


def tensor(values, shape, is_int=False):
    kind = torch.int64 if is_int else torch.float64
    return torch.tensor([number(v) for v in values], dtype=kind).reshape(shape)


def dims(x, o):
    return o["axis"] or list(range(x.dim()))


def axis(x, o):
    return o["axis"][0] if o["axis"] else -1


def reduction(o):
    return ("mean", "sum", "none")[o["reduction"]]


def slices(x, o):
    for d in range(x.dim()):
        part = [o[k][d] if d < len(o[k]) else None for k in ("begin", "end", "step")]
        picked = list(range(x.shape[d]))[slice(part[0], part[1], part[2] or 1)]
        x = x.index_select(d, torch.tensor(picked, dtype=torch.int64))
    return x


def gather(x, index, o):
    d = o["axis"] % x.dim()
    index = index % max(x.shape[d], 1)
    if not o["along"]:
        flat = x.index_select(d, index.reshape(-1))
        return flat.reshape(x.shape[:d] + index.shape + x.shape[d + 1:])
    missing = index.dim() < x.dim()
    picked = torch.gather(x, d, index.unsqueeze(d) if missing else index)
    return picked.squeeze(d) if missing else picked


def cross_entropy(x, labels, o):
    classes = x.shape[-1]
    y = F.cross_entropy(x.reshape(-1, classes), labels.reshape(-1), reduction=reduction(o))
    return y.reshape(labels.shape) if o["reduction"] == 2 else y


def matmul(a, b, o):
    return (a.mT if o["transpose_a"] else a) @ (b.mT if o["transpose_b"] else b)


OPS = {
    "add": lambda a, b, o: a + b,
    "sub": lambda a, b, o: a - b,
    "mul": lambda a, b, o: a * b,
    "div": lambda a, b, o: a / b,
    "pow": lambda a, b, o: a ** b,
    "neg": lambda x, o: -x,
    "scale": lambda x, o: x * o["factor"],
    "add_bias": lambda a, b, o: a + b,
    "square": lambda x, o: x ** 2,
    "sqrt": lambda x, o: torch.sqrt(x),
    "exp": lambda x, o: torch.exp(x),
    "log": lambda x, o: torch.log(x),
    "sin": lambda x, o: torch.sin(x),
    "cos": lambda x, o: torch.cos(x),
    "tanh": lambda x, o: torch.tanh(x),
    "abs": lambda x, o: torch.abs(x),
    "maximum": lambda a, b, o: torch.maximum(a, b),
    "minimum": lambda a, b, o: torch.minimum(a, b),
    "clamp": lambda x, o: torch.clamp(x, number(o["min"]), number(o["max"])),
    "sigmoid": lambda x, o: torch.sigmoid(x),
    "relu": lambda x, o: torch.relu(x),
    "leaky_relu": lambda x, o: F.leaky_relu(x, o["slope"]),
    "elu": lambda x, o: F.elu(x, o["alpha"]),
    "selu": lambda x, o: o["scale"] * F.elu(x, o["alpha"]),
    "softplus": lambda x, o: F.softplus(x, threshold=100),
    "gelu": lambda x, o: F.gelu(x, approximate="tanh" if o["approximate"] else "none"),
    "matmul": matmul,
    "sum": lambda x, o: x.sum(dims(x, o), o["keepdims"]),
    "mean": lambda x, o: x.mean(dims(x, o), o["keepdims"]),
    "max": lambda x, o: torch.amax(x, dims(x, o), o["keepdims"]),
    "min": lambda x, o: torch.amin(x, dims(x, o), o["keepdims"]),
    "variance": lambda x, o: torch.var(x, dims(x, o), unbiased=not o["population"], keepdim=o["keepdims"]),
    "norm": lambda x, o: torch.linalg.vector_norm(x, number(o["p"]), dims(x, o), o["keepdims"]),
    "logsumexp": lambda x, o: torch.logsumexp(x, dims(x, o), o["keepdims"]),
    "softmax": lambda x, o: torch.softmax(x, axis(x, o)),
    "log_softmax": lambda x, o: torch.log_softmax(x, axis(x, o)),
    "cross_entropy": cross_entropy,
    "binary_cross_entropy_with_logits":
        lambda a, b, o: F.binary_cross_entropy_with_logits(a, b, reduction=reduction(o)),
    "mse": lambda a, b, o: F.mse_loss(a, b, reduction=reduction(o)),
    "reshape": lambda x, o: x.reshape(o["shape"]),
    "transpose": lambda x, o: x.permute(o["axes"] or list(range(x.dim()))[::-1]),
    "broadcast_to": lambda x, o: x.broadcast_to(o["shape"]),
    "concat": lambda *a: torch.cat(a[:-1], a[-1]["axis"]),
    "slice": slices,
    "gather": gather,
}


def apply(node, args):
    if node["op"] == "dropout":  # the mask is ours: elements that came out as 0 were dropped
        mask = tensor(node["values"], node["shape"]) != 0
        keep = node["options"]["keep"] or 1
        return args[0] * mask / keep
    return OPS[node["op"]](*args, node["options"])


def difference(ours, theirs):
    """The largest difference, relative to the largest element (or 1e-6 when all are smaller)."""
    if theirs.numel() == 0 or bool(((ours == theirs) | (ours.isnan() & theirs.isnan())).all()):
        return 0.0
    same = ours.isnan() & theirs.isnan()
    if bool((ours.isfinite() != theirs.isfinite()).any()):
        return float("inf")
    fine = theirs.isfinite() & ~same
    size = max(float(theirs[fine].abs().max()), 1e-6) if bool(fine.any()) else 1
    return float((ours - theirs)[fine].abs().max()) / size if bool(fine.any()) else 0.0


def repeat(graph):
    """The largest differences of value and gradients; None for an op that PyTorch lacks."""
    values = []
    for node in graph["nodes"]:
        if "op" not in node:
            leaf = tensor(node["data"], node["shape"], node["int"])
            values.append(leaf if node["int"] else leaf.requires_grad_())
        elif node["op"] != "dropout" and node["op"] not in OPS:
            return None
        else:
            values.append(apply(node, [values[k] for k in node["args"]]))
    y = values[-1]
    ours = tensor(graph["value"], graph["nodes"][-1]["shape"])
    if y.shape != ours.shape:
        return float("inf"), float("inf")
    y.backward(tensor(graph["cotangent"], ours.shape))
    worst = 0.0
    for k, gradient in graph["gradients"].items():
        leaf = values[int(k)]
        theirs = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)
        worst = max(worst, difference(tensor(gradient, leaf.shape), theirs))
    return difference(ours, y.detach()), worst


def main():
    text = subprocess.run(sys.argv[1:], check=True, stdout=subprocess.PIPE, text=True).stdout
    failures = 0
    unknown, refused = set(), set()
    totals = collections.defaultdict(lambda: [0, 0.0, 0.0])
    for line in text.splitlines():
        graph = json.loads(line)
        try:
            result = repeat(graph)
        except RuntimeError as reason:
            if all(graph["nodes"][-1]["shape"]) and "empty" not in str(reason):
                raise
            refused.add(graph["label"])  # some ops over empty axes
            continue
        if result is None:
            unknown.add(graph["nodes"][-1]["op"])
            continue
        kind = "compositions" if graph["label"].startswith("composition") else "op cases"
        total = totals[kind]
        total[0] += 1
        total[1] = max(total[1], result[0])
        total[2] = max(total[2], result[1])
        if max(result) > TOLERANCE:
            failures += 1
            print(f"{graph['label']}: value differs by {result[0]:.1e}, gradient by {result[1]:.1e}")
    for kind, (count, value, gradient) in totals.items():
        print(f"{count} {kind}: largest difference of values {value:.1e}, of gradients {gradient:.1e}")
    if refused:
        print("PyTorch refuses:", "; ".join(sorted(refused)))
    if unknown:
        print("no counterpart here for:", ", ".join(sorted(unknown)))
    print(f"PyTorch {torch.__version__}: {failures} differ")
    return 1 if failures or unknown else 0


sys.exit(main())
