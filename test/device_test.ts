/** Devices, dtypes and questions about tensors as wholes. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { arange, Device, ones, type Tensor, tensor, zeros } from "../mod.ts";
import { values } from "./values.ts";

describe("Device", () => {
  test("reads and writes its text", () => {
    for (const [text, kind, id] of [["cpu", "cpu", null], ["cuda:1", "cuda", 1]] as const) {
      const made = mt.device(text);
      assertEquals([made.deviceType, made.deviceId, String(made)], [kind, id, text]);
    }
    const made = [Device.cpu(), Device.cuda(2), Device.metal(), Device.opencl(0), mt.cuda()];
    assertEquals(JSON.stringify(made), '["cpu","cuda:2","metal","opencl:0","cuda"]');
    assertEquals(made.map((one) => one.isGpu()), [false, true, true, true, true]);
    assert(mt.cpu().isCpu() && mt.cpu().equals("cpu:0") && !mt.cuda(1).equals(mt.cuda(0)));
    assert(mt.isDeviceAvailable("cpu") && !mt.isDeviceAvailable(mt.cuda()));
  });

  test("refuses other text and numbers", () => {
    for (const text of ["", "tpu", "cuda:", "cuda:-1", "cuda:1.5", "CPU", "cpu "]) {
      assertThrows(() => new Device(text), mt.ArgumentError, `Cannot read "${text}" as a device`);
    }
    assertThrows(() => mt.cuda(-1), mt.ArgumentError, "Cannot name cuda device -1");
  });

  test("that the build lacks is refused where tensors are made and moved", () => {
    const message = "on device cuda:0: this build has the CPU only";
    assertThrows(
      () => zeros([2], { device: "cuda:0" }),
      mt.DeviceError,
      `make a tensor ${message}`,
    );
    assertThrows(() => ones([2]).to(mt.cuda(0)), mt.DeviceError, `put a tensor ${message}`);
    assertThrows(() => ones([2]).to("cuda:0"), mt.DeviceError, message);
    assertEquals(zeros([2], { device: mt.cpu() }).device, "cpu");
  });
});

describe("to() and its kin", () => {
  test("answer the tensor itself when nothing changes, unless asked for a copy", () => {
    const x = ones([2]);
    const same: readonly Tensor[] = [
      x.to("float32"),
      x.to("cpu"),
      x.to(mt.cpu()),
      x.to(ones([1])),
      x.to({}),
      x.cpu(),
      x.typeAs(ones([1])),
      x.astype("float32", { copy: false }),
    ];
    assertEquals(same.map((y) => y === x), same.map(() => true));
    for (const y of [x.to("float32", { copy: true }), x.astype("float32"), x.to({ copy: true })]) {
      assert(!y.sharesStorage(x) && y.equal(x));
    }
  });

  test("convert, with the gradient", () => {
    const x = tensor([1.5, -2.5], { requiresGrad: true });
    assertEquals(values(x.to("int32")), [1, -2]);
    assertEquals(x.to({ dtype: "float64", device: "cpu" }).dtype, "float64");
    assertEquals(x.byte().dtype, "uint8");
    x.typeAs(zeros([1], { dtype: "float64" })).sum().backward();
    assertEquals(values(x.grad!), [1, 1]);
  });

  test("refuse what is no dtype, device or option", () => {
    const x = ones([2]);
    assertThrows(() => x.to("float8" as "float32"), mt.DTypeError, "Cannot use dtype float8");
    assertThrows(() => x.to({ type: "bool" } as object), mt.ArgumentError, "with option type");
    assertThrows(() => x.to("bool", { dtype: "bool" }), mt.ArgumentError, "given twice");
  });
});

describe("dtypes", () => {
  test("defaultDtype() restores, also after a throw", () => {
    assertEquals(mt.defaultDtype("float64", () => tensor(1).dtype), "float64");
    assertThrows(() =>
      mt.defaultDtype("float64", () => {
        throw new RangeError("inside");
      }), RangeError);
    assertEquals(tensor(1).dtype, "float32");
    {
      using _ = mt.defaultDtype("float64");
      assertEquals(zeros([1]).dtype, "float64");
    }
    assertEquals(zeros([1]).dtype, "float32");
    assertThrows(() => mt.defaultDtype("int32"), mt.DTypeError, "Cannot make int32 the default");
    assertThrows(() => mt.defaultDtype("float64", () => Promise.resolve()), mt.ArgumentError);
  });

  test("finfo(), iinfo() and canCast() know limits", () => {
    assertEquals(mt.finfo("float32").tiny, 1.1754943508222875e-38);
    assertEquals(mt.finfo("float64").smallestNormal, 2.2250738585072014e-308);
    assertEquals([mt.iinfo("int64").max, mt.iinfo("uint8").bits], [2n ** 63n - 1n, 8]);
    assertThrows(() => mt.finfo("int32"), mt.DTypeError, "Cannot give finfo of int32");
    assertThrows(() => mt.iinfo("bool"), mt.DTypeError, "Cannot give iinfo of bool");
    assertEquals([mt.canCast("bool", "int32"), mt.canCast("float32", "int64")], [true, false]);
  });

  test("resultType() is the dtype of a sum", () => {
    const all = [
      ones([2], { dtype: "int32" }),
      tensor(1.5),
      tensor(2n),
      ones([1], { dtype: "bool" }),
    ];
    for (const x of [...all, 1, 1.5, true, 3n]) {
      for (const y of [...all, 1, 1.5, 3n]) {
        assertEquals(mt.resultType(x, y), mt.add(x, y).dtype);
      }
    }
  });
});

describe("tensors as wholes", () => {
  test("arrayEqual() asks for values, equal() for dtypes too", () => {
    const x = tensor([1, 2]);
    assert(x.arrayEqual([1, 2]) && x.arrayEqual(x.long()) && !x.equal(x.long()));
    assert(x.equal(x.clone()) && !x.arrayEqual([1, 2, 3]) && !x.arrayEqual([[1, 2]]));
    assert(!tensor([NaN]).arrayEqual([NaN]) && zeros([0]).arrayEqual(zeros([0])));
    assert(x.clone().requiresGrad_().arrayEqual(x));
  });

  test("allclose() is NumPy's, in one direction", () => {
    assert(mt.allclose([1e10, 1e-7], [1.00001e10, 1e-8], { rtol: 1e-4, atol: 1e-6 }));
    assert(!mt.allclose([1, 2], [1, 2.1]) && mt.allclose([[1, 2], [1, 2]], [1, 2]));
    assert(mt.allclose([Infinity, 1], [Infinity, 1]) && !mt.allclose([Infinity], [-Infinity]));
    assert(!mt.allclose([1], [Infinity]) && !mt.allclose([NaN], [NaN]));
    assert(mt.allclose([NaN], [NaN], { equalNan: true }));
    assert(mt.allclose(tensor([10n]), tensor([11n]), { atol: 1 }));
    assert(!mt.allclose(tensor([2n ** 53n]), tensor([2n ** 53n + 1n]), { rtol: 0, atol: 0 }));
    assertThrows(
      () => mt.allclose([1], [1], { rtol: -1 }),
      mt.ArgumentError,
      "must not be negative",
    );
    assertThrows(() => mt.allclose(ones([2]), ones([3])), mt.ShapeError);
  });

  test("tell of their memory", () => {
    const x = arange(6).reshape([2, 3]);
    assertEquals([x.stride(), x.stride(0), x.stride(-1), x.dim()], [[3, 1], 3, 1, 2]);
    assertThrows(() => x.stride(2), mt.ArgumentError, "Cannot give the stride of dim 2");
    assert(x.memoryUsageBytes() >= 24 && x.T.memoryUsageBytes() === x.memoryUsageBytes());
    assert(x.sharesStorage(x.T) && !x.sharesStorage(x.clone()) && !x.clone().isView);
    const buffer = new ArrayBuffer(16);
    const shared = () => mt.fromBuffer(buffer, { dtype: "float32", shape: [4] });
    assert(shared().sharesStorage(shared()));
    assertEquals([mt.numel(3), mt.numel(x), mt.isFloatingPoint(x)], [1, 6, true]);
    const kept = mt.tidy(() => void x.add(1).keep());
    assertEquals(kept, undefined);
  });

  test("allow shapes that can be counted", () => {
    const shapes = [[2, 0], [], [-1], [1.5], [2 ** 27, 2 ** 27], new Array(40).fill(1)];
    assertEquals(shapes.map(mt.isValidShape), [true, true, false, false, false, false]);
    assertEquals(mt.isValidShape("3" as never), false);
    assertEquals([mt.computeStrides([2, 0, 3]), mt.shapeNumel([2, 3])], [[3, 3, 1], 6]);
    assertThrows(() => mt.shapeNumel([-1]), mt.ShapeError, "Cannot use shape [-1]");
  });
});

describe("creation", () => {
  test("by a function, by strides, of one value", () => {
    const x = mt.fromFunction([2, 3], (i, j) => i * 3 + j, { dtype: "int64" });
    assertEquals([x.dtype, values(x)], ["int64", [0, 1, 2, 3, 4, 5]]);
    assertEquals(mt.fromFunction([], () => 5, { requiresGrad: true }).requiresGrad, true);
    assertEquals(mt.fromFunction([0, 3], () => 1).shape, [0, 3]);
    assertThrows(() => mt.fromFunction([1], () => "1" as never), mt.ArgumentError, "element of 1");
    const strided = mt.emptyStrided([2, 3], [1, 2]).fill_(4);
    assertEquals([strided.strides, values(strided), strided.isView], [
      [1, 2],
      Array(6).fill(4),
      false,
    ]);
    assertThrows(() => mt.emptyStrided([2], [-1]), mt.ShapeError, "with strides [-1]");
    assertEquals(mt.scalarTensor(2n).dtype, "int64");
    assertThrows(() => mt.scalarTensor([1] as never), mt.ArgumentError, "it is not a number");
  });

  test("of windows refuses bad sizes and dtypes", () => {
    assertThrows(() => mt.hannWindow(-1), mt.ArgumentError, "Cannot make a hannWindow of -1");
    assertThrows(() => mt.hannWindow(3, { dtype: "int32" }), mt.DTypeError, "of dtype int32");
    assertThrows(() => mt.hannWindow(3, { beta: 1 } as object), mt.ArgumentError, "option beta");
    assertThrows(() => mt.kaiserWindow(3, { beta: Infinity }), mt.ArgumentError, "beta Infinity");
    assert(mt.blackmanWindow(4, { requiresGrad: true }).requiresGrad);
  });
});

describe("asTensor()", () => {
  test("shares, converts with the graph, copies when asked", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    assert(mt.asTensor(x) === x && mt.asTensor(x, { requiresGrad: true }) === x);
    const cut = mt.asTensor(x, { requiresGrad: false });
    assert(!cut.requiresGrad && cut.sharesStorage(x));
    const leaf = mt.asTensor(cut, { requiresGrad: true });
    assert(leaf.requiresGrad && leaf.isLeaf && leaf.sharesStorage(x) && !cut.requiresGrad);
    mt.asTensor(x, { dtype: "float64" }).sum().backward();
    assertEquals(values(x.grad!), [1, 1]);
    const copy = mt.asTensor(x, { copy: true });
    assert(!copy.sharesStorage(x) && !copy.requiresGrad);
    assertThrows(() => mt.asTensor(x, { copies: true } as object), mt.ArgumentError, "copies");
  });

  test("broadcastShapes() takes numbers as shapes", () => {
    assertEquals([mt.broadcastShapes(3, [2, 1]), mt.broadcastShapes()], [[2, 3], []]);
    assert(mt.canBroadcast(1, 5) && !mt.canBroadcast(2, 3));
    assert(ones([2]).expandAs(ones([2])).isView);
  });
});
