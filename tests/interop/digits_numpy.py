"""The ten-class run of examples/digits_by_hand in NumPy; then the same in tapegrad, in legs that start from NumPy's weights.

Usage: digits_numpy.py INTEROP_DIGITS SOURCE WORK
The run is chaotic: one last bit of one weight makes 1e-9 in some 26 epochs, so no two arithmetics agree for longer. In
legs of LEG epochs all of it can be compared: each must follow NumPy to 1e-9, with equal accuracies. NumPy itself follows
tests/golden/mnist_softmax.json to the last digit with OpenBLAS' Haswell kernels on two or more threads and its own exp
for AVX-512; it says how far it does here.
Ends with status 77 and the reason where NumPy or MNIST is absent, 1 where a number differs.
"""
import gzip
import json
import os
import subprocess
import sys

os.environ["OPENBLAS_CORETYPE"] = "Haswell"  # before NumPy loads it
os.environ["OPENBLAS_NUM_THREADS"] = "2"
try:
    import numpy as np
except ImportError as reason:
    print(f"skipped: NumPy is not installed for {sys.executable} ({reason}); Debian has it as python3-numpy")
    sys.exit(77)

EPOCHS, LEG = 60, 15
program, source, work = sys.argv[1:]
places = [os.environ["TAPEGRAD_DATA"]] if "TAPEGRAD_DATA" in os.environ else [f"{source}/data", f"{source}/../shared/data"]
folder = next((f"{place}/mnist" for place in places if os.path.isdir(f"{place}/mnist")), None)
if not folder:
    print("skipped: MNIST is not here; TAPEGRAD_DATA names the folder that holds mnist/")
    sys.exit(77)


def idx(name, header):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8)[header:]


def pixels(name):
    return idx(name, 16).reshape(-1, 784).astype(float)


train_label = idx("train-labels-idx1-ubyte", 8)
first = np.concatenate([np.where(train_label == digit)[0][:1000] for digit in range(10)])
X, label = np.ascontiguousarray(pixels("train-images-idx3-ubyte")[first].T), train_label[first]
test_X, test_label = np.ascontiguousarray(pixels("t10k-images-idx3-ubyte").T), idx("t10k-labels-idx1-ubyte", 8)
Y = np.eye(10)[:, label]

np.random.seed(29)
W1, W2 = np.random.normal(0, 0.01, (256, 784)), np.random.normal(0, 0.01, (10, 256))
b1, b2 = np.zeros((256, 1)), np.zeros((10, 1))


def forward(x):
    hidden = 1 / (1 + np.exp(-(W1 @ x + b1)))
    z = W2 @ hidden + b2
    e = np.exp(z - np.max(z, axis=0))
    return hidden, e / np.sum(e, axis=0)


numpy_run, weights = [], {}
for epoch in range(EPOCHS):
    if epoch % LEG == 0:
        at = (("w1", W1), ("b1", b1.ravel()), ("w2", W2), ("b2", b2.ravel()))
        weights.update({f"{name}_{epoch}": value.copy() for name, value in at})
    hidden, p = forward(X)
    loss = -np.mean(np.log(p[label, np.arange(label.size)]))
    right = [np.mean(np.argmax(q, axis=0) == is_) for q, is_ in ((p, label), (forward(test_X)[1], test_label))]
    numpy_run.append([loss, *right])
    dz2 = p - Y
    dz1 = W2.T @ dz2 * hidden * (1 - hidden)
    W2, b2 = W2 - 1.7e-5 * (dz2 @ hidden.T), b2 - 1.7e-5 * dz2.sum(1, keepdims=True)
    W1, b1 = W1 - 1.7e-5 * (dz1 @ X.T), b1 - 1.7e-5 * dz1.sum(1, keepdims=True)


def agreeing(run, reference):
    """How many epochs, from the first, agree."""
    for n, ((loss, *right), (is_, *rights)) in enumerate(zip(run, reference)):
        if not (abs(loss - is_) <= 1e-9 * is_ and np.allclose(right, rights, rtol=0, atol=1e-12)):
            return n
    return min(len(run), len(reference))


with open(f"{source}/tests/golden/mnist_softmax.json") as file:
    reference = json.load(file)["epochs"]
same = sum(row[0] == is_[0] for row, is_ in zip(numpy_run, reference))
print(f"NumPy {np.__version__} here: {agreeing(numpy_run, reference)} epochs of the file within 1e-9, {same} to the last digit")
os.makedirs(work, exist_ok=True)
np.savez(f"{work}/weights.npz", **weights)
starts = [str(epoch) for epoch in range(0, EPOCHS, LEG)]
output = subprocess.run([program, folder, f"{work}/weights.npz", str(LEG), *starts], check=True, stdout=subprocess.PIPE).stdout
ours = [[float(x) for x in line.split(",")] for line in output.decode().splitlines()]
worst = max(abs(row[0] - is_[0]) / is_[0] for row, is_ in zip(ours, numpy_run))
n = agreeing(ours, numpy_run)
print(f"tapegrad in legs of {LEG}: {n} of {EPOCHS} epochs within 1e-9 of NumPy's; largest difference {worst:.1e}")
print(f"tapegrad in legs of {LEG}: {agreeing(ours, reference)} epochs within 1e-9 of the file")
sys.exit(n != EPOCHS)
