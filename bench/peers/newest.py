# SPDX-License-Identifier: BSD-3-Clause
"""Peers of a Python, the newest that one has: a process that bench/newest/peers.cpp starts and asks for one call at a time.

A line in, a line out:
  packages                   ->  "faiss 1.15.1<tab>torch 2.15.0<tab>..." ("faiss -" where it is missing)
  load NAME ROWS COLS FILE   ->  "ok"; float32 numbers, row after row
  task NAME K                ->  the packages that have the task, in the order of their numbers
  run NUMBER REPEATS         ->  CPU seconds of a call, then what it computed, to be compared with foil's
All on one thread: OMP_NUM_THREADS=1 is set by who starts this. The CPU seconds of the process are those of its thread.
"""
import importlib
import math
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w")  # what packages print goes to stderr
os.dup2(2, 1)


def found(package):
    try:
        return importlib.import_module(package)
    except ImportError:
        return None


np, torch, faiss = found("numpy"), found("torch"), found("faiss")
packages = {"faiss": np and faiss, "torch": np and torch, "numpy": np}  # without numpy nothing reads the numbers
if torch:
    torch.set_num_threads(1)
if faiss:
    faiss.omp_set_num_threads(1)

arrays, tasks = {}, {}


def peer(task, package):
    """make(k) prepares and returns call() -> result, and sums(result) -> numbers; only call is timed."""
    def add(make):
        if packages[package]:
            tasks.setdefault(task, []).append((package, make))
    return add


@peer("mine", "faiss")
def _(k):
    index = faiss.IndexFlatIP(arrays["x"].shape[1])
    index.add(arrays["x"])
    return lambda: index.search(arrays["q"], k), lambda r: [r[0].sum(dtype=float)]


@peer("k_means", "faiss")
def _(k):
    x = arrays["x"]

    def call():
        means = faiss.Kmeans(x.shape[1], k, niter=10, spherical=True, max_points_per_centroid=x.shape[0])
        means.train(x)
        return means
    return call, lambda means: [means.obj[-1] / x.shape[0]]


@peer("mine", "torch")
def _(k):
    q, x = torch.from_numpy(arrays["q"]), torch.from_numpy(arrays["x"])
    return lambda: torch.topk(q @ x.T, k), lambda r: [r[0].sum(dtype=torch.float64).item()]


@peer("mine", "numpy")
def _(k):
    q, x = arrays["q"], arrays["x"]

    def call():
        scores = q @ x.T
        ids = np.argpartition(scores, -k, axis=1)[:, -k:]
        best = np.take_along_axis(scores, ids, 1)
        order = np.argsort(-best, axis=1)
        return np.take_along_axis(best, order, 1), np.take_along_axis(ids, order, 1)
    return call, lambda r: [r[0].sum(dtype=float)]


@peer("top_k", "torch")
def _(k):
    x = torch.from_numpy(arrays["x"][0])
    return lambda: torch.topk(x, k, sorted=False), lambda r: [r[0].sum(dtype=torch.float64).item(), r[1].sum().item()]


@peer("top_k", "numpy")
def _(k):
    x = arrays["x"][0]

    def call():
        ids = np.argpartition(x, -k)[-k:]
        return x[ids], ids
    return call, lambda r: [r[0].sum(dtype=float), r[1].sum()]


def autograd(both):
    from torch.nn import functional as F
    a, b = (torch.from_numpy(arrays[n]).clone().requires_grad_() for n in "qk")
    own = torch.arange(len(a))

    def call():
        a.grad = b.grad = None
        s = F.normalize(a) @ F.normalize(b).T / 0.05
        loss = F.cross_entropy(s, own)
        if both:
            loss = (loss + F.cross_entropy(s.T, own)) / 2
        loss.backward()
        return loss.item()
    return call, lambda loss: [loss, a.grad.norm().item(), b.grad.norm().item()]


peer("info_nce", "torch")(lambda k: autograd(False))
peer("clip", "torch")(lambda k: autograd(True))


def by_hand(both):
    def unit(x):
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        return x / norm, norm

    def softmax(s):  # by rows, in place; and the loss of the diagonal
        own = s.diagonal().copy()
        top = s.max(axis=1, keepdims=True)
        s -= top
        np.exp(s, out=s)
        total = s.sum(axis=1, keepdims=True)
        s /= total
        return np.mean(np.log(total[:, 0]) + top[:, 0] - own)

    def call():
        (u, p), (v, r) = unit(arrays["q"]), unit(arrays["k"])
        s = u @ v.T
        s *= np.float32(20)
        turned = s.T.copy() if both else None
        loss = softmax(s)
        if both:
            loss = (loss + softmax(turned)) / 2
            s += turned.T
            s *= np.float32(0.5)
        s[np.diag_indices(len(s))] -= 1
        s *= np.float32(20 / len(s))
        du, dv = s @ v, s.T @ u
        return loss, (du - u * (du * u).sum(1, keepdims=True)) / p, (dv - v * (dv * v).sum(1, keepdims=True)) / r
    return call, lambda r: [r[0], np.linalg.norm(r[1]), np.linalg.norm(r[2])]


peer("info_nce", "numpy")(lambda k: by_hand(False))
peer("clip", "numpy")(lambda k: by_hand(True))


@peer("vocabulary", "torch")
def _(k):
    z = torch.from_numpy(arrays["z"])

    def call():  # entropy and self-certainty of every row
        with torch.no_grad():
            log_p = torch.log_softmax(z, 1)
            certainty = -log_p.mean(1) - math.log(z.shape[1])
            return -(log_p.exp() * log_p).sum(1), certainty
    return call, lambda r: [x.sum(dtype=torch.float64).item() for x in r]


@peer("vocabulary", "numpy")
def _(k):
    z = arrays["z"]

    def call():
        log_p = z - z.max(axis=1, keepdims=True)
        p = np.exp(log_p)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        log_p -= np.log(total)
        certainty = -log_p.mean(axis=1) - math.log(z.shape[1])
        p *= log_p
        return -p.sum(axis=1), certainty
    return call, lambda r: [x.sum(dtype=float) for x in r]


def packages_line():
    return "\t".join(f"{name} {p.__version__.split('+')[0] if p else '-'}" for name, p in packages.items())


def load(name, rows, columns, path):
    if np:
        arrays[name] = np.fromfile(path, dtype=np.float32).reshape(int(rows), int(columns))
    return "ok"


prepared = []


def task(name, k):
    prepared.clear()  # gives the memory back first
    prepared.extend(make(int(k)) for _, make in tasks.get(name, []))
    return "\t".join(package for package, _ in tasks.get(name, []))


def run(number, repeats):
    call, sums = prepared[int(number)]
    start = time.process_time()
    for _ in range(int(repeats)):
        result = call()
    seconds = (time.process_time() - start) / int(repeats)
    return " ".join(f"{x:.17g}" for x in [seconds, *sums(result)])


commands = {"packages": packages_line, "load": load, "task": task, "run": run}
for line in sys.stdin:
    word, *arguments = line.rstrip("\n").split(" ", 4)
    print(commands[word](*arguments), file=answers, flush=True)
