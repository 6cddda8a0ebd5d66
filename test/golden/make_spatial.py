"""Writes spatial.jsonl: convolutions of 1 to 3 dims, their transposes, fold, resampling, shuffles.

    python3 test/golden/make_spatial.py
"""

import torch
import torch.nn.functional as F

from golden import case, grid, write

RENAMED = {
    "outputPadding": "output_padding",
    "scaleFactor": "scale_factor",
    "alignCorners": "align_corners",
    "recomputeScaleFactor": "recompute_scale_factor",
    "paddingMode": "padding_mode",
}


def options_of(options):
    return {RENAMED.get(name, name): value for name, value in options.items()}


def convolve(op, function, x, weight, bias, options):
    given = options_of(options)
    call = lambda x, w, b=None: function(x, w, b, **given)
    case(op, call, [x, weight] + ([] if bias is None else [bias]), options)


def convolutions():
    for shape, weight, options in [
        ((2, 3, 7), (4, 3, 3), {}),
        ((3, 7), (4, 3, 3), {"padding": 1, "stride": 2}),
        ((2, 4, 8), (6, 2, 2), {"groups": 2, "dilation": 3, "padding": [2]}),
        ((1, 2, 6), (2, 2, 4), {"padding": "same"}),
        ((1, 2, 6), (2, 1, 5), {"padding": "same", "groups": 2, "dilation": 2}),
        ((2, 3, 4), (1, 3, 4), {"padding": "valid"}),
    ]:
        convolve("conv1d", F.conv1d, grid(*shape), grid(*weight), grid(weight[0]), options)
    for weight, options in [
        ((2, 2, 2, 4), {"padding": "same"}),
        ((2, 2, 4, 3), {"padding": "same", "dilation": [1, 2]}),
    ]:
        convolve("conv2d", F.conv2d, grid(1, 2, 5, 6), grid(*weight), None, options)
    for shape, weight, options in [
        ((2, 2, 4, 3, 5), (3, 2, 2, 3, 2), {}),
        ((2, 4, 4, 3), (3, 2, 2, 2, 2), {"padding": [1, 0, 1], "stride": [2, 1, 2]}),
        ((1, 4, 5, 4, 4), (2, 2, 2, 2, 1), {"groups": 2, "dilation": [2, 1, 3], "padding": [2, 0, 0]}),
        ((1, 2, 3, 4, 3), (1, 2, 2, 3, 4), {"padding": "same"}),
        ((1, 1, 5, 2, 2), (1, 1, 1, 1, 1), {"stride": 3}),
    ]:
        convolve("conv3d", F.conv3d, grid(*shape), grid(*weight), grid(weight[0]), options)


def transposed_convolutions():
    for op, function, shape, weight, groups, options in [
        ("convTranspose1d", F.conv_transpose1d, (2, 3, 5), (3, 2, 3), 1, {}),
        ("convTranspose1d", F.conv_transpose1d, (4, 5), (4, 2, 3), 2, {"stride": 3, "outputPadding": 2, "padding": 1}),
        ("convTranspose1d", F.conv_transpose1d, (1, 2, 4), (2, 1, 3), 1, {"dilation": 4, "outputPadding": 3, "padding": 2}),
        ("convTranspose2d", F.conv_transpose2d, (2, 3, 4, 3), (3, 2, 3, 2), 1, {}),
        ("convTranspose2d", F.conv_transpose2d, (1, 4, 3, 3), (4, 1, 2, 3), 2, {"stride": [2, 3], "outputPadding": [1, 2]}),
        ("convTranspose2d", F.conv_transpose2d, (2, 3, 3), (2, 2, 2, 2), 1, {"stride": 1, "dilation": 3, "outputPadding": 2}),
        ("convTranspose2d", F.conv_transpose2d, (1, 2, 4, 4), (2, 2, 2, 2), 1, {"padding": [2, 1]}),
        ("convTranspose2d", F.conv_transpose2d, (1, 2, 3, 4), (2, 2, 1, 1), 1, {"stride": 2, "outputPadding": 1}),
        ("convTranspose2d", F.conv_transpose2d, (1, 2, 4, 4), (2, 2, 4, 4), 1, {"stride": 2, "padding": 1}),
        ("convTranspose3d", F.conv_transpose3d, (2, 2, 2, 3, 2), (2, 3, 2, 2, 3), 1, {}),
        ("convTranspose3d", F.conv_transpose3d, (4, 3, 2, 2), (4, 1, 3, 2, 2), 2, {"stride": [2, 1, 2], "padding": [1, 0, 1], "outputPadding": [1, 0, 1]}),
        ("convTranspose3d", F.conv_transpose3d, (1, 1, 3, 2, 2), (1, 2, 2, 2, 1), 1, {"dilation": [3, 1, 1], "outputPadding": [2, 0, 0], "padding": [1, 0, 0]}),
    ]:
        bias = grid(weight[1] * groups)
        convolve(op, function, grid(*shape), grid(*weight), bias, {**options, "groups": groups})


def blocks():
    for shape, kernel, options in [
        ((2, 2, 4, 5), 2, {}),
        ((3, 4, 4), [3, 2], {"padding": 1, "stride": 2}),
        ((1, 2, 6, 5), [2, 3], {"dilation": [2, 1], "padding": [1, 0], "stride": [1, 2]}),
    ]:
        x = grid(*shape)
        case("im2col", lambda x: F.unfold(x, kernel, **options), [x], kernel, options)
        columns = grid(*F.unfold(x, kernel, **options).shape)
        size = list(shape[-2:])
        case("fold", lambda x: F.fold(x, size, kernel, **options), [columns], size, kernel, options)


def shuffles():
    case("pixelShuffle", lambda x: F.pixel_shuffle(x, 2), [grid(2, 8, 2, 3)], 2)
    case("pixelShuffle", lambda x: F.pixel_shuffle(x, 3), [grid(9, 1, 2)], 3)
    case("pixelUnshuffle", lambda x: F.pixel_unshuffle(x, 2), [grid(2, 3, 4, 2)], 2)
    case("pixelUnshuffle", lambda x: F.pixel_unshuffle(x, 3), [grid(2, 1, 1, 3, 6)], 3)
    # The gradient is left to the laws of the views: this one is of the values alone.
    case("channelShuffle", lambda x: F.channel_shuffle(x, 3), [grid(2, 6, 2, 2)], 3, gradient=False)
    case("channelShuffle", lambda x: F.channel_shuffle(x, 2), [grid(1, 4, 3)], 2, gradient=False)


def affine_grids():
    for size in [(2, 3, 4, 5), (1, 1, 1, 3), (2, 1, 2, 3, 4)]:
        rank = len(size) - 2
        for align in [False, True]:
            call = lambda theta: F.affine_grid(theta, size, align_corners=align)
            theta = grid(size[0], rank, rank + 1)
            case("affineGrid", call, [theta], size, {"alignCorners": align})


def interpolations():
    def resize(x, **options):
        call = lambda x: F.interpolate(x, **options_of(options))
        case("interpolate", call, [x], options)

    spatial = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
    sizes = {1: [5], 2: [4, 3], 3: [2, 3, 4]}
    for rank in [1, 2, 3]:
        x = grid(2, 2, *sizes[rank])
        for mode in ["nearest", "nearest-exact", "area"]:
            for size in [[7, 4, 9], [3, 5, 2], [1, 1, 3]]:
                resize(x, size=size[:rank], mode=mode)
            resize(x, scaleFactor=1.7, mode=mode)
            resize(x, scaleFactor=[2.3, 0.6, 1.25][:rank], mode=mode, recomputeScaleFactor=True)
    for mode, rank in spatial.items():
        x = grid(1, 2, *sizes[rank])
        for align in [False, True]:
            for size in [[7, 6, 5], [2, 5, 3], [1, 1, 1], sizes[rank]]:
                resize(x, size=size[:rank], mode=mode, alignCorners=align)
            resize(x, scaleFactor=1.7, mode=mode, alignCorners=align)
            resize(x, scaleFactor=1.3, mode=mode, alignCorners=align)
        resize(x, scaleFactor=[2.3, 0.6, 1.25][:rank], mode=mode, recomputeScaleFactor=True)
    x = grid(1, 2, 9, 7)
    for mode in ["bilinear", "bicubic"]:
        for align in [False, True]:
            for size in [[4, 3], [13, 2], [9, 7], [1, 20]]:
                resize(x, size=size, mode=mode, alignCorners=align, antialias=True)
        resize(x, scaleFactor=[0.4, 0.7], mode=mode, antialias=True)
    # float32 rounds the place of an element to its neighbour. No gradient: PyTorch's goes to another
    # element than its result came from, in float64.
    for size, to, mode in [(2, 82, "nearest"), (2, 61, "nearest-exact"), (4, 47, "nearest-exact"), (4, 94, "nearest")]:
        call = lambda x: F.interpolate(x, size=to, mode=mode)
        for dtype in [torch.float32, torch.float64]:
            x = torch.arange(size).to(dtype)[None, None]
            case("interpolate", call, [x], {"size": to, "mode": mode}, gradient=False, exact=True)
    x = torch.arange(6).reshape(1, 1, 2, 3)
    case("interpolate", lambda x: F.interpolate(x.byte(), size=(3, 5)).long(), [x], {"size": [3, 5]})


def grid_samples():
    places = torch.tensor([
        [-1, -1], [1, 1], [-1, 1], [0, 0], [0.3125, -0.6875], [0.9375, 0.1875], [-1.375, 0.5],
        [1.5, -2.25], [5.3125, -0.1875], [-7.0625, 9.6875], [0.6875, -0.9375], [-0.4375, 0.8125],
    ]).double()
    x = grid(1, 2, 4, 3)
    for mode in ["bilinear", "nearest", "bicubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for align in [False, True]:
                options = {"mode": mode, "paddingMode": padding, "alignCorners": align}
                call = lambda x, g: F.grid_sample(x, g, **options_of(options))
                case("gridSample", call, [x, places.reshape(1, 3, 4, 2)], options)
                if mode != "bicubic":
                    volume, points = grid(2, 2, 2, 3, 2), grid(2, 1, 2, 3, 3, low=-2, high=2)
                    case("gridSample", call, [volume, points], options)
    call = lambda x, g: F.grid_sample(x, g, align_corners=False)
    case("gridSample", call, [grid(3, 5, 2, 1), grid(3, 2, 5, 2, low=-1, high=1)])
    for mode in ["bilinear", "nearest"]:
        options = {"mode": mode, "paddingMode": "reflection", "alignCorners": True}
        call = lambda x, g: F.grid_sample(x, g, **options_of(options))
        case("gridSample", call, [grid(1, 1, 1, 2), grid(1, 2, 2, 2)], options)


FAMILIES = [
    convolutions,
    transposed_convolutions,
    blocks,
    shuffles,
    affine_grids,
    interpolations,
    grid_samples,
]

if __name__ == "__main__":
    write("spatial", FAMILIES)
