import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  GradientError,
  manualSeed,
  NotImplementedError,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";
import { Linear, Module, MSELoss, Parameter, Sequential } from "../src/nn/mod.ts";
import { Adam } from "../src/optim/mod.ts";
import { CustomLayer } from "../src/plugin/mod.ts";
import { assertValues } from "./values.ts";

/** x * factor + shift. */
function affine(): CustomLayer {
  const layer = new CustomLayer("affine");
  layer.addParameter("factor", [1, 1]);
  layer.addParameter("myShift", ones([2]));
  return layer.setForward(([x], self) =>
    x!.mul(self.getParameter("factor")).add(self.getParameter("myShift"))
  );
}

describe("CustomLayer", () => {
  test("computes what its function says, of one tensor or several", () => {
    assertValues(affine().forward(tensor([2, 3])), [3, 4]);
    const sum = new CustomLayer("sum").setForward((inputs) => inputs.reduce((x, y) => x.add(y)));
    assertValues(sum.forward([ones([1]), ones([1]), ones([1])]), [3]);
    const itself = new CustomLayer("itself").setForward(([x], layer) => {
      assert(layer === itself);
      return x!.mul(2);
    });
    assertValues(itself.forward(ones([1])), [2]);
  });

  test("is a module with parameters under exactly their names", () => {
    const layer = affine();
    assert(layer instanceof Module);
    assertEquals(layer.listParameters(), ["factor", "myShift"]);
    assertEquals(layer.namedParameters().map(([name]) => name), ["factor", "myShift"]);
    assert(layer.getParameter("factor") instanceof Parameter);
    assertEquals([layer.numParameters(), String(layer)], [4, "CustomLayer(affine)"]);
    assertEquals([...new Sequential(affine()).stateDict().keys()], ["0.factor", "0.myShift"]);
  });

  test("keeps the same Parameter, and shares a tensor's memory", () => {
    const shared = new Parameter(ones([1]));
    const first = new CustomLayer("first");
    assert(first.addParameter("weight", shared) === shared);
    const second = new CustomLayer("second");
    second.addParameter("weight", shared);
    const both = new Sequential(
      first.setForward(([x]) => x!.mul(shared)),
      second.setForward(([x]) => x!.mul(shared)),
    );
    assertEquals(both.parameters().length, 1);
  });

  test("is saved and loaded by its state, alone and within others", () => {
    for (const make of [affine, () => new Sequential(affine(), new Linear(2, 1))]) {
      manualSeed(1);
      const from = make();
      for (const parameter of from.parameters()) parameter.detach().add_(randn(parameter.shape));
      const to = make();
      assertEquals(to.loadStateDict(from.stateDict()), { missingKeys: [], unexpectedKeys: [] });
      const x = tensor([[0.5, -1]]);
      assertEquals(to.forward(x).toArray(), from.forward(x).toArray());
    }
    const wrong = new Map<string, Tensor>([["factor", ones([3])], ["myShift", ones([2])]]);
    assertThrows(() => affine().loadStateDict(wrong), ShapeError, "factor is [3], not [2]");
    const other = new Map<string, Tensor>([["factor", ones([2])], ["my_shift", ones([2])]]);
    assertThrows(() => affine().loadStateDict(other), ArgumentError, "myShift is missing");
  });

  test("is trained in Sequential", () => {
    manualSeed(2);
    const model = new Sequential(affine(), new Linear(2, 1));
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const x = randn([32, 2]);
    const y = x.sum(1, { keepdim: true }).mul(3).sub(1);
    const loss = () => new MSELoss().forward(model.forward(x), y);
    const before = loss().item() as number;
    for (let step = 0; step < 200; step++) {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    }
    assert(loss().item() as number < before / 100);
    assertEquals(model.parameters().every(({ grad }) => grad !== null), true);
  });

  test("can be extended", () => {
    class Scale extends CustomLayer {
      readonly extraWeight: Parameter = new Parameter(ones([1]));
      constructor(factor: number) {
        super("scale");
        this.addParameter("scaleFactor", [factor]);
      }
      override forward(x: Tensor): Tensor {
        return x.mul(this.getParameter("scaleFactor")).mul(this.extraWeight);
      }
    }
    const layer = new Scale(3);
    assertValues(layer.forward(ones([1])), [3]);
    assertEquals([...layer.stateDict().keys()].toSorted(), ["extra_weight", "scaleFactor"]);
    layer.loadStateDict(new Scale(5).stateDict());
    assertValues(new Sequential(layer).forward(ones([1])), [5]);
  });

  test("refuses names and values that cannot be", () => {
    const layer = affine();
    const add = (name: string, value: unknown = 1) => () =>
      layer.addParameter(name, value as number);
    assertThrows(add(""), ArgumentError, "its name is empty");
    assertThrows(add("a.b"), ArgumentError, "its name has a dot");
    for (const name of ["factor", "forward", "training", "name"]) {
      assertThrows(add(name), ArgumentError, `"${name}" to layer affine: the name is taken`);
    }
    const integers = tensor([1], { dtype: "int32" });
    assertThrows(add("count", integers), GradientError);
    assertEquals(layer.listParameters().length, 2);
    assertThrows(() => new CustomLayer(""), ArgumentError, "its name is empty");
  });

  test("says what is missing", () => {
    const layer = new CustomLayer("bare");
    assertThrows(() => layer.forward(ones([1])), NotImplementedError, "Cannot run layer bare");
    assertThrows(() => layer.getParameter("x"), ArgumentError, 'Cannot get parameter "x"');
    assertThrows(() => affine().getParameter("facto"), ArgumentError, "the nearest is factor");
    assertThrows(() => layer.setForward(3 as never), ArgumentError, "it is no function");
  });
});
