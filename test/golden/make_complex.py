"""Writes complex.jsonl: what PyTorch answers for complex numbers, Fourier transforms, eigenvalues and sparse products.

    python3 test/golden/make_complex.py

Complex numbers go in as two tensors, real and imaginary parts, and come out as one whose last dim is 2.
"""

import torch

from golden import INF, NAN, case, grid, rows, write


def out(z):
    return torch.view_as_real(z.resolve_conj()) if z.is_complex() else z


def numbers(op, function, *parts, gradient=True, exact=False):
    """A case of complex arguments, given as their parts."""

    def run(*given):
        pairs = [torch.complex(given[i], given[i + 1]) for i in range(0, len(given), 2)]
        return out(function(*pairs))

    case(op, run, list(parts), gradient=gradient, exact=exact)


def arithmetic():
    one = [grid(2, 3), grid(2, 3)]
    other = [grid(2, 3) + 4, grid(2, 3)]
    for name in ("add", "sub", "mul", "div", "pow"):
        scale = 0.25 if name == "pow" else 1
        numbers(f"complex_{name}", getattr(torch, name), *other, *[x * scale for x in one])
        numbers(f"complex_{name}", getattr(torch, name), *[x[:, :1] for x in other], *[x[0] * scale for x in one])
    numbers("complex_matmul", torch.matmul, grid(3, 4), grid(3, 4), grid(4, 2), grid(4, 2))
    numbers("complex_matmul", torch.matmul, grid(2, 3, 4), grid(2, 3, 4), grid(4), grid(4))
    big = rows(1e300, 1e-300, 3e307, 1.0, 2e-308)
    numbers("complex_div", torch.div, big, big / 2, big / 4, big, gradient=False, exact=True)


def functions():
    unary = {
        "abs": torch.abs,
        "angle": torch.angle,
        "conj": torch.conj,
        "exp": torch.exp,
        "log": torch.log,
        "neg": torch.neg,
        "reciprocal": torch.reciprocal,
        "sqrt": torch.sqrt,
        "sum": torch.sum,
        "mean": torch.mean,
    }
    for name, function in unary.items():
        numbers(f"complex_{name}", function, grid(3, 4) + 0.03125, grid(3, 4) + 0.03125)
    for name in ("abs", "angle"):
        numbers(f"complex_{name}", unary[name], rows(0, 3, -2, 0), rows(0, 4, 0, -1))
    edges = [rows(0, -1, -1, 4, 0.0, -INF), rows(0.0, 0.0, -0.0, 0.0, 2, 0.0)]
    for name in ("abs", "angle", "exp", "log"):
        numbers(f"complex_{name}", unary[name], *edges, gradient=False, exact=True)
    numbers("complex_sqrt", torch.sqrt, *[x[:5] for x in edges], gradient=False, exact=True)
    case("complex_polar", lambda r, t: out(torch.polar(r, t)), [grid(2, 3) + 4, grid(2, 3)])
    case("angle", torch.angle, [rows(1, -1, 0, -0.0, NAN, INF, -INF, -2.5)])
    case("angle", torch.angle, [grid(2, 3)])


def transform(name, inputs, is_complex, **options):
    function = getattr(torch.fft, name)

    def run(*given):
        return out(function(torch.complex(*given) if is_complex else given[0], **options))

    kind = "fourier_complex" if is_complex else "fourier_real"
    case(kind, run, inputs, name, {key: list(x) if isinstance(x, tuple) else x for key, x in options.items()})


def lines():
    for name in ("fft", "ifft"):
        for n in (1, 2, 3, 6, 11, 16):
            transform(name, [grid(2, n), grid(2, n)], True)
        for options in ({"n": 3}, {"n": 8}, {"dim": 0}, {"norm": "ortho"}, {"norm": "forward"}, {"dim": -2, "n": 5, "norm": "ortho"}):
            transform(name, [grid(3, 5), grid(3, 5)], True, **options)
        transform(name, [grid(2, 6)], False)
    for name in ("rfft", "ihfft"):
        for n in (1, 2, 5, 6, 13, 16):
            transform(name, [grid(2, n)], False)
        for options in ({"n": 4}, {"n": 9}, {"dim": 0}, {"norm": "ortho"}, {"norm": "forward"}):
            transform(name, [grid(3, 5)], False, **options)
    for name in ("irfft", "hfft"):
        for n in (2, 3, 6, 9):
            transform(name, [grid(2, n), grid(2, n)], True)
        for options in ({"n": 1}, {"n": 4}, {"n": 7}, {"n": 13}, {"dim": 0}, {"norm": "ortho"}, {"norm": "forward", "n": 5}):
            transform(name, [grid(3, 5), grid(3, 5)], True, **options)


def planes():
    for name in ("fft2", "ifft2", "fftn", "ifftn"):
        for options in ({}, {"s": (3, 6)}, {"s": (-1, 2), "dim": (0, 2)}, {"dim": (2, 1), "norm": "ortho"}, {"norm": "forward"}):
            transform(name, [grid(2, 4, 5), grid(2, 4, 5)], True, **options)
    transform("fftn", [grid(2, 3)], False)
    for name in ("rfft2", "rfftn"):
        for options in ({}, {"s": (3, 6)}, {"dim": (2, 0)}, {"norm": "ortho"}):
            transform(name, [grid(2, 4, 5)], False, **options)
    for name in ("irfft2", "irfftn"):
        for options in ({}, {"s": (3, 7)}, {"dim": (2, 0)}, {"norm": "ortho"}, {"s": (2, 2), "norm": "forward"}):
            transform(name, [grid(2, 4, 5), grid(2, 4, 5)], True, **options)
    for name in ("fftshift", "ifftshift"):
        for options in ({}, {"dim": (1,)}, {"dim": (0, 1)}):
            transform(name, [grid(3, 4)], False, **options)
        transform(name, [grid(3, 4), grid(3, 4)], True)


def frequencies():
    for n in (1, 2, 5, 8):
        for d in (1.0, 0.5):
            for name in ("fftfreq", "rfftfreq"):
                function = lambda: getattr(torch.fft, name)(n, d=d, dtype=torch.float64)
                case("fourier_frequencies", function, [], name, n, {"d": d, "dtype": "float64"})


def snake(options):
    names = {"hopLength": "hop_length", "winLength": "win_length", "padMode": "pad_mode"}
    return {names.get(key, key): value for key, value in options.items()}


def pieces():
    window = torch.hann_window(8, dtype=torch.float64)
    for options in (
        {},
        {"hopLength": 3},
        {"center": False},
        {"normalized": True},
        {"onesided": False},
        {"padMode": "constant"},
        {"hopLength": 1, "padMode": "replicate"},
    ):
        run = lambda x, w: out(torch.stft(x, 8, window=w, return_complex=True, **snake(options)))
        case("fourier_stft", run, [grid(20), window], 8, options)
        case("fourier_stft", run, [grid(2, 21), window], 8, options)
    short = torch.hann_window(5, dtype=torch.float64)
    run = lambda x, w: out(torch.stft(x, 8, window=w, win_length=5, return_complex=True))
    case("fourier_stft", run, [grid(20), short], 8, {"winLength": 5})
    for options in ({}, {"length": 17}, {"length": 25}, {"hopLength": 3}, {"normalized": True}):
        run = lambda a, b, w: torch.istft(torch.complex(a, b), 8, window=w, **snake(options))
        case("fourier_istft", run, [grid(5, 9), grid(5, 9), window + 0.125], 8, options)
        case("fourier_istft", run, [grid(2, 5, 6), grid(2, 5, 6), window + 0.125], 8, options)
    options = {"onesided": False, "returnComplex": True}
    run = lambda a, b, w: out(torch.istft(torch.complex(a, b), 8, window=w, onesided=False, return_complex=True))
    case("fourier_istft", run, [grid(8, 6), grid(8, 6), window + 0.125], 8, options)


def eigenvalues():
    """Sums over eigenvalues, which do not depend on their order, nor on the phases of vectors."""

    def weighted(a):
        values, vectors = torch.linalg.eig(a)
        return (vectors.abs().square() * values.abs().unsqueeze(-2)).sum(-1)

    def moments(a):
        values = torch.linalg.eigvals(a)
        return torch.stack([values.abs().sum(-1), values.real.exp().sum(-1), values.imag.square().sum(-1)], -1)

    turn = torch.tensor([[0.0, 4, 0], [-4, 0, 0], [0, 0, 6]], dtype=torch.float64)
    for a in (grid(3, 3, low=-1, high=1) + turn, grid(2, 3, 3, low=-1, high=1) + turn, grid(1, 1) + 4):
        case("eigWeighted", weighted, [a])
        case("eigMoments", moments, [a])


def sparse():
    index = torch.tensor([[2, 0, 0, 2, 0], [3, 1, 0, 3, 2]])
    for dense in (grid(4, 3), grid(4), grid(4, 17)):
        run = lambda values, x: torch.sparse_coo_tensor(index, values, (3, 4)) @ x
        case("sparse_matmul", run, [grid(5), dense], index.tolist(), [3, 4])
        run = lambda values, x: torch.sparse_coo_tensor(index.flip(0), values, (4, 3)).t() @ x
        case("sparse_transposed", run, [grid(5), dense], index.flip(0).tolist(), [4, 3])
    run = lambda values: torch.sparse_coo_tensor(index, values, (3, 4)).to_dense()
    case("sparse_dense", run, [grid(5)], index.tolist(), [3, 4])


write("complex", [arithmetic, functions, lines, planes, frequencies, pieces, eigenvalues, sparse])
