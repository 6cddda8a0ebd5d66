"""Writes losses.jsonl: losses as PyTorch answers.

    python3 test/golden/make_losses.py
"""

import torch
import torch.nn.functional as F

from golden import case, cases, grid, rows, write

REDUCTIONS = ("mean", "sum", "none")


def each(op, function, inputs, options=None, keywords=None, gradient=True, alone=0):
    """A case for each reduction. `keywords` are PyTorch's names of the options, where they differ.
    `alone`: how many inputs have their gradients compared, where it is not all of them."""
    options = options or {}
    keywords = options if keywords is None else keywords
    for reduction in REDUCTIONS:
        fixed = lambda given: [x if i < alone or alone == 0 else x.detach() for i, x in enumerate(given)]
        run = lambda *given: function(*fixed(given), reduction=reduction, **keywords)
        case(op, run, inputs, {**options, "reduction": reduction}, gradient=gradient)
        if alone > 0:
            first_gradient_alone(alone)


def first_gradient_alone(count=1):
    """Takes back the gradients of the last case's targets, where PyTorch has none or another convention."""
    grads = cases[-1]["grads"]
    grads[count:] = [None] * (len(grads) - count)


def log_cosh(x, y, reduction):
    losses = (x - y).cosh().log()
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def numbers():
    x, y = grid(4, 5, low=-4, high=4), grid(4, 5, low=-4, high=4)
    far, zero = rows(1e4, -1e4, 0, 1, -1, 0.5, 1e-3), torch.zeros(7).double()
    for op, function, options in (
        ("smoothL1Loss", F.smooth_l1_loss, {}), ("smoothL1Loss", F.smooth_l1_loss, {"beta": 0.5}),
        ("smoothL1Loss", F.smooth_l1_loss, {"beta": 0}), ("huberLoss", F.huber_loss, {}), ("huberLoss", F.huber_loss, {"delta": 2.5}),
        ("mseLoss", F.mse_loss, {}), ("l1Loss", F.l1_loss, {}), ("logCoshLoss", log_cosh, {}),
    ):
        each(op, function, [x, y], options)
        if op != "logCoshLoss":
            each(op, function, [far, zero], options)
    counts, rates = torch.randint(0, 9, (4, 5)).double(), grid(4, 5, low=0) + 0.25
    for full in (False, True):
        each("poissonNllLoss", F.poisson_nll_loss, [x, counts], {"full": full}, gradient=not full)
        options = {"logInput": False, "full": full, "eps": 0.5}
        each("poissonNllLoss", F.poisson_nll_loss, [rates, counts], options, {"log_input": False, "full": full, "eps": 0.5}, gradient=not full)
        for variance in (rates, rates[:, :1], rates[:, 0]):
            each("gaussianNllLoss", F.gaussian_nll_loss, [x, y, variance], {"full": full})
    each("gaussianNllLoss", F.gaussian_nll_loss, [x, y, rates], {"eps": 1.5})


def yes_or_no():
    logits, hard, soft = grid(4, 5, low=-6, high=6), torch.randint(0, 2, (4, 5)).double(), grid(4, 5, low=0, high=1)
    probabilities = grid(4, 5, low=0, high=1)
    inner = probabilities.clamp(1 / 16, 15 / 16)
    each("binaryCrossEntropy", F.binary_cross_entropy, [inner, soft])
    each("binaryCrossEntropy", F.binary_cross_entropy, [rows(0, 0, 1, 1, 0.5), rows(0, 1, 0, 1, 0.5)], gradient=False)
    each("binaryCrossEntropy", F.binary_cross_entropy, [rows(0, 1, 0.5), rows(0, 1, 0.5)], alone=1)
    for targets in (hard, soft):
        each("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [logits, targets], alone=1)
        each("multilabelSoftMarginLoss", F.multilabel_soft_margin_loss, [logits, targets], alone=1)
    far = rows(1e4, -1e4, 1e4, -1e4, 0)
    each("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [far, rows(0, 0, 1, 1, 0.5)])
    each("softMarginLoss", F.soft_margin_loss, [logits, hard * 2 - 1], alone=1)
    case("softMarginLoss", lambda x, t: F.softplus(-x * t).mean(), [far, rows(1, 1, -1, -1, 1)])
    for options in ({}, {"alpha": 0.5, "gamma": 0}, {"alpha": -1, "gamma": 3}, {"gamma": 0.5}):
        for inputs in ([logits, hard], [far, rows(0, 0, 1, 1, 1)]):
            gradient = options.get("gamma", 2) >= 1 or inputs[0] is logits
            case("sigmoidFocalLoss", lambda x, t: focal(x, t, **options), inputs, options, gradient=gradient)
            if gradient:
                first_gradient_alone()


def focal(x, t, alpha=0.25, gamma=2):
    """torchvision's sigmoid_focal_loss, which is not installed here."""
    p = torch.sigmoid(x)
    losses = F.binary_cross_entropy_with_logits(x, t, reduction="none") * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
    return (alpha * t + (1 - alpha) * (1 - t)) * losses if alpha >= 0 else losses


def classes():
    logits, target = grid(5, 4), torch.tensor([0, 3, 1, 1, 2])
    deep, places = grid(2, 3, 2, 2), torch.randint(0, 3, (2, 2, 2))
    for scores, right in ((logits, target), (deep, places)):
        each("nllLoss", F.nll_loss, [scores, right])
        each("nllLoss", F.nll_loss, [scores, right], {"ignoreIndex": 1}, {"ignore_index": 1})
        for gamma in (0, 1, 2, 0.5):
            alone = lambda x, t: multi_focal(x, t, 0.25, gamma)
            case("focalLoss", lambda x, t: alone(x, t).mean(), [scores, right], {"gamma": gamma})
            case("focalLoss", alone, [scores, right], {"gamma": gamma, "reduction": "none"})
    case("focalLoss", lambda x, t: multi_focal(x, t.argmax(1), 0.5, 2).sum(), [logits, F.one_hot(target, 4).int()], {"alpha": 0.5, "reduction": "sum"})
    case("nllLoss", F.nll_loss, [grid(4), torch.tensor(2)])
    for p in (1, 2):
        for margin in (1, 0.5):
            each("multiMarginLoss", F.multi_margin_loss, [logits, target], {"p": p, "margin": margin})
    case("multiMarginLoss", F.multi_margin_loss, [grid(4), torch.tensor(2)])
    listed = torch.tensor([[0, 2, -1, 1], [-1, 0, 0, 0], [3, 2, 1, 0], [1, -1, -1, -1], [2, 3, -1, 0]])
    each("multilabelMarginLoss", F.multilabel_margin_loss, [logits + 0.01, listed])
    case("multilabelMarginLoss", F.multilabel_margin_loss, [logits[0] + 0.01, listed[0]])


def multi_focal(x, t, alpha, gamma):
    logs = torch.log_softmax(x, 1).gather(1, t.unsqueeze(1)).squeeze(1)
    return -alpha * (1 - logs.exp()) ** gamma * logs


def divergences():
    x, target = torch.log_softmax(grid(4, 5), 1), torch.softmax(grid(4, 5), 1)
    for reduction in REDUCTIONS + ("batchmean",):
        options = {"reduction": reduction}
        case("klDiv", lambda x, t: F.kl_div(x, t, reduction=reduction), [x, target], options)
        run = lambda x, t: F.kl_div(x, t, reduction=reduction, log_target=True)
        case("klDiv", run, [x, target.log()], {**options, "logTarget": True})
        case("klDiv", lambda x, t: F.kl_div(x, t, reduction=reduction), [rows(-1, -2, -3), rows(0, 1, 0)], options, gradient=False)


def margins():
    x, y, z = grid(4, 5), grid(4, 5), grid(4, 5)
    signs = torch.tensor([1, -1, 1, -1]).double()
    for margin in (0, 0.25):
        each("cosineEmbeddingLoss", F.cosine_embedding_loss, [x, y, signs], {"margin": margin}, alone=2)
        each("marginRankingLoss", F.margin_ranking_loss, [x[:, 0] + 0.01, y[:, 0], signs], {"margin": margin}, alone=2)
    case("cosineEmbeddingLoss", lambda x, y, t: F.cosine_embedding_loss(x, y, t), [x[0], y[0], torch.tensor(-1)])
    for margin in (1, 0.25):
        each("hingeEmbeddingLoss", F.hinge_embedding_loss, [x[:, 0] + 0.01, signs], {"margin": margin}, alone=1)
    case("hingeEmbeddingLoss", F.hinge_embedding_loss, [rows(1, 2, 3), torch.tensor([1, -1, 0])])
    for p in (1, 2):
        for swap in (False, True):
            each("tripletMarginLoss", F.triplet_margin_loss, [x, y, z], {"p": p, "swap": swap, "margin": 0.5})
    each("tripletMarginWithDistanceLoss", F.triplet_margin_with_distance_loss, [x, y, z], {"swap": True})
    case("tripletMarginLoss", F.triplet_margin_loss, [x[0], y[0], z[0]])


FAMILIES = [numbers, yes_or_no, classes, divergences, margins]

if __name__ == "__main__":
    write("losses", FAMILIES)
