# What the scripts beside this file share: tensors as JSON, cases with gradients, files of cases.
import collections
import importlib.metadata
import json
import pathlib

files = collections.defaultdict(list)  # of case() below, by package


def packed(x):
    """A tensor with its shape; anything else as it is."""
    return {"shape": list(x.shape), "data": x.detach().double().flatten().tolist()} if hasattr(x, "detach") else x


def leaf(x):
    return x.clone().requires_grad_()


def case(package, loss, name, params, inputs, value, inexact=False):
    """value() is a scalar whose gradients are wanted for the inputs that ask for one, or a dict of expected tensors."""
    from torch import autograd
    wanted = {k: v for k, v in inputs.items() if getattr(v, "requires_grad", False)}
    out = value()
    if not isinstance(out, dict):
        grads = autograd.grad(out, list(wanted.values()))
        out = {"loss": out, **{"grad_" + k: g for k, g in zip(wanted, grads)}}
    files[package].append({
        "case": f"{loss}: {name}", "params": {"loss": loss, "float32": inexact, **params},
        "inputs": {k: packed(v) for k, v in inputs.items()}, "expected": {k: packed(v) for k, v in out.items()}})


def write(file, package, cases, rtol_float32=2e-5, floor=1e-3, rtol_float64=1e-12, version_of=None, separators=None, **more):
    """file.json beside this one: what is common to its cases, then a line a case."""
    head = {"package": package, "version": importlib.metadata.version(version_of or package), **more,
            "rtol_float64": rtol_float64, "rtol_float32": rtol_float32, "floor": floor}
    rows = ",\n".join(json.dumps(c, separators=separators) for c in cases)
    (pathlib.Path(__file__).parent / f"{file}.json").write_text(json.dumps(head)[:-1] + ', "cases": [\n' + rows + "\n]}\n")
    print(file, len(cases))
