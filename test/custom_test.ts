import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CustomOpBuilder,
  DisposedError,
  grad,
  GradientError,
  noGrad,
  ones,
  type Tensor,
  tensor,
  tidy,
} from "../mod.ts";
import { Parameter } from "../src/nn/mod.ts";
import { leaf, runner } from "./custom_ops.ts";
import { assertValues } from "./values.ts";

const cube = new CustomOpBuilder("cube", 1)
  .forward(([x]) => x.mul(x).mul(x))
  .backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(x).mul(3)])
  .build();

/** Its gradient reads what forward saved. */
const savedCube = new CustomOpBuilder("savedCube", 1)
  .forward(([x], _attributes, { save }) => {
    const square = tidy(() => x.mul(x));
    save(square, x);
    return square.mul(x);
  })
  .backward(({ grad, saved: [square] }) => [grad.mul(square!).mul(3)])
  .build();

describe("an op with a gradient", () => {
  test("is what its forward and backward say", () => {
    const x = leaf(2, -3);
    const y = runner(cube)(x);
    assertValues(y, [8, -27]);
    y.sum().backward();
    assertValues(x.grad, [12, 27]);
  });

  test("can be differentiated again and again", () => {
    const x = leaf(2);
    let value = runner(cube)(x);
    for (const expected of [12, 12, 6]) {
      value = grad([value.sum()], [x], { createGraph: true })[0]!;
      assertValues(value, [expected]);
    }
  });

  test("has what forward saved, also where a scope ends between", () => {
    const x = leaf(2, -3);
    const y = tidy(() => runner(savedCube)(x));
    y.sum().backward();
    assertValues(x.grad, [12, 27]);
  });

  test("that reads saved tensors refuses to be differentiated again", () => {
    const x = leaf(2);
    const [slope] = grad([runner(savedCube)(x).sum()], [x], { createGraph: true });
    assertValues(slope!, [12]);
    assertThrows(() => slope!.sum().backward(), GradientError, "gradient of savedCube");
  });

  test("that saves an input or the output may be differentiated again", () => {
    const op = new CustomOpBuilder("exponential", 1)
      .forward(([x], _attributes, { save }) => {
        const y = x.exp();
        save(x, y);
        return y;
      })
      .backward(({ grad, saved: [x, y] }) => [grad.mul(y!).add(x!.mul(0))])
      .build();
    const x = leaf(0.5);
    const [slope] = grad([runner(op)(x).sum()], [x], { createGraph: true });
    assertValues(grad([slope!.sum()], [x])[0]!, [Math.exp(0.5)]);
  });

  test("refuses a saved tensor that was changed since", () => {
    let kept: Tensor | undefined;
    const op = new CustomOpBuilder("keeps", 1)
      .forward(([x], _attributes, { save }) => {
        kept = x.mul(2);
        save(kept);
        return x.mul(kept);
      })
      .backward(({ grad, saved: [y] }) => [grad.mul(y!).mul(2)])
      .build();
    const y = runner(op)(leaf(1)).sum();
    kept!.add_(1);
    assertThrows(() => y.backward(), GradientError, "changed in place");
  });

  test("is told which inputs need a gradient, and undoes broadcasting", () => {
    const seen: (readonly boolean[])[] = [];
    const op = new CustomOpBuilder("times", 2)
      .forward(([x, y]) => x.mul(y))
      .backward(({ grad, inputs: [x, y], needs }) => {
        seen.push(needs);
        return [needs[0] ? grad.mul(y) : null, needs[1] ? grad.mul(x) : null];
      })
      .build();
    const x = leaf(3);
    runner(op)(tensor([[1], [2]], { dtype: "float64" }), x).sum().backward();
    assertEquals(seen, [[false, true]]);
    assertValues(x.grad, [3]);
  });

  test("is not recorded under noGrad(), nor without an input that needs it", () => {
    assertEquals(noGrad(() => runner(cube)(leaf(1))).requiresGrad, false);
    assertEquals(runner(cube)(2).requiresGrad, false);
  });

  test("does not hand out what it was given, or had from elsewhere", () => {
    const parameter = new Parameter(ones([2]));
    const constant = ones([2]);
    const results: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      input: (x) => x,
      view: (x) => x.reshape([2]),
      parameter: () => parameter,
      detached: () => parameter.detach(),
      constant: () => constant,
    };
    for (const [name, forward] of Object.entries(results)) {
      const op = new CustomOpBuilder(name, 1).forward(([x]) => forward(x))
        .backward(({ grad }) => [grad.mul(5)]).build();
      const x = ones([2], { requiresGrad: true });
      const y = runner(op)(x);
      for (const other of [x, parameter, constant]) assert(y.storage !== other.storage, name);
      y.sum().backward();
      assertValues(x.grad, [5, 5]);
      assertEquals([parameter.grad, constant.requiresGrad], [null, false], name);
    }
  });

  test("refuses rules that do not give a gradient for each input", () => {
    const answers: Readonly<Record<string, unknown>> = {
      "2 gradients": [null, null],
      "undefined": undefined,
      "1 gradients": [3],
    };
    for (const [text, answer] of Object.entries(answers)) {
      const op = new CustomOpBuilder("odd", 1).forward(([x]) => x.mul(2))
        .backward(() => answer as Tensor[]).build();
      assertThrows(
        () => runner(op)(leaf(1)).sum().backward(),
        GradientError,
        `odd: it gave ${text}`,
      );
    }
  });
});

describe("an op without a gradient", () => {
  const identity = new CustomOpBuilder("identity", 1).forward(([x]) => x).build();

  test("lets gradients flow through the ops inside", () => {
    const x = leaf(2);
    const y = runner(new CustomOpBuilder("flow", 1).forward(([x]) => x.mul(x)).build())(x);
    const [slope] = grad([y.sum()], [x], { createGraph: true });
    assertValues(slope!, [4]);
    assertValues(grad([slope!.sum()], [x])[0]!, [2]);
  });

  test("that returns its input answers a new tensor, through which gradients flow", () => {
    const x = leaf(2);
    const y = runner(identity)(x);
    assert(y !== x && y.storage !== x.storage);
    y.mul(3).sum().backward();
    assertValues(x.grad, [3]);
    runner(identity)(runner(identity)(x)).sum().backward();
    assertValues(x.grad, [4]);
  });

  test("reaches tensors from elsewhere too", () => {
    const weight = leaf(5);
    const y = runner(new CustomOpBuilder("elsewhere", 1).forward(() => weight).build())(1);
    assert(y !== weight);
    y.sum().backward();
    assertValues(weight.grad, [1]);
  });

  test("works under noGrad(), and refuses disposed inputs", () => {
    assertEquals(noGrad(() => runner(identity)(leaf(1))).requiresGrad, false);
    const x = ones([1]);
    x.dispose();
    assertThrows(() => runner(identity)(x), DisposedError, "Cannot identity: input 0");
    assertThrows(() => runner(cube)(x), DisposedError, "Cannot cube: input 0");
  });
});
