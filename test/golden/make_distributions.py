"""Writes distributions.jsonl: densities, moments, entropies and divergences of distributions.

    python3 test/golden/make_distributions.py
"""

import torch
from torch import distributions as D

from golden import case, grid, rows, write



class Digamma(torch.autograd.Function):
    """PyTorch's, with a derivative that is right to more than ten digits."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.special.psi(x)

    @staticmethod
    def backward(context, grad):
        return grad * torch.special.zeta(torch.tensor(2.0).double(), context.saved_tensors[0])


torch.digamma = torch.Tensor.digamma = lambda x: Digamma.apply(x)  # what the distributions call

METHODS = {"mean": "mean", "variance": "variance", "stddev": "stddev", "entropy": "entropy"}


def made(kind, option, inputs):
    if option is None:
        return kind(*inputs)
    return kind(*inputs[:-1], **{option[1]: inputs[-1]})


def ask(name, inputs, values=None, option=None, entropy=True, quantiles=None):
    """`option`: our name and PyTorch's of the last parameter."""
    kind = getattr(D, name)
    ours = option[0] if option else None
    for method in METHODS:
        if method == "entropy" and not entropy:
            continue
        if name == "Categorical" and method != "entropy":
            continue

        def run(*given):
            found = getattr(made(kind, option, given), method)
            return found() if callable(found) else found

        case(f"{name}.{method}", run, inputs, ours)
    if values is not None:
        case(f"{name}.logProb", lambda *given: made(kind, option, given[:-1]).log_prob(given[-1]), [*inputs, values], ours)
    if quantiles is not None:
        case(f"{name}.cdf", lambda *given: made(kind, option, given[:-1]).cdf(given[-1]), [*inputs, values], ours)
    if quantiles:
        p = rows(0.125, 0.5, 0.9375)
        case(f"{name}.icdf", lambda *given: made(kind, option, given[:-1]).icdf(given[-1]), [*inputs, p], ours)


def divergence(name, first, second, option=None):
    kind = getattr(D, name)
    count = len(first)
    run = lambda *given: D.kl_divergence(made(kind, option, given[:count]), made(kind, option, given[count:]))
    case(f"{name}.klDivergence", run, [*first, *second], option[0] if option else None)


def above(*shape):
    return grid(*shape, low=0, high=3) + 0.125


def share(*shape):
    return (torch.randint(1, 16, shape).double()) / 16


def continuous():
    loc, scale, x = grid(3), above(3), grid(2, 3)
    ask("Normal", [loc, scale], x, quantiles=True)
    ask("Laplace", [loc, scale], x + 0.03125, quantiles=True)
    ask("LogNormal", [loc, scale], x.abs() + 0.125, quantiles=True)
    ask("Uniform", [loc - 4, loc + 5], x, quantiles=True)
    ask("Exponential", [scale], x.abs(), quantiles=True)
    ask("StudentT", [scale + 2, loc, scale], x)
    for name in ("Normal", "Laplace", "LogNormal"):
        divergence(name, [loc, scale], [grid(3), above(3)])
    divergence("Uniform", [loc - 1, loc + 1], [loc - 2, loc + 1.5])
    divergence("Exponential", [scale], [above(3)])


def positives():
    a, b = above(3), above(3)
    ask("Gamma", [a, b], above(2, 3))
    ask("Beta", [a, b], share(2, 3))
    weights = above(2, 3)
    point = rows([0.25, 0.25, 0.5], [0.125, 0.5, 0.375])
    ask("Dirichlet", [weights], point)
    for name in ("Gamma", "Beta"):
        divergence(name, [a, b], [above(3), above(3)])
    divergence("Dirichlet", [weights], [above(2, 3)])


def discrete():
    p, logits = share(3), grid(3)
    for option, parameter in ((("probs", "probs"), p), (("logits", "logits"), logits)):
        ask("Bernoulli", [parameter], rows([0.0, 1.0, 1.0], [1.0, 0.0, 1.0]), option)
        divergence("Bernoulli", [parameter], [share(3) if option[0] == "probs" else grid(3)], option)
    probs, scores = above(2, 4), grid(2, 4)
    places = torch.tensor([[0, 3], [2, 1]])
    ask("Categorical", [probs], places, ("probs", "probs"))
    ask("Categorical", [scores], places, ("logits", "logits"))
    divergence("Categorical", [scores], [grid(2, 4)], ("logits", "logits"))
    rate = above(3)
    ask("Poisson", [rate], rows([0.0, 1.0, 7.0], [2.0, 3.0, 0.0]), entropy=False)
    divergence("Poisson", [rate], [above(3)])
    counts = rows(3.0, 5.0, 9.0)
    run = lambda p, x: D.Binomial(counts, p).log_prob(x)
    case("Binomial.logProbOf", run, [p, rows([0.0, 5.0, 4.0], [3.0, 1.0, 9.0])], [3, 5, 9])


def vectors():
    factor = torch.tril(grid(2, 3, 3) / 2, -1) + torch.diag_embed(above(2, 3))
    loc, x = grid(2, 3), grid(4, 2, 3)
    covariance = factor @ factor.transpose(-1, -2)
    ask("MultivariateNormal", [loc, factor], x, ("scaleTril", "scale_tril"))
    case("MultivariateNormal.logProb", lambda m, c, x: D.MultivariateNormal(m, c).log_prob(x), [loc, covariance, x], "covarianceMatrix")
    divergence("MultivariateNormal", [loc, factor], [grid(2, 3), torch.eye(3).double().expand(2, 3, 3).contiguous()], ("scaleTril", "scale_tril"))


write("distributions", (continuous, positives, discrete, vectors))
