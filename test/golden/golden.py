"""What the scripts of this folder share: cases, and the files that they are written to.

A script makes the cases of one area and calls `write`. Inputs are seeded and short in binary, so that float32 holds them
exactly. Results are computed in float64; the test runs each case in float32 and in float64 against them. Only corner
values, where the two differ, are computed in the dtype that is written with them. The gradient of a case is that of
sum(output * weights), with the weights of `weights` below, which the test makes again.
"""

import json
import math
import pathlib

import torch

torch.manual_seed(20240607)
torch.set_num_threads(1)

NAN, INF = math.nan, math.inf

tensors = []  # every tensor once, as [dtype, shape, elements]
places = {}  # its text -> its place in `tensors`
cases = []


def number(value):
    """A value as JSON has it; what JSON has no number for is text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    short = float(f"{value:.12g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def store(x, exact=False):
    """The place of a tensor in the list. float64 stands for both floating-point dtypes unless `exact`."""
    dtype = str(x.dtype).removeprefix("torch.")
    if dtype == "float64" and not exact:
        dtype = "float"
    entry = [dtype, list(x.shape), [number(value) for value in x.detach().reshape(-1).tolist()]]
    text = json.dumps(entry)
    if text not in places:
        places[text] = len(tensors)
        tensors.append(text)
    return places[text]


def weights(out):
    """Weights of an output's elements: never 0, exact in binary, not all alike."""
    steps = torch.arange(out.numel(), dtype=torch.float64) * 37 % 11
    return (steps / 4 - 1.375).to(out.dtype).reshape(out.shape)


def case(op, function, inputs, *arguments, gradient=True, exact=False):
    """Runs `function` on the inputs and stores what it answers as the expected results of our `op`."""
    leaves = [
        x.detach().clone().requires_grad_() if gradient and x.is_floating_point() else x for x in inputs
    ]
    result = function(*leaves)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    entry = {"op": op, "inputs": [store(x, exact) for x in inputs]}
    if arguments:
        entry["arguments"] = list(arguments)
    entry["outputs"] = [store(x, exact) for x in outputs]
    if outputs[0].requires_grad:
        (outputs[0] * weights(outputs[0])).sum().backward()
        zero = lambda x: torch.zeros_like(x) if x.grad is None else x.grad
        entry["grads"] = [store(zero(x), exact) if x.requires_grad else None for x in leaves]
    cases.append(entry)


def grid(*shape, low=-3, high=3):
    """Random multiples of 1/16."""
    return torch.randint(low * 16, high * 16 + 1, shape).double() / 16


def rows(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


def write(name, families, records=()):
    """Runs the families, functions that make cases, and writes NAME.jsonl beside this file."""
    for family in families:
        first = len(cases)
        family()
        for entry in cases[first:]:
            entry["family"] = family.__name__
    lines = list(records) + [("tensor", json.loads(text)) for text in tensors] + [("case", entry) for entry in cases]
    path = pathlib.Path(__file__).with_name(f"{name}.jsonl")
    path.write_text("".join(json.dumps({kind: value}, separators=(",", ":")) + "\n" for kind, value in lines))
    print(f"{path.name}: {len(cases)} cases, {len(tensors)} tensors, {path.stat().st_size} bytes")
