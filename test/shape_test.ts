import { describe, test } from "node:test";
import { assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import {
  arange,
  AxisError,
  broadcastShapes,
  canBroadcast,
  cat,
  ones,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { values } from "./values.ts";

const cube = () => arange(24).reshape([2, 3, 4]);

function shares(x: Tensor, y: Tensor): boolean {
  return x.storage === y.storage;
}

describe("reshape()", () => {
  test("is a view where strides allow it, else a copy", () => {
    const x = cube();
    const cases: readonly (readonly [Tensor, number[], boolean])[] = [
      [x, [24], true],
      [x, [4, 6], true],
      [x, [2, 1, 3, 1, 4], true],
      [x.transpose(0, 1), [3, 2, 2, 2], true], // only the last dim is cut
      [x.transpose(0, 1), [6, 4], false],
      [x.permute(2, 0, 1), [4, 6], true], // two dims that still lie evenly
      [x.permute(2, 0, 1), [8, 3], false],
      [x.permute(2, 1, 0), [24], false],
      [x.index("...", "::2"), [12], true],
      [x.index("...", "1:"), [18], false],
      [x.index("::-1"), [2, 12], true],
      [x.index("...", "::-1"), [24], false],
      [arange(6).index("::-1"), [2, 3], true],
      [ones([1]).expand([6]), [2, 3], true],
      [ones([3, 1]).expand([3, 2]), [6], false],
      [ones([1, 1]).expand([3, 2]), [6], true],
      [zeros([2, 0, 3]), [0, 5], true],
    ].map(([input, shape, view]) => [input as Tensor, shape as number[], view as boolean]);
    for (const [input, shape, view] of cases) {
      const y = input.reshape(shape);
      const label = `${input.shape} strides ${input.strides} to ${shape}`;
      assertEquals([label, y.shape, values(y)], [label, shape, values(input)]);
      assertEquals([label, shares(input, y)], [label, view]);
      assertNotStrictEquals(y, input);
      if (view) assertEquals(values(input.view(shape)), values(input));
      else assertThrows(() => input.view(shape), ShapeError, "its elements are not in order");
    }
  });

  test("agrees with a copy for random layouts", () => {
    let state = 7;
    const random = (limit: number) => (state = (state * 48271) % 0x7fffffff) % limit;
    for (let round = 0; round < 400; round++) {
      const extents = Array.from({ length: random(4) + 1 }, () => random(4) + 1);
      let x = arange(extents.reduce((a, b) => a * b, 1)).reshape(extents);
      for (let i = 0; i < 2; i++) {
        const [a, b] = [random(x.ndim), random(x.ndim)];
        x = [
          () => x.transpose(a, b),
          () => x.index(...Array(a).fill(":"), "::-1"),
          () => x.unsqueeze(a),
        ][random(3)]!();
      }
      const size = x.numel();
      const first = [1, 2, 3, 4, 6].filter((n) => size % n === 0)[random(2)] ?? 1;
      const y = x.reshape([first, -1, 1]);
      assertEquals(values(y), values(x));
    }
  });

  test("works out one size of -1, and refuses what does not fit", () => {
    assertEquals([cube().reshape([-1]).shape, cube().reshape([2, -1]).shape], [[24], [2, 12]]);
    assertEquals([zeros([0]).reshape([-1, 3]).shape, tensor(1).reshape([-1]).shape], [[0, 3], [1]]);
    for (const shape of [[5, 5], [-1, -1], [-1, 5], [24, 0], [-2, -12], [1.5, 16], [-1, 0]]) {
      assertThrows(
        () => cube().reshape(shape),
        ShapeError,
        `Cannot reshape a tensor of shape [2, 3, 4] to [${shape.join(", ")}]: it has 24 elements`,
      );
    }
    assertThrows(() => zeros([0, 2]).reshape([-1, 0]), ShapeError, "it has 0 elements");
  });

  test("carries gradients, as view and as copy", () => {
    const x = cube().requiresGrad_();
    x.transpose(0, 2).reshape([8, 3]).mul(arange(24).reshape([8, 3])).sum().backward();
    assertEquals(values(x.grad!), values(arange(24).reshape([4, 3, 2]).transpose(0, 2)));
  });
});

describe("views of dims", () => {
  test("permute, transpose, T, mT, movedim", () => {
    const x = cube();
    assertEquals(x.permute(2, 0, 1).shape, [4, 2, 3]);
    assertEquals(x.permute([2, 0, -2]).shape, [4, 2, 3]);
    assertEquals(x.transpose().shape, [3, 2, 4]);
    assertEquals(x.transpose(0, -1).strides, [1, 4, 12]);
    assertEquals(x.mT.shape, [2, 4, 3]);
    assertEquals(x.movedim(0, -1).shape, [3, 4, 2]);
    assertEquals(x.movedim([0, 1], [2, 0]).shape, [3, 4, 2]);
    assertEquals([x.index(0).T.shape, tensor([1]).T.shape, tensor(1).T.shape], [[4, 3], [1], []]);
    assertEquals([x.permute(0, 1, 2), x.transpose(0, 0)].map((y) => [y === x, shares(x, y)]), [[
      false,
      true,
    ], [false, true]]);
    assertThrows(
      () => x.permute(0, 1),
      AxisError,
      "Cannot permute 3 dims by [0, 1]: each must be named once",
    );
    assertThrows(
      () => x.permute(0, 0, 1),
      AxisError,
      "Cannot permute along dims [0, 0, 1]: a dim is named twice",
    );
    assertThrows(
      () => x.transpose(0, 3),
      AxisError,
      "Cannot transpose along dim 3: the tensor has 3 dims, so dims are -3 to 2",
    );
    assertThrows(
      () => x.T,
      ShapeError,
      "Cannot transpose a tensor of shape [2, 3, 4]: it is no matrix",
    );
    assertThrows(() => tensor([1]).mT, ShapeError, "it has no rows");
    assertThrows(
      () => x.movedim([0, 1], [0]),
      AxisError,
      "Cannot move dims [0, 1] to [0]: there are not as many",
    );
  });

  test("squeeze, unsqueeze, flatten, unflatten, ravel", () => {
    const x = zeros([1, 3, 1]);
    assertEquals([
      x.squeeze().shape,
      x.squeeze(0).shape,
      x.squeeze([0, -1]).shape,
      x.squeeze(1).shape,
    ], [[3], [3, 1], [3], [1, 3, 1]]);
    assertEquals([0, 1, -1, -4].map((dim) => x.unsqueeze(dim).shape), [[1, 1, 3, 1], [1, 1, 3, 1], [
      1,
      3,
      1,
      1,
    ], [1, 1, 3, 1]]);
    assertEquals([cube().flatten().shape, cube().flatten(1).shape, cube().flatten(0, 1).shape], [
      [24],
      [2, 12],
      [6, 4],
    ]);
    assertEquals([
      tensor(3).flatten().shape,
      tensor(3).squeeze().shape,
      tensor(3).unsqueeze(0).shape,
    ], [[1], [], [1]]);
    assertEquals([cube().unflatten(2, [2, -1]).shape, cube().ravel().shape], [[2, 3, 2, 2], [24]]);
    assertThrows(() => x.unsqueeze(4), AxisError, "Cannot unsqueeze along dim 4");
    assertThrows(() => x.squeeze(3), AxisError, "Cannot squeeze along dim 3");
    assertThrows(
      () => cube().flatten(2, 1),
      AxisError,
      "Cannot flatten dims 2 to 1: the first comes after the last",
    );
    assertThrows(
      () => cube().unflatten(2, [3, 2]),
      ShapeError,
      "Cannot unflatten a dim of 4 into [3, 2]: the product differs",
    );
  });

  test("expand shows one element many times", () => {
    const x = tensor([[1], [2]]);
    const y = x.expand([3, -1, 2]);
    assertEquals([y.shape, y.strides, shares(x, y)], [[3, 2, 2], [0, 1, 0], true]);
    assertEquals(y.toArray(), Array(3).fill([[1, 1], [2, 2]]));
    assertEquals([tensor(5).expand([0, 2]).shape, x.expand([2, 0]).shape], [[0, 2], [2, 0]]);
    assertEquals(x.expandAs(zeros([2, 3])).shape, [2, 3]);
    for (const shape of [[3, 1], [2], [3, 3]]) {
      assertThrows(
        () => x.expand(shape),
        ShapeError,
        `Cannot expand a tensor of shape [2, 1] to [${shape.join(", ")}]: sizes differ`,
      );
    }
    assertThrows(() => x.expand([-1, 2, 1]), ShapeError, "sizes are whole numbers of 0 or more");
  });

  test("contiguous() and clone()", () => {
    const x = cube();
    assertEquals([x.contiguous() === x, x.clone() === x, shares(x, x.clone())], [
      true,
      false,
      false,
    ]);
    const y = x.mT.contiguous();
    assertEquals([y.isContiguous(), shares(x, y), values(y)], [true, false, values(x.mT)]);
    assertEquals(x.mT.clone().isContiguous(), true);
  });
});

describe("joining and repeating", () => {
  test("cat, stack, repeat, flip, tril and triu", () => {
    const x = tensor([[1, 2]]);
    assertEquals(cat([x, tensor([[3, 4], [5, 6]])]).toArray(), [[1, 2], [3, 4], [5, 6]]);
    assertEquals(cat([x, zeros([1, 0]), x.T.T], -1).toArray(), [[1, 2, 1, 2]]);
    assertEquals(stack([x, x], 2).shape, [1, 2, 2]);
    assertEquals(cat([tensor([1n]), tensor([0.5])]).toArray(), [1, 0.5]);
    assertEquals(x.repeat([2, 2]).toArray(), [[1, 2, 1, 2], [1, 2, 1, 2]]);
    assertEquals([x.repeat([3, 1, 0]).shape, x.repeat([2, 1, 1]).shape], [[3, 1, 0], [2, 1, 2]]);
    assertEquals(x.flip([0, 1]).toArray(), [[2, 1]]);
    assertEquals(ones([2, 3]).triu(1).toArray(), [[0, 1, 1], [0, 0, 1]]);
    assertEquals(ones([2, 3]).tril(-1).toArray(), [[0, 0, 0], [1, 0, 0]]);
  });

  test("refuse what does not fit", () => {
    assertThrows(
      () => cat([zeros([2, 3]), zeros([3, 3])], 1),
      ShapeError,
      "Cannot cat tensors of shapes [2, 3] and [3, 3] along dim 1: the other sizes differ",
    );
    assertThrows(
      () => cat([zeros([2, 3]), zeros([0])], 0),
      ShapeError,
      "Cannot cat tensors of shapes [2, 3] and [0]",
    );
    assertThrows(() => cat([]), TypeError, "Cannot cat no tensors: there is no shape");
    assertThrows(
      () => cat([tensor(1)]),
      ShapeError,
      "Cannot cat tensors of rank 0: they have no dim",
    );
    assertThrows(() => stack([]), TypeError, "Cannot stack no tensors");
    assertThrows(
      () => zeros([2, 2]).repeat([2]),
      ShapeError,
      "Cannot repeat a tensor of shape [2, 2] by [2]: dims are missing",
    );
  });
});

describe("broadcastShapes()", () => {
  test("aligns at the last dim", () => {
    assertEquals(broadcastShapes([2, 1], [3]), [2, 3]);
    assertEquals(broadcastShapes(), []);
    assertEquals(broadcastShapes([0, 3], [1]), [0, 3]);
    assertEquals(broadcastShapes([5, 1, 4], [3, 1], []), [5, 3, 4]);
    assertEquals([canBroadcast([2], [3]), canBroadcast([0], [1]), canBroadcast([0], [2])], [
      false,
      true,
      false,
    ]);
    assertThrows(
      () => broadcastShapes([2, 3], [4]),
      ShapeError,
      "Cannot broadcast tensors of shapes [2, 3] and [4]: axis 1 is 3 and 4",
    );
  });
});
