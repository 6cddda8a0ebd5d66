/** Special functions where PyTorch is no reference, and their errors. Values are by mpmath. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  GradientError,
  IndexError,
  lgamma,
  mvlgamma,
  polygamma,
  ShapeError,
  special,
  tensor,
} from "../mod.ts";
import type { Tensor } from "../mod.ts";
import { gammaSlope } from "../src/ops/gamma_share.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** Asserts a relative difference. */
function near(actual: Tensor, expected: readonly number[], allowed: number): void {
  const found = [...actual.toTypedArray()].map(Number);
  expected.forEach((value, i) => {
    const off = Math.abs(found[i]! - value) / Math.abs(value);
    assert(off <= allowed, `element ${i} is ${found[i]}, expected ${value}: off by ${off}`);
  });
}

describe("special functions", () => {
  test("lgamma() and digamma() are right beside their zeros and far out", () => {
    near(lgamma(f64(1e-300, 0.5, 2 ** 70)), [
      690.77552789821371,
      0.5723649429247,
      5.610207110979049e22,
    ], 1e-15);
    near(
      lgamma(f64(1 + 2 ** -20, 2 - 2 ** -20)),
      [-5.5047500661488668e-7, -4.0319826848018476e-7],
      1e-15,
    );
    near(special.digamma(f64(1.5, 1.46163214496836)), [
      0.036489973978576521,
      -2.2410766695906463e-15,
    ], 1e-15);
  });

  test("polygamma() is right for negative numbers and where n! is no float32", () => {
    const x = f64(0.5, -0.25, -7.625, 30);
    near(polygamma(1, x), [
      4.9348022005446793,
      18.541879647671606,
      11.440038432057676,
      0.033895060357739944,
    ], 1e-15);
    near(polygamma(5, x), [
      7691.1135486024355,
      492198.75334287458,
      45190.02864534758,
      1.0726994936161624e-6,
    ], 1e-14);
    near(polygamma(40, tensor([2, 50])), [-3.7103533597532282e35, -3.2610350873149671e-22], 1e-6);
  });

  test("i0() and i1() hold out where e^x is infinite", () => {
    near(special.i0(f64(713)), [6.7051282636709967e307], 1e-15);
    near(special.i1(f64(-713)), [-6.7004245591864025e307], 1e-15);
    assertEquals(special.i0(f64(Infinity, -Infinity)).toArray(), [Infinity, Infinity]);
    assertEquals(special.i1(f64(Infinity, -Infinity)).toArray(), [Infinity, -Infinity]);
    assertEquals(special.zeta(f64(2), Infinity).item(), 0);
  });

  test("gammainc() and gammaincc() are each right where the other is near 1", () => {
    const a = f64(60, 0.001, 0.25, 200, 1e5);
    const x = f64(50, 0.5, 1.05, 240, 99500);
    near(special.gammainc(a, x), [
      0.09226505195893311,
      0.99943993334352925,
      0.93693803877898746,
      0.99634529810771185,
      0.056741823212792263,
    ], 1e-14);
    near(special.gammaincc(a, x), [
      0.90773494804106689,
      0.00056006665647074989,
      0.063061961221012538,
      0.0036547018922881526,
      0.94325817678720774,
    ], 1e-14);
  });

  test("the normal distribution's functions are right in the tails", () => {
    near(special.ndtri(f64(1e-300)), [-37.047096299361199], 1e-15);
    near(special.logNdtr(f64(-1e5, -21, -19.5, -1)), [
      -5000000012.431864,
      -224.46571583141447,
      -194.0169657774975,
      -1.8410216450092635,
    ], 1e-15);
    near(special.erfcx(f64(-5, 0.5, 24, 26, 1e3)), [
      144009798674.66104,
      0.61569034419292587,
      0.023487546063682641,
      0.021683584850562907,
      0.00056418930145338765,
    ], 1e-15);
    assertEquals(special.erfcx(f64(-27, -Infinity, Infinity)).toArray(), [Infinity, Infinity, 0]);
  });

  test("the slope of gamma samples is that of their quantiles", () => {
    near(
      gammaSlope(f64(0.125, 2, 10, 300, 2e5), f64(0.5, 5, 9, 290, 200500)),
      [
        4.1895343445414737,
        1.6580687280597063,
        0.96418272428479559,
        0.98369134793810372,
        1.0012497940078441,
      ],
      1e-10,
    );
  });

  test("results of an element do not depend on its neighbours", () => {
    const [a, x] = [f64(0.1, 5, 20, 60, 3, 0.7, 100, 2), f64(2, 5, 30, 61, 0.1, 0.2, 300, 1e-9)];
    const whole = special.gammainc(a, x);
    for (let i = 0; i < 8; i++) {
      const one = special.gammainc(a.narrow(0, i, 1), x.narrow(0, i, 1));
      assertEquals(one.item(), whole.index(i).item());
    }
    const s = f64(2, 2.5, 2, 3);
    assertEquals(special.zeta(s, 0.75).index(0).item(), special.zeta(f64(2), 0.75).item());
  });

  test("scatterReduce() shares gradients among the elements that take part", () => {
    const x = f64(5, 1).requiresGrad_();
    const source = f64(5, 5, 2).requiresGrad_();
    const index = tensor([0n, 0n, 1n]);
    x.scatterReduce(0, index, source, "amax", { includeSelf: false }).sum().backward();
    assertEquals([x.grad!.toArray(), source.grad!.toArray()], [[0, 0], [0.5, 0.5, 1]]);
    const [whole, small] = [tensor([3, 4]), tensor([1, 2, 3])];
    assertThrows(
      () => whole.scatterReduce(0, index, small, "sums" as never),
      ArgumentError,
      "sums",
    );
    assertThrows(() => whole.scatterReduce(0, index, tensor([1]), "sum"), ShapeError, "[1] by an");
    assertThrows(() => whole.indexReduce(0, [0], small, "prod"), ShapeError, "it must be [1]");
    assertThrows(() => whole.indexReduce(0, [2], tensor([1]), "amin"), IndexError);
    assertThrows(() => whole.indexReduce(0, [0], tensor([1]), "sum" as never), ArgumentError);
  });

  test("refuse what they are not defined for", () => {
    assertThrows(() => polygamma(-1, 1), ArgumentError, "Cannot polygamma of order -1");
    assertThrows(() => polygamma(0.5, 1), ArgumentError, "order 0.5");
    assertThrows(() => mvlgamma([3], 0), ArgumentError, "Cannot mvlgamma of dimension 0");
    const s = f64(2).requiresGrad_();
    assertThrows(() => special.zeta(s, 1).sum().backward(), GradientError, "by its exponent");
  });
});
