"""Writes normalization.jsonl: normalisation, attention, embeddings, adaptive pooling.

    python3 test/golden/make_normalization.py
"""

import torch
import torch.nn.functional as F

from golden import INF, NAN, case, grid, write


def norms():
    for shape, dims in [((2, 3, 4), [4]), ((2, 3, 4), [3, 4]), ((5,), [5]), ((0, 3), [3]), ((1, 1), [1])]:
        x, weight, bias = grid(*shape), grid(*dims), grid(*dims)
        case("layerNorm", lambda x: F.layer_norm(x, dims), [x], dims)
        case("layerNormAffine", lambda x, w, b: F.layer_norm(x, dims, w, b, 0.01), [x, weight, bias], dims, {"eps": 0.01})
        case("rmsNorm", lambda x: F.rms_norm(x, dims, eps=1e-3), [x], dims, {"eps": 1e-3})
        case("rmsNormAffine", lambda x, w: F.rms_norm(x, dims, w, 1e-3), [x, weight], dims, {"eps": 1e-3})
    # Longer than a vector and than a batch of rows, and columns behind the last vector.
    x, weight, bias = grid(19, 37), grid(37), grid(37)
    case("layerNormAffine", lambda x, w, b: F.layer_norm(x, [37], w, b, 0.01), [x, weight, bias], [37], {"eps": 0.01})
    case("rmsNormAffine", lambda x, w: F.rms_norm(x, [37], w, 1e-3), [x, weight], [37], {"eps": 1e-3})
    for x in [torch.tensor([[1, NAN, 2], [4, 1, 2]]), torch.tensor([[1, INF, 2], [2, 2, 2]])]:
        case("layerNorm", lambda x: F.layer_norm(x, [3]), [x.double()], [3])
        case("rmsNorm", lambda x: F.rms_norm(x, [3], eps=1e-3), [x.double()], [3], {"eps": 1e-3})
        case("groupNorm", lambda x: F.group_norm(x, 1), [x.double()], 1)
    for shape, groups in [((2, 4, 3), 2), ((2, 6, 5, 7), 3), ((3, 6), 3), ((2, 4, 2, 2), 1), ((2, 2, 3), 2)]:
        x, weight, bias = grid(*shape), grid(shape[1]), grid(shape[1])
        case("groupNorm", lambda x: F.group_norm(x, groups), [x], groups)
        case("groupNormAffine", lambda x, w, b: F.group_norm(x, groups, w, b, 0.1), [x, weight, bias], groups, {"eps": 0.1})


def batches():
    for shape in [(4, 3), (2, 3, 5), (2, 3, 2, 4), (1, 2, 3, 3), (3, 2, 5, 7)]:
        x = grid(*shape)
        mean, var = grid(shape[1]), grid(shape[1], low=1)
        weight, bias = grid(shape[1]), grid(shape[1])
        case("batchNormTraining", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), [x, weight, bias])
        run = lambda x, m, v, w, b: F.batch_norm(x, m.detach(), v.detach(), w, b, False, eps=0.01)
        case("batchNormEvaluation", run, [x, mean, var, weight, bias], {"eps": 0.01}, gradient=False)
        fixed = lambda x, w, b, m=mean, v=var: F.batch_norm(x, m, v, w, b, False)
        case("batchNormFixed", fixed, [x, weight, bias], mean.tolist(), var.tolist())

        def moved(x, m, v):
            m, v = m.clone(), v.clone()
            F.batch_norm(x, m, v, None, None, True, 0.25)
            return m, v

        case("batchNormStatistics", moved, [x, mean, var], {"momentum": 0.25}, gradient=False)


def instances():
    for shape in [(2, 3, 5), (1, 2, 3, 3), (2, 2, 2, 1, 2)]:
        x, weight, bias = grid(*shape), grid(shape[1]), grid(shape[1])
        mean, var = grid(shape[1]), grid(shape[1], low=1)
        case("instanceNorm", F.instance_norm, [x])
        affine = lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=0.1)
        case("instanceNormAffine", affine, [x, weight, bias], {"eps": 0.1})
        fixed = lambda x, m, v: F.instance_norm(x, m, v, use_input_stats=False)
        case("instanceNormRunning", fixed, [x, mean, var], {"useInputStats": False}, gradient=False)

        def moved(x, m, v):
            m, v = m.clone(), v.clone()
            F.instance_norm(x, m, v, momentum=0.25)
            return m, v

        case("instanceNormStatistics", moved, [x, mean, var], {"momentum": 0.25}, gradient=False)


def neighbours():
    x = grid(2, 5, 3)
    for size in (1, 2, 3, 4, 5, 8):
        case("localResponseNorm", lambda x: F.local_response_norm(x, size), [x], size)
    options = {"alpha": 0.5, "beta": 1.5, "k": 2}
    for shape in [(2, 4, 2, 2), (1, 3, 1, 2, 2)]:
        case("localResponseNorm", lambda x: F.local_response_norm(x, 3, **options), [grid(*shape)], 3, options)


def attentions():
    q, k, v = grid(2, 3, 4), grid(2, 5, 4), grid(2, 5, 2)
    attend = F.scaled_dot_product_attention
    case("scaledDotProductAttention", attend, [q, k, v])
    case("scaledDotProductAttention", lambda q, k, v: attend(q, k, v, scale=0.3), [q, k, v], {"scale": 0.3})
    case("scaledDotProductAttention", lambda q, k, v: attend(q, k, v, is_causal=True), [q, k, v], {"isCausal": True})
    bool_mask = torch.tensor([[1, 0, 1, 1, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]]).bool()
    case("attentionMasked", lambda q, k, v, m: attend(q, k, v, m), [q, k, v, bool_mask])
    float_mask = torch.where(bool_mask, grid(3, 5), torch.tensor(-INF).double())
    case("attentionMasked", lambda q, k, v, m: attend(q, k, v, m.detach()), [q, k, v, float_mask], gradient=False)
    # More queries and keys than a block has; keys that no query sees, and queries that see all.
    for queries, keys in [(70, 139), (140, 66)]:
        long = [grid(1, n, d, low=-1, high=1) for n, d in [(queries, 2), (keys, 2), (keys, 1)]]
        case("scaledDotProductAttention", attend, long)
        case("scaledDotProductAttention", lambda q, k, v: attend(q, k, v, is_causal=True), long, {"isCausal": True})
        case("attentionMasked", lambda q, k, v, m: attend(q, k, v, m), [*long, torch.rand(queries, keys) < 0.5])
    case("scaledDotProductAttention", attend, [torch.where(torch.arange(12).reshape(3, 4) == 5, NAN, grid(3, 4)), grid(5, 4), grid(5, 2)])
    case("scaledDotProductAttention", attend, [grid(3, 4), grid(0, 4), grid(0, 2)])
    case("scaledDotProductAttention", attend, [grid(2, 1, 3, 2), grid(3, 3, 2), grid(2, 1, 3, 2)])
    heads = [grid(2, 4, 3, 2), grid(2, 2, 3, 2), grid(2, 2, 3, 2)]
    for shape in [(4, 3, 3), (2, 1, 3, 3), (3, 3)]:
        mask = grid(*shape)
        grouped = lambda q, k, v, m: attend(q, k, v, m.detach(), enable_gqa=True)
        case("attentionMasked", grouped, [*heads, mask], {"enableGqa": True}, gradient=False)
    case("scaledDotProductAttention", lambda q, k, v: attend(q, k, v, enable_gqa=True), heads, {"enableGqa": True})


def embeddings():
    weight = grid(5, 3)
    for index in [torch.tensor([4, 0, 4, 2]), torch.tensor([[1], [1]]), torch.tensor(3), torch.zeros(0, 2).long()]:
        case("embedding", F.embedding, [index, weight])
        case("embedding", lambda i, w: F.embedding(i, w, padding_idx=4), [index, weight], {"paddingIdx": 4})


def adaptive():
    for shape, size in [((2, 3, 6, 8), (3, 4)), ((3, 7, 5), (3, 2)), ((1, 1, 2, 3), (5, 4)), ((2, 2, 5, 5), (1, 1)), ((1, 2, 6, 6), (6, 1))]:
        case("adaptiveAvgPool2d", lambda x: F.adaptive_avg_pool2d(x, size), [grid(*shape)], list(size))


write("normalization", (norms, batches, attentions, embeddings, adaptive, instances, neighbours))
