import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  CustomOpBuilder,
  CustomOpRegistry,
  DeviceError,
  DisposedError,
  DTypeError,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
} from "../mod.ts";
import { leaf, runner } from "./custom_ops.ts";
import { assertValues } from "./values.ts";

describe("CustomOpBuilder", () => {
  const double = () => new CustomOpBuilder("double", 1).forward(([x]) => x.mul(2));

  test("refuses names, counts and parts that are none", () => {
    assertThrows(() => new CustomOpBuilder("", 1), ArgumentError, "its name is empty");
    assertThrows(() => new CustomOpBuilder("a", 1.5), ArgumentError, "op a of 1.5 inputs");
    assertThrows(() => new CustomOpBuilder("a", -1), ArgumentError, "op a of -1 inputs");
    assertThrows(() => new CustomOpBuilder("a", 1).build(), ArgumentError, "it has no forward");
    assertThrows(() => double().backward(3 as never), ArgumentError, "backward of op double: 3");
  });

  test("builds ops that later changes do not reach", () => {
    const builder = double();
    const before = builder.build();
    builder.forward(([x]) => x.mul(100));
    assertValues(runner(before)(2), [4]);
  });

  test("holds the inputs to the number and to what can be a tensor", () => {
    const registry = new CustomOpRegistry();
    registry.register(double().build());
    const run = (inputs: unknown) => () => registry.execute("double", inputs as Tensor[]);
    assertThrows(run([]), ArgumentError, "Cannot run double with 0 inputs: it takes 1");
    assertThrows(run([1, 2]), ArgumentError, "Cannot run double with 2 inputs: it takes 1");
    assertThrows(run(["x"]), ArgumentError, "Cannot run double: input 0 is x, not a tensor");
    assertThrows(run([undefined]), ArgumentError, "input 0 is undefined");
    assertThrows(run([{}]), ArgumentError, "Cannot run double with 0 inputs");
    assertThrows(run([null]), ArgumentError, "input 0 is null");
    assertThrows(run([() => 1]), ArgumentError, "input 0 is a function");
    assertThrows(run(3), ArgumentError, "its inputs are no array");
    const direct = runner(double().build());
    assertValues(direct(tensor([1, 2])), [2, 4]);
  });

  test("makes tensors of numbers and arrays, in the dtype beside them", () => {
    const registry = new CustomOpRegistry();
    registry.register(new CustomOpBuilder("sum2", 2).forward(([x, y]) => x.add(y)).build());
    const run = (...inputs: Parameters<typeof tensor>[0][]) => registry.execute("sum2", inputs);
    assertEquals(run(1, tensor([2], { dtype: "float64" })).dtype, "float64");
    assertValues(run([1, 2], 3), [4, 5]);
    assertValues(run(new Float64Array([1]), true), [2]);
  });

  test("runs its validation: what it throws, false, or a text", () => {
    const refuse = (answer: () => boolean | string | void) => () =>
      runner(double().validate(answer).build())(1);
    assertThrows(refuse(() => false), ArgumentError, "double: its validation refuses the inputs");
    assertThrows(refuse(() => "x is odd"), ArgumentError, "Cannot run double: x is odd");
    assertThrows(
      refuse(() => {
        throw new ShapeError("mine");
      }),
      ShapeError,
      "mine",
    );
    assertValues(refuse(() => true)(), [2]);
    assertValues(refuse(() => {})(), [2]);
    const withGradient = double().backward(({ grad }) => [grad]).validate(() => false).build();
    assertThrows(() => runner(withGradient)(1), ArgumentError, "its validation refuses");
  });

  test("holds forward to the shape, dtype and device that were told", () => {
    const two = ones([2]);
    const shape = runner(double().outputShape(([x]) => [...x.shape, 1]).build());
    assertThrows(() => shape(two), ShapeError, "gave shape [2], outputShape says [2, 1]");
    const noShape = runner(double().outputShape(() => 2 as never).build());
    assertThrows(() => noShape(two), ShapeError, "outputShape says 2");
    const dtype = runner(double().outputDtype(() => "int32").build());
    assertThrows(() => dtype(two), DTypeError, "gave dtype float32, outputDtype says int32");
    const device = runner(double().outputDevice(() => "cuda").build());
    assertThrows(() => device(two), DeviceError, "gave device cpu, outputDevice says cuda");
    const right = double().outputShape(([x]) => x.shape).outputDtype(([x]) => x.dtype)
      .outputDevice(() => "cpu").build();
    assertValues(runner(right)(two), [2, 2]);
  });

  test("refuses results that are no tensors, or gone", () => {
    const giving = (value: (x: Tensor) => unknown) => () =>
      runner(new CustomOpBuilder("odd", 1).forward(([x]) => value(x) as Tensor).build())(1);
    assertThrows(giving(() => 3), ArgumentError, "Cannot run odd: forward gave 3, not a tensor");
    assertThrows(giving((x) => [x]), ArgumentError, "gave an array");
    assertThrows(giving(async () => {}), ArgumentError, "gave a Promise object");
    const gone = (x: Tensor) => {
      const y = x.mul(2);
      y.dispose();
      return y;
    };
    assertThrows(giving(gone), DisposedError, "odd: forward gave a tensor that it had disposed of");
    const saving = (value: unknown) => () =>
      runner(
        new CustomOpBuilder("odd", 1).forward(([x], _, { save }) => {
          save(value as Tensor);
          return x.mul(1);
        }).build(),
      )(1);
    assertThrows(saving(3), ArgumentError, "Cannot save 3 in odd: it is no tensor");
    assertThrows(saving(gone(ones([1]))), DisposedError, "Cannot save a tensor in odd");
  });

  test("refuses a forward that changes its input, with a gradient or without", () => {
    const changing = () => new CustomOpBuilder("changing", 1).forward(([x]) => x.add_(1).mul(2));
    for (const builder of [changing(), changing().backward(({ grad }) => [grad])]) {
      const run = () => runner(builder.build())(ones([2]));
      assertThrows(run, ArgumentError, "Cannot run changing: forward changed input 0 in place");
    }
  });

  test("leaves nothing behind in a scope", () => {
    const x = leaf(2);
    let inside: Tensor | undefined;
    const op = new CustomOpBuilder("scoped", 1).forward(([x]) => {
      inside = x.mul(2);
      return inside.mul(x);
    }).backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(4)]).build();
    const y = tidy(() => runner(op)(x));
    assertEquals([inside!.isDisposed, y.isDisposed], [true, false]);
    y.sum().backward();
    assertValues(x.grad, [8]);
  });
});
