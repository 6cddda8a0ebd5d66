import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  avgPool2d,
  AxisError,
  conv2d,
  crossEntropy,
  defineOp,
  detailedMessage,
  DisposedError,
  dropout,
  gelu,
  GradientError,
  IndexError,
  isMinitensorError,
  l1Loss,
  linear,
  maxPool2d,
  mseLoss,
  oneHot,
  ones,
  randint,
  randn,
  ShapeError,
  softmax,
  tensor,
  zeros,
} from "../mod.ts";
import * as mt from "../mod.ts";
import * as errors from "../src/errors.ts";

type Refusal = readonly [call: () => unknown, kind: string, message: string];

const gone = ones([2]);
gone.dispose();

/** The whole message of each error, as a user reads it. */
const refusals: readonly Refusal[] = [
  [
    () => ones([2, 3]).add(ones([4])),
    "BroadcastError",
    "Cannot add tensors of shapes [2, 3] and [4]: axis 1 is 3 and 4",
  ],
  [
    () => ones([2, 3]).mul(ones([3, 3])),
    "BroadcastError",
    "Cannot mul tensors of shapes [2, 3] and [3, 3]: axis 0 is 2 and 3",
  ],
  [
    () => ones([2]).eq([1, 2, 3]),
    "BroadcastError",
    "Cannot eq tensors of shapes [2] and [3]: axis 0 is 2 and 3",
  ],
  [
    () => ones([2, 3]).matmul(ones([2, 3])),
    "ShapeError",
    "Cannot matmul tensors of shapes [2, 3] and [2, 3]: inner sizes are 3 and 2",
  ],
  [
    () => ones([2]).matmul(1),
    "ShapeError",
    "Cannot matmul tensors of shapes [2] and []: a tensor of rank 0 is no matrix",
  ],
  [
    () => ones([2, 3, 4]).matmul(ones([3, 4, 2])),
    "ShapeError",
    "Cannot matmul tensors of shapes [2, 3, 4] and [3, 4, 2]: batches are [2] and [3]",
  ],
  [
    () => ones([2]).dot(ones([3])),
    "ShapeError",
    "Cannot dot tensors of shapes [2] and [3]: they must be two vectors of one size",
  ],
  [
    () => ones([2, 2]).bmm(ones([2, 2])),
    "ShapeError",
    "Cannot bmm tensors of shapes [2, 2] and [2, 2]: they must be two batches of matrices",
  ],
  [
    () => ones([2, 3]).sum(2),
    "AxisError",
    "Cannot sum along dim 2: the tensor has 2 dims, so dims are -2 to 1",
  ],
  [
    () => ones([2, 3]).mean([0, -2]),
    "AxisError",
    "Cannot mean along dims [0, 0]: a dim is named twice",
  ],
  [
    () => tensor(1).sum(1),
    "AxisError",
    "Cannot sum along dim 1: the tensor has 0 dims, so dims are -1 to 0",
  ],
  [
    () => ones([2]).sum(0.5),
    "AxisError",
    "Cannot sum along dim 0.5: the tensor has 1 dims, so dims are -1 to 0",
  ],
  [
    () => softmax(ones([2]), 1),
    "AxisError",
    "Cannot softmax along dim 1: the tensor has 1 dims, so dims are -1 to 0",
  ],
  [
    () => zeros([0]).amax(),
    "ShapeError",
    "Cannot amax a tensor of shape [0]: there are no elements to choose from",
  ],
  [
    () => zeros([2, 0]).argmin(1),
    "ShapeError",
    "Cannot argmin a tensor of shape [2, 0]: there are no elements to choose from",
  ],
  [() => gone.add(1), "DisposedError", "Cannot add: input 0 was disposed of"],
  [() => ones([2]).sub(gone), "DisposedError", "Cannot sub: input 1 was disposed of"],
  [() => gone.reshape([2]), "DisposedError", "Cannot reshape: input 0 was disposed of"],
  [
    () => ones([2]).sum(0, { keepdims: true } as never),
    "ArgumentError",
    "Cannot sum with option keepdims: its options are dim, keepdim, dtype",
  ],
  [
    () => ones([2]).sum(0, { dim: 0 }),
    "ArgumentError",
    "Cannot sum along dims given twice: before the options and in them",
  ],
  [
    () => ones([2]).var({ ddof: 1 } as never),
    "ArgumentError",
    "Cannot take the variance with option ddof: its options are dim, keepdim, correction, unbiased",
  ],
  [
    () => ones([2]).max(0, { keepDim: true } as never),
    "ArgumentError",
    "Cannot max with option keepDim: its options are dim, keepdim",
  ],
  [
    () => zeros([2], { requires_grad: true } as never),
    "ArgumentError",
    "Cannot make a tensor with option requires_grad: its options are dtype, device, requiresGrad",
  ],
  [
    () => zeros([2], { dtype: "f32" as "float32" }),
    "DTypeError",
    "Cannot use dtype f32: known are bool, uint8, int8, int16, int32, int64, " +
    "float16, bfloat16, float32, float64",
  ],
  [
    () => randn([2], { seed: 3 } as never),
    "ArgumentError",
    "Cannot draw normal numbers with option seed: its options are dtype, requiresGrad, generator",
  ],
  [
    () => tensor([2n]).pow(-1),
    "ArgumentError",
    "Cannot raise integers to the power -1: the result is no integer",
  ],
  [
    () => tensor([2n ** 63n]),
    "ArgumentError",
    "Cannot make 9223372036854775808 an int64: it has more than 64 bits",
  ],
  [() => oneHot(tensor([-1n])), "IndexError", "Cannot oneHot: index -1 is below 0"],
  [() => oneHot(tensor([3n]), 3), "IndexError", "Cannot oneHot: index 3 is outside 0 to 2"],
  [() => ones([1]).clamp(), "ArgumentError", "Cannot clamp without a bound: give min, max or both"],
  [
    () => gelu(ones([1]), { aproximate: "tanh" } as never),
    "ArgumentError",
    "Cannot gelu with option aproximate: its options are approximate",
  ],
  [() => dropout(ones([1]), { p: 2 }), "ArgumentError", "Cannot dropout with p 2: it is 0 to 1"],
  [
    () => conv2d(ones([1, 3, 5, 5]), ones([4, 2, 3, 3])),
    "ShapeError",
    "Cannot conv2d a tensor of shape [1, 3, 5, 5] with a weight of [4, 2, 3, 3] in 1 groups: " +
    "it takes [N, C, H, W] and [O, C / groups, h, w]",
  ],
  [
    () => conv2d(ones([1, 1, 2, 2]), ones([1, 1, 3, 3])),
    "ShapeError",
    "Cannot conv2d images of 2 by 2: the window of [3, 3] is larger than the padded image",
  ],
  [
    () => conv2d(ones([1, 1, 4, 4]), ones([2, 1, 2, 2]), { bias: ones([3]) }),
    "ShapeError",
    "Cannot conv2d with a bias of shape [3]: it must be [2]",
  ],
  [
    () => conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), { stride: 0 }),
    "ArgumentError",
    "Cannot conv2d with stride [0]: it is one or two whole numbers of 1 or more",
  ],
  [
    () => maxPool2d(ones([1, 1, 4, 4]), 2, { padding: 2 }),
    "ArgumentError",
    "Cannot maxPool2d with padding [2, 2]: it is more than half the window of [2, 2]",
  ],
  [
    () => avgPool2d(ones([2, 2]), 2),
    "ShapeError",
    "Cannot avgPool2d a tensor of shape [2, 2]: it takes [N, C, H, W] or [C, H, W]",
  ],
  [
    () => linear(ones([2, 3]), ones([4, 2])),
    "ShapeError",
    "Cannot apply a linear map with weight of shape [4, 2] to a tensor of shape [2, 3]: " +
    "the last dim must be the weight's second",
  ],
  [
    () => linear(ones([3]), ones([4, 3]), { bias: ones([3]) }),
    "ShapeError",
    "Cannot add a bias of shape [3] to 4 features",
  ],
  [
    () => mseLoss(ones([2, 1]), ones([2])),
    "ShapeError",
    "Cannot mseLoss tensors of shapes [2, 1] and [2]: they must be equal",
  ],
  [
    () => l1Loss(ones([2]), ones([2]), { reduction: "average" as "mean" }),
    "ArgumentError",
    "Cannot l1Loss with reduction average: it is mean, sum or none",
  ],
  [
    () => crossEntropy(ones([2, 3]), tensor([1n])),
    "ShapeError",
    "Cannot crossEntropy logits of shape [2, 3] with targets of shape [1]: logits are [N, C, ...], class indices [N, ...]",
  ],
  [
    () => crossEntropy(ones([1, 3]), tensor([3n])),
    "IndexError",
    "Cannot crossEntropy: index 3 is outside 0 to 2",
  ],
  [
    () => crossEntropy(ones([1, 3]), tensor([-1n])),
    "IndexError",
    "Cannot crossEntropy: index -1 is outside 0 to 2",
  ],
  [
    () => crossEntropy(ones([1, 3]), tensor([1n]), { weight: ones([2]) }),
    "ShapeError",
    "Cannot crossEntropy with weights of shape [2]: there are 3 classes",
  ],
  [
    () => crossEntropy(ones([1, 3]), tensor([1n]), { labelSmoothing: 1.5 }),
    "ArgumentError",
    "Cannot crossEntropy with labelSmoothing 1.5: it is 0 to 1",
  ],
  [
    () => oneHot(tensor([0.5])),
    "DTypeError",
    "Cannot oneHot a tensor of dtype float32: it takes integers",
  ],
  [
    () => randint(3, 3, [1]),
    "ArgumentError",
    "Cannot draw whole numbers from 3 to 3 - 1: there are none",
  ],
  [
    () => randn([1], { dtype: "int64" }),
    "DTypeError",
    "Cannot draw normal numbers of dtype int64: use a floating-point dtype",
  ],
  [
    () => ones([2]).indexSelect(0, [2]),
    "IndexError",
    "Cannot indexSelect: index 2 is outside 0 to 1",
  ],
  [
    () => ones([1]).requiresGrad_().backward(ones([2])),
    "ShapeError",
    "Cannot run backward from shape [1] with a gradient of shape [2]",
  ],
  [
    () => defineOp({ ...unnamed, name: "add" }),
    "ArgumentError",
    "Cannot define op add: the name is taken",
  ],
  [
    () => defineOp({ ...unnamed, name: "" }),
    "ArgumentError",
    "Cannot define an op: its name is empty",
  ],
];

const unnamed = {
  summary: "",
  infer: () => {
    throw new RangeError("never runs");
  },
  kernel: { script: () => {} },
  saves: "none",
  gradient: null,
  samples: [],
  front: () => () => {},
} as const;

describe("errors say what cannot be done, to what, and why", () => {
  for (const [call, kind, message] of refusals) {
    test(message, () => {
      const error = assertThrows(call) as Error;
      assertEquals([error.name, error.message], [kind, message]);
      assert(isMinitensorError(error));
      assert(!message.includes("\n") && !message.endsWith("."));
    });
  }
});

describe("error classes", () => {
  test("extend the nearest built-in class", () => {
    const bases = {
      ShapeError: TypeError,
      DTypeError: TypeError,
      ArgumentError: TypeError,
      AxisError: RangeError,
      IndexError: RangeError,
      MemoryError: RangeError,
      DisposedError: ReferenceError,
      GradientError: Error,
      KernelError: Error,
      SerializationError: Error,
      LibraryError: Error,
      DeviceError: Error,
    };
    for (const [name, base] of Object.entries(bases)) {
      const made = new errors[name as keyof typeof bases]("Cannot", {
        op: "add",
        suggestion: "Do",
        context: { a: 1 },
      });
      assert(made instanceof base && made instanceof Error);
      assertEquals([made.name, made.message, made.op, made.suggestion, made.context], [
        name,
        "Cannot",
        "add",
        "Do",
        { a: 1 },
      ]);
      assert(isMinitensorError(made));
      assertEquals(typeof made.kind, "string");
    }
    assertEquals([
      isMinitensorError(new Error("x")),
      isMinitensorError(null),
      isMinitensorError({}),
    ], [false, false, false]);
  });

  test("carry the values they talk about", () => {
    const shape = assertThrows(() => ones([2, 3]).add(ones([4])), ShapeError);
    assertEquals([shape.op, shape.context], ["add", { shapes: [[2, 3], [4]], axis: 1 }]);
    const axis = assertThrows(() => ones([2]).sum(5), AxisError);
    assertEquals([axis.op, axis.context], ["sum", { dim: 5, rank: 1 }]);
    const index = assertThrows(() => arange(3).index(7), IndexError);
    assertEquals(index.context, { index: 7, size: 3, dim: 0 });
  });

  test("give all of it with detailedMessage()", () => {
    const error = assertThrows(() => gone.add(1), DisposedError);
    assertEquals(
      detailedMessage(error),
      "Cannot add: input 0 was disposed of\noperation: add\nsuggestion: Use keep() for a tensor that must outlive its scope",
    );
    const gradient = assertThrows(() => ones([2], { requiresGrad: true }).add_(1), GradientError);
    assert(detailedMessage(gradient).endsWith("suggestion: Do it within noGrad()"));
  });

  test("leave nothing half done", () => {
    const x = arange(6).reshape([2, 3]);
    for (
      const attempt of [
        () => x.add_(ones([4])),
        () => x.copy_(ones([4])),
        () => x.mul_(ones([2, 2, 3])),
      ]
    ) {
      assertThrows(attempt, ShapeError);
    }
    assertEquals(x.toArray(), [[0, 1, 2], [3, 4, 5]]);
  });
});

test("an unknown option names the nearest one", () => {
  const error = assertThrows(() =>
    mt.layerNorm(mt.ones([2]), [2], { epsilon: 1e-3 } as object)
  ) as mt.ArgumentError;
  assertEquals(error.suggestion, "Did you mean eps?");
  assertThrows(
    () => mt.fft.fftshift([1, 2], 1 as unknown as object),
    mt.ArgumentError,
    "with 1 for options",
  );
});

test("arguments of the wrong kind are refused, not rounded or ignored", () => {
  const x = mt.ones([3, 3]);
  const wrong: readonly (() => unknown)[] = [
    () => mt.gelu(x, { approximate: "fast" as "tanh" }),
    () => mt.linear(x, x, { offset: x } as object),
    () => mt.tril(x, 0.5),
    () => mt.indexSelect(x, 0, [1.5]),
    () => mt.setPrintOptions({ precision: -1 }),
    () => mt.setPoolLimit(-1),
  ];
  for (const call of wrong) assertThrows(call, mt.ArgumentError);
});

test("errors name the function that was called, and its own shapes", () => {
  const [x, y] = [mt.ones([2]), mt.ones([3])];
  assertThrows(() => mt.stack([x, y]), mt.ShapeError, "Cannot stack tensors of shapes [2] and [3]");
  assertThrows(() => mt.ones([12]).unflatten(0, [-1, -1]), mt.ShapeError, "left open");
  assertThrows(() => mt.ones([12]).unflatten(0, [5, -1]), mt.ShapeError, "the product differs");
  assertThrows(() => y.split([1.5, 1.5]), mt.ArgumentError, "whole numbers");
  assertThrows(() => y.repeat([-1]), mt.ShapeError, "whole numbers");
  const whole = mt.zeros([3], { dtype: "int32" });
  assertThrows(
    () => mt.indexAdd(whole, 0, [0], mt.ones([1])),
    mt.DTypeError,
    "float32 into a int32",
  );
});
