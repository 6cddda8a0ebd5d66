"""Writes numpy.jsonl: what NumPy answers, for its names.

    python3 test/golden/make_numpy.py
"""

import numpy as np
import torch

from golden import NAN, case, grid, rows, write


def ask(name, inputs, *given, **options):
    """NumPy's function on arrays, then the other arguments; our options have the same names."""

    def run(*tensors):
        found = getattr(np, name)(*[x.numpy() for x in tensors], *given, **options)
        several = found if isinstance(found, (tuple, list)) else [found]
        return [torch.from_numpy(np.array(one)) for one in several]

    case(f"np.{name}", run, inputs, *given, *([options] if options else []), gradient=False)


def integers(*values):
    return torch.tensor(values)


x, y = grid(3, 4), grid(4)
whole = integers(3, 1, -2, 3, 0, 1)
gaps = rows(3.0, NAN, -1.0, 3.0, NAN, 2.0)


def arranged():
    ask("reshape", [x], [2, -1])
    ask("transpose", [x])
    ask("transpose", [grid(2, 3, 4)], [2, 0, 1])
    ask("expand_dims", [x], 1)
    ask("expand_dims", [x], [0, -1])
    ask("squeeze", [grid(1, 3, 1)])
    ask("squeeze", [grid(1, 3, 1)], axis=0)
    ask("tile", [y], 2)
    ask("tile", [x], [2, 1, 3])
    ask("repeat", [x], 2)
    ask("repeat", [x], [1, 0, 2], axis=0)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        ask("pad", [x], [[1, 2], [2, 3]], mode=mode)
    ask("pad", [x], [1, 2], constant_values=7)
    ask("pad", [whole], 2)
    ask("pad", [y], [0, 9], mode="symmetric")
    ask("take", [x], [[0, -1], [5, 2]])
    ask("take", [x], [2, -1], axis=0)
    ask("take", [x], [9, -5], axis=1, mode="wrap")
    ask("take", [x], [9, -5], axis=1, mode="clip")
    for name in ("tril", "triu"):
        ask(name, [x], 1)
        ask(name, [x])
    ask("diag", [y], -1)
    ask("diag", [x], 1)


def ordered():
    for name in ("argmax", "argmin"):
        ask(name, [x])
        ask(name, [x], axis=1, keepdims=True)
        ask(name, [gaps])
    for name in ("sort", "argsort"):
        ask(name, [gaps])
        ask(name, [x], axis=0)
        ask(name, [x], axis=None)
    ask("unique", [gaps])
    ask("unique", [gaps], return_index=True, return_inverse=True, return_counts=True)
    ask("unique", [whole], return_index=True, return_counts=True)
    ask("unique", [gaps], equal_nan=False)
    ask("unique", [integers(1, 2, 1, 2, 0, 0).reshape(3, 2)], axis=0, return_index=True, return_inverse=True)
    ask("searchsorted", [rows(1.0, 3.0, 3.0, 5.0), rows(3.0, 0.0, 6.0)], side="right")
    ask("searchsorted", [rows(5.0, 1.0, 3.0), rows(3.0, 0.0, 6.0)], sorter=[1, 2, 0])
    ask("nonzero", [whole.reshape(2, 3)])
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        ask("quantile", [x], [0.25, 0.9], axis=1, method=method)
    ask("percentile", [x], 30, keepdims=True)
    ask("percentile", [grid(2, 3, 4)], [0, 75], axis=[0, 2], keepdims=True)
    ask("median", [x])
    ask("median", [x], axis=0)
    ask("median", [gaps])


def series():
    ask("cumsum", [x])
    ask("cumsum", [whole])
    ask("cumsum", [x], axis=0)
    ask("diff", [x], n=2)
    ask("diff", [x], axis=0, prepend=1.5)
    ask("histogram", [x], 5)
    ask("histogram", [x], [-3.0, 0.0, 1.0, 3.0], density=True)
    ask("histogram", [x], 4, range=[-1, 1])
    ask("bincount", [integers(1, 3, 1)], minlength=6)
    points, heights = rows(-2.0, -0.5, 1.0, 2.5), rows(1.0, 4.0, 0.0, 2.0)
    ask("interp", [x, points, heights])
    ask("interp", [gaps, points, heights], left=-9.0, right=9.0)
    ask("interp", [x, rows(2.0, 0.5, 1.25), rows(1.0, 4.0, 0.0)], period=2.5)
    ask("interp", [x, rows(0.0), rows(7.0)])


def elements():
    ask("clip", [x], -1, 1.5)
    ask("clip", [x], None, 0.5)
    ask("floor_divide", [whole, integers(2, -2, 3, 2, 5, -1)])
    ask("mod", [whole, integers(2, -2, 3, 2, 5, -1)])
    ask("mod", [gaps, rows(2.0, 1.0, 0.75, -2.0, 1.0, 5.0)])
    for name in ("sign", "abs", "isnan", "exp"):
        ask(name, [gaps])
    ask("sign", [whole])
    ask("abs", [whole])
    ask("sqrt", [x.abs()])
    ask("log", [x.abs() + 1])
    ask("isclose", [gaps, gaps + 1e-9])
    ask("isclose", [gaps, gaps * 1.01], rtol=0.1, equal_nan=True)
    ask("outer", [x, y])
    ask("tensordot", [grid(2, 3, 4), grid(3, 4, 2)])
    ask("tensordot", [grid(2, 3, 4), grid(4, 2)], axes=[[0, 2], [1, 0]])
    ask("kron", [grid(2, 2), y])
    ask("trace", [x])
    ask("trace", [grid(2, 3, 4)], offset=1, axis1=2, axis2=1)


write("numpy", (arranged, ordered, series, elements))
