/** What the spatial functions refuse, and what PyTorch has no answer to compare with. */
import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { gradcheck, gradgradcheck } from "../src/testing.ts";

type Refusal = readonly [() => unknown, new (message: string) => Error, string];

function refuses(cases: readonly Refusal[]): void {
  for (const [attempt, kind, message] of cases) assertThrows(attempt, kind, message);
}

const image = mt.ones([1, 2, 4, 4]);
const generator = new mt.Generator(3);
const { ArgumentError, ShapeError } = mt;

describe("convolutions", () => {
  const weight = mt.ones([2, 2, 3]);
  const sequence = mt.ones([1, 2, 5]);

  test("refuse shapes that do not fit", () => {
    refuses([
      [
        () => mt.conv1d(mt.ones([1, 3, 5]), weight),
        ShapeError,
        "Cannot conv1d a tensor of shape [1, 3, 5] with a weight of [2, 2, 3] in 1 groups: " +
        "it takes [N, C, L] and [O, C / groups, l]",
      ],
      [
        () => mt.conv3d(sequence, weight),
        ShapeError,
        "Cannot conv3d a tensor of shape [1, 2, 5] with a weight of [2, 2, 3] in 1 groups",
      ],
      [
        () => mt.conv1d(sequence, weight, { bias: mt.ones([3]) }),
        ShapeError,
        "Cannot conv1d with a bias of shape [3]: it must be [2]",
      ],
      [
        () => mt.conv1d(mt.ones([1, 2, 2]), weight),
        ShapeError,
        "Cannot conv1d inputs of 2: the window of [3] is larger than the padded input",
      ],
      [
        () => mt.convTranspose1d(mt.ones([1, 3, 5]), weight),
        ShapeError,
        "Cannot convTranspose1d a tensor of shape [1, 3, 5] with a weight of [2, 2, 3] in 1 " +
        "groups: it takes [N, C, L] and [C, O / groups, l]",
      ],
      [
        () => mt.convTranspose1d(sequence, weight, { padding: 4 }),
        ShapeError,
        "Cannot convTranspose1d a tensor of shape [1, 2, 5] by a window of [3] with padding [4]: " +
        "the result would have sizes [-1]",
      ],
    ]);
  });

  test("refuse options that do not fit", () => {
    refuses([
      [
        () => mt.conv1d(sequence, weight, { stride: 0 }),
        ArgumentError,
        "Cannot conv1d with stride [0]: it is one whole number of 1 or more",
      ],
      [
        () => mt.conv2d(image, mt.ones([2, 2, 2, 2]), { padding: [1, 2, 3] }),
        ArgumentError,
        "Cannot conv2d with padding [1, 2, 3]: it is one or two whole numbers of 0 or more",
      ],
      [
        () => mt.conv1d(sequence, weight, { stride: 2, padding: "same" }),
        ArgumentError,
        'Cannot conv1d with padding "same" and stride [2]: sizes cannot stay',
      ],
      [
        () => mt.conv1d(sequence, weight, { padding: "full" as never }),
        ArgumentError,
        "Cannot conv1d with padding [full]: it is one whole number of 0 or more",
      ],
      [
        () => mt.conv1d(sequence, weight, { pad: 1 } as never),
        ArgumentError,
        "Cannot conv1d with option pad",
      ],
      [
        () => mt.convTranspose2d(image, mt.ones([2, 1, 2, 2]), { stride: 2, outputPadding: 2 }),
        ArgumentError,
        "Cannot convTranspose2d with outputPadding [2, 2]: it is less than stride [2, 2] or " +
        "dilation [1, 1]",
      ],
    ]);
  });

  test("have second derivatives, also with outputPadding beyond the stride", () => {
    const random = (shape: number[]) => mt.randn(shape, { generator, dtype: "float64" });
    const options = { dilation: 3, outputPadding: 2, padding: 1 };
    const images = (x: mt.Tensor, w: mt.Tensor) => mt.convTranspose2d(x, w, options);
    assertEquals(gradgradcheck(images, [random([1, 1, 2, 2]), random([1, 1, 2, 2])]), true);
    const volumes = (x: mt.Tensor, w: mt.Tensor) => mt.conv3d(x, w, { padding: "same" });
    assertEquals(gradgradcheck(volumes, [random([1, 1, 2, 3, 2]), random([1, 1, 2, 2, 1])]), true);
    const back = (x: mt.Tensor, w: mt.Tensor) => mt.convTranspose3d(x, w, { stride: 2 });
    assertEquals(gradgradcheck(back, [random([1, 1, 2, 1, 2]), random([1, 1, 2, 2, 1])]), true);
  });

  test("take no images and give none", () => {
    const none = mt.zeros([0, 2, 5]).requiresGrad_();
    const kernel = mt.ones([2, 2, 3]).requiresGrad_();
    mt.conv1d(none, kernel).sum().backward();
    assertEquals(kernel.grad!.toArray(), mt.zeros([2, 2, 3]).toArray());
    assertEquals(mt.conv3d(mt.zeros([0, 2, 3, 3, 3]), mt.ones([1, 2, 2, 2, 2])).shape, [
      0,
      1,
      2,
      2,
      2,
    ]);
    assertEquals(mt.convTranspose1d(none, kernel).shape, [0, 2, 7]);
  });

  test("promote whole numbers to floating-point ones", () => {
    const x = mt.ones([1, 1, 3], { dtype: "int32" });
    assertEquals(mt.conv1d(x, mt.ones([1, 1, 2], { dtype: "int64" })).dtype, "float32");
    assertEquals(mt.conv1d(x, mt.ones([1, 1, 2], { dtype: "float64" })).dtype, "float64");
  });
});

describe("fold and im2col", () => {
  test("refuse what does not fit", () => {
    refuses([
      [
        () => mt.im2col(mt.ones([4, 4]), 2),
        ShapeError,
        "Cannot im2col a tensor of shape [4, 4]: it takes [N, C, H, W] or [C, H, W]",
      ],
      [
        () => mt.im2col(image, 5),
        ShapeError,
        "Cannot im2col images of 4 by 4: the window of [5, 5] is larger than the padded image",
      ],
      [
        () => mt.im2col(image, [2, 0]),
        ArgumentError,
        "Cannot im2col with kernelSize [2, 0]: it is one or two whole numbers of 1 or more",
      ],
      [
        () => mt.fold(mt.ones([1, 8, 4]), 4, 2),
        ShapeError,
        "Cannot fold a tensor of shape [1, 8, 4] to [4, 4] by windows of [2, 2]: it takes " +
        "[N, C * 4, 9]",
      ],
    ]);
  });

  test("are adjoint, and unfold is im2col's other name", () => {
    const x = mt.randn([2, 3, 5, 6], { generator, dtype: "float64" });
    const options = { padding: 1, stride: 2 };
    const columns = mt.im2col(x, 3, options);
    const y = mt.randn(columns.shape, { generator, dtype: "float64" });
    const forth = columns.mul(y).sum().item() as number;
    const back = mt.fold(y, [5, 6], 3, options).mul(x).sum().item() as number;
    assertEquals(Math.abs(forth - back) < 1e-11, true);
    assertEquals(mt.F.unfold, mt.im2col);
  });
});

describe("interpolate()", () => {
  test("refuses sizes and options that do not fit", () => {
    refuses([
      [
        () => mt.interpolate(image, { size: 8, scaleFactor: 2 }),
        ArgumentError,
        "Cannot interpolate with both size and scaleFactor: give one of them",
      ],
      [() => mt.interpolate(image), ArgumentError, "Cannot interpolate with neither size nor"],
      [
        () => mt.interpolate(image, { size: [8, 0] }),
        ShapeError,
        "Cannot interpolate a tensor of shape [1, 2, 4, 4] to sizes [8, 0]: sizes are whole " +
        "numbers of 1 or more",
      ],
      [
        () => mt.interpolate(image, { scaleFactor: 0.1 }),
        ShapeError,
        "to sizes [0, 0]",
      ],
      [
        () => mt.interpolate(image, { size: "8" as never }),
        ShapeError,
        "to sizes [8, 8]: sizes are whole numbers of 1 or more",
      ],
      [
        () => mt.interpolate(image, { size: [8] }),
        ArgumentError,
        "Cannot interpolate with size [8]: there are 2 spatial dims",
      ],
      [
        () => mt.interpolate(image, { size: 8, mode: "cubic" as never }),
        ArgumentError,
        "Cannot interpolate in mode cubic: it is one of nearest",
      ],
      [
        () => mt.interpolate(image, { size: 8, mode: "trilinear" }),
        ShapeError,
        "Cannot interpolate a tensor of shape [1, 2, 4, 4] in mode trilinear: it takes 5 dims",
      ],
      [
        () => mt.interpolate(image, { size: 8, alignCorners: false }),
        ArgumentError,
        "Cannot interpolate in mode nearest with alignCorners",
      ],
      [
        () => mt.interpolate(image, { size: 8, mode: "area", antialias: true }),
        ArgumentError,
        "Cannot interpolate in mode area with antialias: it is for bilinear and bicubic",
      ],
      [
        () => mt.interpolate(image, { size: 8, recomputeScaleFactor: true }),
        ArgumentError,
        "Cannot interpolate with size and recomputeScaleFactor",
      ],
    ]);
  });

  test("leaves infinities where their weight is all there is", () => {
    const x = mt.tensor([[[1, Infinity, 2]]]);
    const twice = mt.interpolate(x, { scaleFactor: 2 });
    assertEquals(twice.toArray(), [[[1, 1, Infinity, Infinity, 2, 2]]]);
    assertEquals(mt.interpolate(x, { size: 3, mode: "linear" }).toArray(), x.toArray());
  });

  test("keeps small dtypes", () => {
    const x = mt.arange(6).reshape([1, 1, 2, 3]);
    const bytes = mt.interpolate(x.to("uint8"), { size: [4, 6] });
    assertEquals(bytes.dtype, "uint8");
    assertEquals(bytes.to("float32").toArray(), mt.interpolate(x, { size: [4, 6] }).toArray());
    const half = mt.interpolate(x.to("float16"), { size: [3, 5], mode: "bilinear" });
    assertEquals(half.dtype, "float16");
    const grid = mt.zeros([1, 1, 1, 2], { dtype: "bfloat16" });
    assertEquals(mt.gridSample(x.to("bfloat16"), grid).toArray(), [[[[2.5]]]]);
  });

  test("takes no images, and layouts that are not dense", () => {
    assertEquals(mt.interpolate(mt.zeros([0, 2, 3]), { size: 4 }).shape, [0, 2, 4]);
    const x = mt.randn([2, 3, 4, 5], { generator });
    const options = { size: [7, 3], mode: "bilinear" } as const;
    const turned = mt.interpolate(x.transpose(2, 3).contiguous().transpose(2, 3), options);
    assertEquals(turned.toArray(), mt.interpolate(x, options).toArray());
  });
});

describe("gridSample() and affineGrid()", () => {
  const grid = mt.zeros([1, 2, 2, 2]);

  test("refuse what does not fit", () => {
    refuses([
      [
        () => mt.gridSample(image, mt.zeros([1, 2, 2, 3])),
        ShapeError,
        "Cannot gridSample a tensor of shape [1, 2, 4, 4] by a grid of [1, 2, 2, 3]: it takes " +
        "[N, C, H, W] and [N, h, w, 2], or [N, C, D, H, W] and [N, d, h, w, 3]",
      ],
      [
        () => mt.gridSample(image, mt.zeros([2, 2, 2, 2])),
        ShapeError,
        "Cannot gridSample a tensor of shape [1, 2, 4, 4] by a grid of [2, 2, 2, 2]",
      ],
      [
        () => mt.gridSample(mt.zeros([1, 2, 0, 4]), grid),
        ShapeError,
        "Cannot gridSample a tensor of shape [1, 2, 0, 4]: a channel has 1 to",
      ],
      [
        () =>
          mt.gridSample(mt.ones([1, 1, 2, 2, 2]), mt.zeros([1, 1, 1, 1, 3]), {
            mode: "bicubic",
          }),
        ArgumentError,
        "Cannot gridSample volumes in mode bicubic: it is for [N, C, H, W]",
      ],
      [
        () => mt.gridSample(image, grid, { mode: "linear" as never }),
        ArgumentError,
        "Cannot gridSample in mode linear: it is one of bilinear, nearest, bicubic",
      ],
      [
        () => mt.gridSample(image, grid, { paddingMode: "circular" as never }),
        ArgumentError,
        "Cannot gridSample with paddingMode circular: it is one of zeros, border, reflection",
      ],
      [
        () => mt.affineGrid(mt.ones([1, 2, 2]), [1, 1, 2, 2]),
        ShapeError,
        "Cannot affineGrid with theta of shape [1, 2, 2]: for size [1, 1, 2, 2] it must be " +
        "[1, 2, 3]",
      ],
      [
        () => mt.affineGrid(mt.ones([1, 2, 3]), [1, 1, 0, 2]),
        ArgumentError,
        "Cannot affineGrid of size [1, 1, 0, 2]: it is 4 or 5 whole numbers of 1 or more",
      ],
    ]);
  });

  test("a place that is NaN gives NaN, one far outside a zero", () => {
    for (const mode of ["bilinear", "nearest", "bicubic"] as const) {
      const places = mt.tensor([[[[NaN, 0], [1e30, 0]]]]);
      const y = mt.gridSample(mt.ones([1, 1, 3, 3]), places, { mode });
      assertEquals(y.toArray(), [[[[NaN, 0]]]], mode);
    }
  });

  test("has second derivatives for image and grid", () => {
    const x = mt.randn([1, 2, 3, 3], { generator, dtype: "float64" });
    const places = mt.tensor([[[[-0.3, 0.2], [0.45, -0.55]]]], { dtype: "float64" });
    for (const mode of ["bilinear", "bicubic"] as const) {
      const sample = (x: mt.Tensor, places: mt.Tensor) => mt.gridSample(x, places, { mode });
      assertEquals(gradcheck(sample, [x, places]), true, mode);
      assertEquals(gradgradcheck(sample, [x, places]), true, mode);
    }
  });

  test("few places of a large image are the same as many", () => {
    const x = mt.randn([2, 5, 40, 40], { generator, dtype: "float64", requiresGrad: true });
    const grid = mt.rand([2, 20, 20, 2], { generator, dtype: "float64" }).mul(2).sub(1);
    const [all, few] = [grid, grid.narrow(1, 3, 1)].map((places) => {
      const own = places.detach().clone().requiresGrad_();
      const y = mt.gridSample(x, own);
      const [gradient] = mt.grad([y.narrow(2, y.shape[2] === 1 ? 0 : 3, 1).sum()], [own]);
      return { y, gradient: gradient! };
    });
    const close = (a: mt.Tensor, b: mt.Tensor) => a.sub(b).abs().max().item() as number < 1e-12;
    assertEquals(close(all!.y.narrow(2, 3, 1), few!.y), true);
    assertEquals(close(all!.gradient.narrow(1, 3, 1), few!.gradient), true);
  });
});

describe("shuffles", () => {
  test("refuse what does not fit", () => {
    refuses([
      [
        () => mt.pixelShuffle(image, 2),
        ShapeError,
        "Cannot pixelShuffle a tensor of shape [1, 2, 4, 4] by 2: 2 channels are no multiple of 4",
      ],
      [
        () => mt.pixelShuffle(image, 0),
        ArgumentError,
        "Cannot pixelShuffle by 0: it is a whole number of 1 or more",
      ],
      [
        () => mt.pixelUnshuffle(mt.ones([4, 4]), 2),
        ShapeError,
        "Cannot pixelUnshuffle a tensor of shape [4, 4]: it takes [..., C, H, W]",
      ],
      [
        () => mt.pixelUnshuffle(image, 3),
        ShapeError,
        "Cannot pixelUnshuffle a tensor of shape [1, 2, 4, 4] by 3: 4 by 4 are no multiples of it",
      ],
      [
        () => mt.channelShuffle(image, 3),
        ShapeError,
        "Cannot channelShuffle a tensor of shape [1, 2, 4, 4] in 3 groups",
      ],
    ]);
  });

  test("undo each other, and move gradients back", () => {
    const x = mt.randn([2, 8, 3, 5], { generator }).requiresGrad_();
    assertEquals(mt.pixelUnshuffle(mt.pixelShuffle(x, 2), 2).toArray(), x.toArray());
    const weights = mt.randn([2, 8, 3, 5], { generator });
    mt.channelShuffle(x, 4).mul(weights).sum().backward();
    // Two groups of four undo four groups of two.
    assertEquals(x.grad!.toArray(), mt.channelShuffle(weights, 2).toArray());
  });
});
