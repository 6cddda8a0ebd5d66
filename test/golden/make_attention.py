"""Writes attention.jsonl: attention of several heads, recurrent cells, bags of embeddings, bilinear maps.

    python3 test/golden/make_attention.py
"""

import torch
import torch.nn.functional as F

from golden import INF, case, grid, write

def attend(q, k, v, heads, weights, **options):
    """PyTorch's function, which has tokens before the batch and all arguments in one row."""
    turn = lambda x: x.transpose(0, 1) if x.dim() == 3 else x
    names = ["in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj_weight", "out_proj_bias"]
    given = {name: weights.get(name) for name in names}
    apart = {name: weights[name] for name in ("q_proj_weight", "k_proj_weight", "v_proj_weight") if name in weights}
    output, shares = F.multi_head_attention_forward(
        turn(q),
        turn(k),
        turn(v),
        q.shape[-1],
        heads,
        dropout_p=0.0,
        add_zero_attn=options.pop("add_zero_attn", False),
        use_separate_proj_weight=bool(apart),
        **given,
        **apart,
        **options,
    )
    return turn(output) if shares is None else (turn(output), shares)


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def heads():
    small = lambda *shape: grid(*shape) / 8  # scores stay of a size at which float32 tells weights apart
    q, k = grid(2, 3, 4), grid(2, 5, 4)
    packed = {"in_proj_weight": small(12, 4), "in_proj_bias": small(12), "out_proj_weight": small(4, 4), "out_proj_bias": small(4)}
    apart = {
        "q_proj_weight": small(4, 4),
        "k_proj_weight": small(4, 3),
        "v_proj_weight": small(4, 2),
        "in_proj_bias": small(12),
        "out_proj_weight": small(4, 4),
    }
    both = {**packed, "bias_k": small(1, 1, 4), "bias_v": small(1, 1, 4)}
    left_out = torch.tensor([[0, 1, 0, 0, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 1]]).bool()
    added = torch.where(left_out, grid(3, 5), torch.tensor(-INF).double())
    added[:, 0] = 0.5
    padding = torch.tensor([[0, 0, 0, 1, 0], [0, 1, 0, 0, 0]]).bool()
    each = (torch.arange(4 * 15).reshape(4, 3, 5) % 7 == 3)

    def run(q, k, v, weights, count=2, masks={}, **options):
        names, masked = list(weights), list(masks)
        inputs = [q, k, v, *weights.values(), *masks.values()]

        def function(q, k, v, *rest):
            rest = list(rest)
            given = dict(zip(names, rest))
            given_masks = {name: x.detach() for name, x in zip(masked, rest[len(names):])}
            return attend(q, k, v, count, given, **given_masks, **options)

        options.setdefault("need_weights", False)
        ours = {camel(name): value for name, value in options.items()}
        spelt = [camel(name) for name in names], [camel(name) for name in masked]
        case("multiHeadAttention", function, inputs, count, *spelt, ours, gradient=not any(
            x.is_floating_point() for x in masks.values()
        ))

    run(q, k, k, packed)
    run(q, k, grid(2, 5, 4), packed, 1, need_weights=True)
    run(q, q, q, packed, 4, need_weights=True, average_attn_weights=False)
    run(q, grid(2, 5, 3), grid(2, 5, 2), apart)
    run(q, k, k, packed, 2, {"attn_mask": left_out})
    run(q, k, k, packed, 2, {"attn_mask": added}, need_weights=True)
    run(q, k, k, packed, 2, {"attn_mask": each, "key_padding_mask": padding}, need_weights=True)
    run(q, k, k, packed, 2, {"attn_mask": added, "key_padding_mask": torch.where(padding, -INF, 0.25).double()})
    run(q, k, k, both, 2, {"attn_mask": left_out, "key_padding_mask": padding}, add_zero_attn=True)
    run(q, k, k, both, 2, need_weights=True)
    run(q[0], k[0], k[0], packed, 2, {"key_padding_mask": padding[0]}, need_weights=True)
    run(q[0], k[0], k[0], packed, 2, {"attn_mask": each[:2]})


def cells():
    for batch, inputs, hidden in [((3,), 4, 2), ((), 3, 5), ((2,), 1, 9)]:
        x, h, c = grid(*batch, inputs), grid(*batch, hidden), grid(*batch, hidden)
        for gates, op, function in [(4, "lstmCell", torch.lstm_cell), (3, "gruCell", torch.gru_cell), (1, "rnnCell", torch.rnn_tanh_cell)]:
            weights = [grid(gates * hidden, inputs, low=-1, high=1), grid(gates * hidden, hidden, low=-1, high=1)]
            biases = [grid(gates * hidden), grid(gates * hidden)]
            states = [h, c] if op == "lstmCell" else [h]
            row = lambda x: x.unsqueeze(0) if x.dim() == 1 else x

            def run(*given, many=len(states)):
                states = [row(state) for state in given[1 : 1 + many]]
                result = function(row(given[0]), states if many > 1 else states[0], *given[1 + many :])
                shaped = lambda y: y.reshape(given[1].shape)
                return tuple(map(shaped, result)) if many > 1 else shaped(result)

            case(op, run, [x, *states, *weights, *biases])
            case(op, run, [x, *states, *weights])
            if op == "lstmCell":  # the gradient of c alone
                case("lstmCellState", lambda *given: run(*given)[1], [x, *states, *weights])
            if op == "rnnCell":
                function = torch.rnn_relu_cell
                case("rnnCell", run, [x, *states, *weights, *biases], {"nonlinearity": "relu"})


def bags():
    weight = grid(6, 3)
    flat, rows = torch.tensor([4, 0, 4, 2, 1, 1]), torch.tensor([[5, 1, 5], [0, 0, 2]])
    for mode in ("sum", "mean", "max"):
        for given in ([0, 2, 2, 5], [0], [0, 6]):
            offsets = torch.tensor(given)
            options = {"mode": mode, "offsets": given}
            run = lambda i, w, **rest: F.embedding_bag(i, w, offsets, mode=mode, **rest)
            case("embeddingBag", run, [flat, weight], options)
            case("embeddingBag", lambda i, w: run(i, w, padding_idx=4), [flat, weight], {**options, "paddingIdx": 4})
        last = {"mode": mode, "offsets": [0, 2, 6], "includeLastOffset": True}
        ends = lambda i, w: F.embedding_bag(i, w, torch.tensor([0, 2, 6]), mode=mode, include_last_offset=True)
        case("embeddingBag", ends, [flat, weight], last)
        case("embeddingBag", lambda i, w: F.embedding_bag(i, w, mode=mode), [rows, weight], {"mode": mode})
        case("embeddingBag", lambda i, w: F.embedding_bag(i, w, mode=mode, padding_idx=-1), [rows, weight], {"mode": mode, "paddingIdx": -1})
    wide = grid(5, 37)
    case("embeddingBag", F.embedding_bag, [torch.tensor([[4, 0, 3], [1, 1, 2]]), wide])
    factors = lambda i, w, p: F.embedding_bag(i, w, mode="sum", per_sample_weights=p)
    case("embeddingBag", factors, [rows, weight, grid(2, 3)], {"mode": "sum"})
    line = lambda i, w, p: F.embedding_bag(i, w, torch.tensor([0, 1, 1]), mode="sum", per_sample_weights=p, padding_idx=1)
    case("embeddingBag", line, [flat, weight, grid(6)], {"mode": "sum", "offsets": [0, 1, 1], "paddingIdx": 1})


def bilinears():
    for lead in [(3,), (), (2, 2), (0,)]:
        x, y, weight = grid(*lead, 3), grid(*lead, 2), grid(4, 3, 2)
        case("bilinear", F.bilinear, [x, y, weight])
        if 0 not in lead:
            case("bilinear", F.bilinear, [x, y, weight, grid(4)])


write("attention", [heads, cells, bags, bilinears])
