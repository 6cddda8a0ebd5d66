"""Writes shape.jsonl: creation, views, repeating, padding and indexing as PyTorch and NumPy have them.

    python3 test/golden/make_shape.py

Needs torch and numpy, on the CPU.
"""

import numpy
import torch
import torch.nn.functional as F

from golden import INF, NAN, case, grid, rows, write


def whole(*values):
    return torch.tensor(values, dtype=torch.int64)


def joins():
    vectors, matrices = [grid(3), grid(3)], [grid(2, 3), grid(2, 3)]
    for op, function in (
        ("hstack", torch.hstack), ("vstack", torch.vstack), ("dstack", torch.dstack), ("columnStack", torch.column_stack),
    ):
        for inputs in (vectors, matrices, [grid(2, 2, 2), grid(2, 2, 2)], [torch.tensor(2.0).double(), torch.tensor(3.0).double()]):
            case(op, lambda *xs: function(xs), inputs)
    case("hstack", lambda *xs: torch.hstack(xs), [grid(2), grid(3)])
    case("vstack", lambda *xs: torch.vstack(xs), [grid(1, 3), grid(3)])
    case("columnStack", lambda *xs: torch.column_stack(xs), [grid(2), grid(2, 3)])
    case("blockDiag", lambda *xs: torch.block_diag(*xs), [grid(2, 2), grid(3), torch.tensor(1.5).double(), grid(1, 2)])
    case("blockDiag", lambda *xs: torch.block_diag(*xs), [grid(0, 2), grid(2, 1)])


def parts():
    for op, function, inputs in (
        ("hsplit", torch.hsplit, [grid(6), grid(2, 6), grid(2, 4, 2)]),
        ("vsplit", torch.vsplit, [grid(4, 3), grid(6, 2, 2)]),
        ("dsplit", torch.dsplit, [grid(2, 2, 4)]),
    ):
        for x in inputs:
            for cuts in (2, [1, 2], [1, 1, 3], [2, 1], [-1], [9]):
                case(op, lambda x: function(x, cuts), [x], cuts)
    for cuts in (1, 2, 3, 5, 9, [2, 4], [0], [-2, -1], [4, 1], []):
        case("tensorSplit", lambda x: torch.tensor_split(x, cuts), [grid(7)], cuts)
        case("tensorSplit", lambda x: torch.tensor_split(x, cuts, dim=-1), [grid(2, 5)], cuts, -1)


def repeats():
    x = grid(2, 3)
    case("repeatInterleave", lambda x: x.repeat_interleave(2), [x], 2)
    for dim in (0, 1, -1):
        case("repeatInterleave", lambda x: x.repeat_interleave(3, dim), [x], 3, dim)
        case("repeatInterleave", lambda x: x.repeat_interleave(0, dim), [x], 0, dim)
    case("repeatInterleave", lambda x: x.repeat_interleave(whole(2, 0, 3), 1), [x], [2, 0, 3], 1)
    case("repeatInterleave", lambda x: x.repeat_interleave(whole(0, 4), 0), [x], [0, 4], 0, {"outputSize": 4})
    case("repeatInterleave", lambda x: x.repeat_interleave(whole(0, 0), 0), [x], [0, 0], 0)
    case("repeatInterleave", lambda x: x.repeat_interleave(whole(1, 2, 0, 1, 1, 3)), [x], [1, 2, 0, 1, 1, 3])
    case("repeatInterleave", lambda x: x.repeat_interleave(3), [torch.tensor(2.5).double()], 3)
    for dims in ([2], [2, 1], [1, 0], [2, 1, 3], []):
        case("tile", lambda x: x.tile(dims), [x], dims)
    for shifts, dims in ((1, None), (-4, None), (7, None), (1, 0), (-1, 1), ([1, -2], [0, 1]), ([1, 1], [1, 1]), (5, -1)):
        rest = [shifts] if dims is None else [shifts, dims]
        case("roll", lambda x: torch.roll(x, *rest), [x], *rest)
    case("roll", lambda x: torch.roll(x, 2, 0), [torch.zeros(0, 2).double()], 2, 0, gradient=False)
    case("fliplr", torch.fliplr, [x])
    case("flipud", torch.flipud, [x])
    case("flipud", torch.flipud, [grid(3)])
    for k in range(-3, 6):
        case("rot90", torch.rot90 if k == 1 else lambda x: torch.rot90(x, k), [x], k)
        case("rot90", lambda x: torch.rot90(x, k, [2, 0]), [grid(2, 2, 3)], k, [2, 0])


def ranks():
    for x in (torch.tensor(1.5).double(), grid(3), grid(2, 3), grid(2, 2, 2), grid(0)):
        for op, function in (
            ("atleast1d", torch.atleast_1d), ("atleast2d", torch.atleast_2d), ("atleast3d", torch.atleast_3d),
        ):
            case(op, function, [x])
    case("ravel", torch.ravel, [grid(2, 3)])
    case("t", torch.t, [grid(2, 3)])
    case("moveaxis", lambda x: torch.moveaxis(x, [0, 1], [-1, 0]), [grid(2, 3, 2)], [0, 1], [-1, 0])
    case("swapaxes", lambda x: torch.swapaxes(x, 0, -1), [grid(2, 3, 2)], 0, -1)
    case("swapdims", lambda x: torch.swapdims(x, 1, 0), [grid(2, 3)], 1, 0)
    case("broadcastTo", lambda x: torch.broadcast_to(x, [3, 2]), [grid(1, 2)], [3, 2])
    case("broadcastTensors", lambda *xs: torch.broadcast_tensors(*xs), [grid(3, 1), grid(2), torch.tensor(1.5).double()])


def diagonals():
    for offset in (0, 1, -2):
        case("diag", lambda x: torch.diag(x, offset), [grid(3)], offset)
        case("diag", lambda x: torch.diag(x, offset), [grid(3, 4)], offset)
        case("diagflat", lambda x: torch.diagflat(x, offset), [grid(2, 2)], offset)
        case("diagEmbed", lambda x: torch.diag_embed(x, offset), [grid(2, 3)], {"offset": offset})
    for dim1, dim2 in ((0, 2), (2, 0), (-1, 0), (1, 2)):
        case("diagEmbed", lambda x: torch.diag_embed(x, 1, dim1, dim2), [grid(2, 3)], {"offset": 1, "dim1": dim1, "dim2": dim2})
    case("diag", torch.diag, [torch.zeros(0).double()], gradient=False)
    for options in ({}, {"N": 2}, {"N": 0}, {"N": 5, "increasing": True}):
        case("vander", lambda x: torch.vander(x, **options), [rows(2, 0, -1.5)], options, gradient=False)
        case("vander", lambda x: torch.vander(x, **options), [whole(2, 0, 3)], options)
    case("vander", lambda x: torch.stack([x * x, x, torch.ones_like(x)], 1), [rows(2, 0, -1.5)])


def grids():
    xs = [grid(2), grid(3), torch.tensor(4.0).double()]
    for indexing in ("ij", "xy"):
        case("meshgrid", lambda *xs: torch.meshgrid(*xs, indexing=indexing), xs, {"indexing": indexing})
    case("meshgrid", lambda *xs: torch.meshgrid(*xs, indexing="xy"), [grid(2)], {"indexing": "xy"})
    case("cartesianProd", lambda *xs: torch.cartesian_prod(*xs), [grid(2), grid(3), grid(2)])
    case("cartesianProd", lambda *xs: torch.cartesian_prod(*xs), [grid(2), grid(0)])
    case("cartesianProd", lambda *xs: torch.cartesian_prod(*xs), [grid(3)])
    for r in (0, 1, 2, 3, 5):
        for again in (False, True):
            if again and r == 5:
                continue
            run = lambda x: torch.combinations(x, r, again)
            case("combinations", run, [grid(4)], r, {"withReplacement": again}, gradient=r > 0)
    for rows_, columns, offset in ((3, 3, 0), (2, 4, 1), (4, 2, -1), (0, 3, 0), (3, 3, 9), (3, 3, -9)):
        sizes = [rows_, columns, {"offset": offset}]
        case("trilIndices", lambda: torch.tril_indices(rows_, columns, offset), [], *sizes)
        case("triuIndices", lambda: torch.triu_indices(rows_, columns, offset), [], *sizes)


def counts():
    for weights in (None, rows(1, -2, 0.5, 3), whole(1, 2, 3, 4)):
        for least in (0, 6):
            inputs = [whole(1, 3, 1, 0)] + ([] if weights is None else [weights])
            run = lambda x, *w: torch.bincount(x, *w, minlength=least)
            case("bincount", run, inputs, {"minlength": least}, gradient=False)
    case("bincount", torch.bincount, [torch.zeros(0, dtype=torch.int64)])
    case("oneHot", lambda x: F.one_hot(x).float(), [whole(1, 3, 0)])
    case("oneHot", lambda x: F.one_hot(x, 5).long(), [whole(1, 3, 0).reshape(3, 1)], 5, {"dtype": "int64"})


def windows():
    for n in (0, 1, 2, 5, 8):
        for periodic in (False, True):
            like = {"dtype": torch.float64}
            rest = [n, {"periodic": periodic, "dtype": "float64"}]
            for op, function in (
                ("hannWindow", torch.hann_window), ("hammingWindow", torch.hamming_window), ("blackmanWindow", torch.blackman_window),
                ("kaiserWindow", torch.kaiser_window),
            ):
                case(op, lambda: function(n, periodic, **like), [], *rest, exact=True)
    case("kaiserWindow", lambda: torch.kaiser_window(7, False, 3.5, dtype=torch.float64), [], 7, {"periodic": False, "beta": 3.5, "dtype": "float64"}, exact=True)


def strides():
    x = grid(12)
    for shape, steps, offset in (([3, 2], [2, 1], 0), ([4, 3], [1, 2], 2), ([3, 3], [0, 1], 1), ([], [], 5), ([0, 4], [1, 1], 0), ([2, 2, 2], [1, 1, 1], 0)):
        case("asStrided", lambda x: torch.as_strided(x, shape, steps, offset), [x], shape, steps, offset)
    for dim, size, step in ((0, 2, 1), (1, 3, 2), (-1, 4, 1), (1, 1, 3), (0, 0, 1)):
        case("unfoldDim", lambda x: x.unfold(dim, size, step), [grid(3, 5)], dim, size, step)


def pads():
    x = grid(2, 3, 4)
    for padding in ([1, 2], [0, 0], [-1, 2], [1, -2], [1, 0, 2, 1], [0, 1, -1, 0, 1, 1], [-2, -2], [-3, 1], []):
        if padding:
            case("pad", lambda x: F.pad(x, padding), [x], padding)
            case("pad", lambda x: F.pad(x, padding, value=1.5), [x], padding, {"value": 1.5})
    for mode in ("reflect", "replicate", "circular"):
        for padding in ([1, 2], [3, 0], [-1, 1], [2, -1]):
            case("pad", lambda x: F.pad(x, padding, mode=mode), [x], padding, {"mode": mode})
        for padding in ([1, 2, 2, 0], [0, 3, 1, 1]):
            case("pad", lambda x: F.pad(x, padding, mode=mode), [grid(1, 2, 3, 4)], padding, {"mode": mode})
    case("pad", lambda x: F.pad(x, [1, 1], value=3), [whole(1, 2)], [1, 1], {"value": 3})
    case("pad", lambda x: F.pad(x, [1, 1]), [torch.tensor([True, True])], [1, 1])


def places():
    odd = rows([0, 1.5, NAN], [-INF, 0, 0])
    for x in (odd, torch.zeros(2, 2).double(), torch.zeros(0, 3).double(), torch.tensor(2.0).double(), whole(0, 3, 0, 5), grid(2, 2, 2)):
        case("nonzero", lambda x: torch.nonzero(x), [x], gradient=False)
        case("nonzero", lambda x: torch.nonzero(x, as_tuple=True), [x], {"asTuple": True}, gradient=False)
        case("argwhere", lambda x: torch.argwhere(x), [x], gradient=False)
    x, mask = grid(2, 3), torch.tensor([[True, False, True], [False, False, True]])
    case("maskedSelect", torch.masked_select, [x, mask])
    case("maskedSelect", torch.masked_select, [x, mask[0]])
    case("maskedSelect", torch.masked_select, [x[0], mask])
    case("maskedSelect", torch.masked_select, [x, torch.zeros(2, 3).bool()])
    case("maskedScatter", torch.masked_scatter, [x, mask, grid(5)])
    case("maskedScatter", torch.masked_scatter, [x, mask[1], grid(2, 2)])
    case("maskedScatter", torch.masked_scatter, [x, torch.zeros(2, 3).bool(), grid(1)])
    case("take", torch.take, [x, whole([0, -1], [5, 2])])
    case("take", torch.take, [x, whole()])
    case("takeAlongDim", lambda x, i: torch.take_along_dim(x, i, 1), [x, whole([2], [0])], 1)
    case("takeAlongDim", lambda x, i: torch.take_along_dim(x, i, 0), [x, whole([1, 0, 1])], 0)
    case("takeAlongDim", lambda x, i: torch.take_along_dim(x, i, 1), [x, whole([2, 0])], 1)
    case("takeAlongDim", torch.take_along_dim, [x, whole([2, 0])])


def writes():
    x = grid(3, 4)
    case("scatter", lambda x, i, s: x.scatter(0, i, s), [x, whole([0, 2, 1, 1], [2, 0, 0, 2]), grid(2, 4)], 0)
    case("scatter", lambda x, i, s: x.scatter(1, i, s[:2, :2]), [x, whole([3, 0], [1, 2]), grid(3, 4)], 1)
    case("scatter", lambda x, i: x.scatter(1, i, 2.5), [x, whole([3, 0], [1, 2])], 1, 2.5)
    case("indexCopy", lambda x, i, s: x.index_copy(1, i, s), [x, whole(3, 0), grid(3, 2)], 1)
    case("indexFill", lambda x, i, s: x.index_fill(0, i, s), [x, whole(2, 0), torch.tensor(1.5).double()], 0)
    case("indexAddBy", lambda x, i, s: x.index_add(0, i, s, alpha=2.5), [x, whole(2, 2), grid(2, 4)], 0, {"alpha": 2.5})
    for accumulate in (False, True):
        index = whole([0, -1], [3, 5]) if not accumulate else whole([0, -1], [11, 0])
        run = lambda x, i, s: x.put(i, s, accumulate)
        case("put", run, [x, index, grid(2, 2)], {"accumulate": accumulate})
    case("selectScatter", lambda x, s: x.select_scatter(s, 1, -1), [x, grid(3)], 1, -1)
    case("sliceScatter", lambda x, s: x.slice_scatter(s, 1, 1, 4, 2), [x, grid(3, 2)], 1, 1, 4, 2)
    case("sliceScatter", lambda x, s: x.slice_scatter(s, 0, -2), [x, grid(2, 4)], 0, -2)
    case("diagonalScatter", lambda x, s: x.diagonal_scatter(s, 1), [x, grid(3)], {"offset": 1})


def python(item):
    """An item of our index as Python has it."""
    if isinstance(item, str):
        return ... if item == "..." else slice(*[int(part) if part else None for part in item.split(":")])
    return numpy.array(item) if isinstance(item, list) else item


ARRAYS = [
    [[0, 1, -1]], [":", [1, 0]], [[0, 1], [2, -1]], [[[0], [1]], [0, 2]], ["...", [0, 3]], [[0, 1], "1:"],
    [[1, 0], ":", [0, 1]], [":", [0, 1], [1, 2]], [[0, 1], None, [0, 1]], [0, [1, 0]], [0, ":", [1, 3]], [[1, 0], ":", -1],
    [":", 1, [0, 2]], [[True, False]], [":", [True, False, True]], [[[True, False, True], [False, True, False]]],
    [[True, True], ":", [1, 3]], [None, [1, 0]], [":", [[0, 1], [2, 0]], "::2"], [[], ":"], [1, [0, 2], 0],
]


def arrays():
    values = grid(2, 3, 4)
    for items in ARRAYS:
        there = tuple(map(python, items))
        if items == [[], ":"]:
            there = (numpy.zeros(0, dtype=int), slice(None))
        flat = torch.arange(24).reshape(2, 3, 4).numpy()[there]  # NumPy's rule tells the places
        shape, at = list(flat.shape), torch.from_numpy(numpy.array(flat)).reshape(-1)
        pick = lambda x: x.reshape(-1)[at].reshape(shape)
        case("index", pick, [values], *items)
        for accumulate in (False, True):
            write = lambda x, v: x.reshape(-1).index_put([at], v.expand(shape).reshape(-1), accumulate).reshape(2, 3, 4)
            source = grid(*shape[-1:])
            case("indexPut", write, [values, source], items, {"accumulate": accumulate})
    for items in ([0], ["1:", 0], ["...", "::-2"], [":", 1, "1:3"]):
        there = tuple(map(python, items))
        at = torch.from_numpy(torch.arange(24).reshape(2, 3, 4).numpy()[there].copy())
        for accumulate in (False, True):
            write = lambda x, v: x.reshape(-1).index_put([at.reshape(-1)], v.expand(at.shape).reshape(-1), accumulate).reshape(2, 3, 4)
            case("indexPut", write, [values, grid(1)], items, {"accumulate": accumulate})


write("shape", [
    joins, parts, repeats, ranks, diagonals, grids, counts, windows, strides, pads, places, writes, arrays,
])
