/** Fourier transforms: accuracy of every length, layouts, errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { gradcheck } from "../src/testing.ts";
import { values } from "./values.ts";

const { complex, fft } = mt;

/** The sum that a transform is, in float64, of rows of n numbers: pairs of one row at `places`. */
function direct(
  re: readonly number[],
  im: readonly number[],
  sign: number,
  places: readonly number[],
): number[] {
  const n = re.length;
  return places.flatMap((k) => {
    let [a, b] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = sign * 2 * Math.PI * ((j * k) % n) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      a += re[j]! * c - im[j]! * s;
      b += re[j]! * s + im[j]! * c;
    }
    return [a, b];
  });
}

/** The largest difference, in units of eps times the root of the sum of squares. */
function worst(actual: readonly number[], expected: readonly number[], n: number, eps: number) {
  return expected.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - actual[i]!) / (eps * Math.sqrt(n))),
    0,
  );
}

/** Lengths of every kind: small ones, products of small primes, primes, powers of 2. */
const lengths = [
  ...Array.from({ length: 70 }, (_, i) => i + 1),
  ...[81, 96, 100, 125, 127, 128, 243, 251, 256, 343, 360, 480, 509, 512, 640, 1009, 1024, 2003],
];

/** The largest magnitude. */
function largest(x: mt.Tensor): number {
  return Number(x.abs().max().item());
}

describe("fft", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const eps = mt.dtypeInfo(dtype).eps;

    test(`is the sum that it stands for, for every length in ${dtype}`, () => {
      const generator = new mt.Generator(5);
      for (const n of lengths) {
        for (const rows of [1, 2, 17]) {
          const make = () => mt.rand([rows, n], { dtype, generator }).sub(0.5);
          const [re, im] = [make(), make()];
          const places = [...new Set([0, 1 % n, Math.floor(n / 2), n - 1])];
          const at = (z: mt.Complex, row: number) => places.flatMap((k) => z.index(row, k).item());
          const row = rows - 1;
          const [a, b] = [values(re.select(0, row)), values(im.select(0, row))];
          // log2 n passes, each of which may add some eps of the root mean square.
          const bound = 3 + 2 * Math.log2(n);
          for (const [f, sign] of [[fft.fft, -1], [fft.ifft, 1]] as const) {
            const found = at(f(complex(re, im), { norm: sign < 0 ? "backward" : "forward" }), row);
            const off = worst(found, direct(a, b, sign, places), n, eps);
            assert(off < bound, `${rows} of ${n}, ${sign}: ${off} eps`);
          }
          const half = fft.rfft(re);
          const kept = places.filter((k) => k <= n / 2);
          const found = kept.flatMap((k) => half.index(row, k).item());
          const zero = a.map(() => 0);
          const off = worst(found, direct(a, zero, -1, kept), n, eps);
          assert(off < bound, `rfft, ${rows} of ${n}: ${off} eps`);
          const back = fft.irfft(half, { n });
          const error = worst(values(back.select(0, row)), a, 1, eps);
          assert(error < bound, `irfft, ${rows} of ${n}: ${error} eps`);
        }
      }
    });
  }

  test("errors grow with the logarithm of the length", () => {
    const n = 1 << 18;
    const x = complex(mt.randn([n]), mt.randn([n]));
    const back = fft.ifft(fft.fft(x));
    const off = back.real.sub(x.real).square().mean().sqrt().item();
    assert(Number(off) < 18 * mt.dtypeInfo("float32").eps, String(off));
  });

  test("takes inputs of any layout, along any dim", () => {
    const plain = mt.randn([6, 5, 64], { dtype: "float64" });
    const layouts = [
      plain.permute([2, 0, 1]).contiguous().permute([1, 2, 0]),
      plain.flip(2).contiguous().flip(2),
      mt.cat([plain, plain], 2).narrow(2, 0, 64),
      mt.stack([plain, plain], -1).select(-1, 1),
    ];
    for (const x of layouts) {
      for (const dim of [0, 1, 2]) {
        const moved = fft.fft(complex(plain, x).transpose(dim, 2)).transpose(dim, 2);
        const found = fft.fft(complex(x, plain), { dim });
        // Lines alone and lines side by side are rounded differently.
        assert(largest(found.real.sub(moved.real)) < 1e-12, `${dim}`);
        const half = fft.rfft(x, { dim });
        assert(largest(half.real.sub(fft.rfft(plain, { dim }).real)) < 1e-12);
        const back = fft.irfft(half, { dim, n: x.shape[dim]! });
        assert(largest(back.sub(x)) < 1e-12);
      }
    }
    const wide = mt.ones([1, 3]).expand([4, 3]);
    assertEquals(fft.fft(wide, { dim: 0 }).real.select(0, 0).toArray(), [4, 4, 4]);
  });

  test("takes no rows, and numbers of any kind", () => {
    assertEquals([...fft.fft(mt.zeros([0, 4])).shape], [0, 4]);
    assertEquals([...fft.rfft(mt.zeros([3, 0, 4])).shape], [3, 0, 3]);
    assertEquals(fft.fft([1, 2]).toArray(), [[3, 0], [-1, 0]]);
    assertEquals(fft.rfft(mt.tensor([1, 2], { dtype: "int64" })).dtype, "complex64");
    assertEquals(fft.fftn(mt.tensor(3)).item(), [3, 0]);
    assertEquals(fft.fft([1, 2, 3], { n: 2 }).toArray(), [[3, 0], [-1, 0]]);
    assertEquals(fft.fftfreq(0).toArray(), []);
  });

  test("has gradients of its gradients", () => {
    const parts = [7, 8].map((seed) =>
      mt.rand([3, 5], { dtype: "float64", generator: new mt.Generator(seed) }).requiresGrad_()
    );
    const f = (...x: readonly mt.Tensor[]) => fft.fft2(complex(x[0]!, x[1]!)).abs();
    assert(gradcheck(f, parts));
  });

  test("inverts short-time transforms", () => {
    const x = mt.randn([2, 50], { dtype: "float64" });
    const window = mt.hannWindow(16, { dtype: "float64" });
    const z = fft.stft(x, 16, { window });
    const back = fft.istft(z, 16, { window, length: 50 });
    assert(largest(back.sub(x)) < 1e-12);
    const both = fft.stft(complex(x, x.neg()), 16, { window });
    const signal = fft.istft(both, 16, { window, onesided: false, returnComplex: true });
    assert(largest(signal.imag.add(signal.real)) < 1e-12);
  });

  test("keeps few plans", () => {
    const before = fft.fft(mt.arange(4096)).real;
    // More tables than are kept.
    for (let n = 1; n < 12; n++) fft.fft(mt.ones([n << 16]));
    assertEquals(fft.fft(mt.arange(4096)).real.toArray(), before.toArray());
  });
});

describe("fft refuses", () => {
  const x = mt.ones([2, 3]);

  test("lengths below 1", () => {
    assertThrows(() => fft.fft(x, { n: 0 }), mt.ShapeError, "Cannot fft 0 numbers");
    assertThrows(() => fft.rfft(mt.ones([0])), mt.ShapeError, "Cannot rfft 0 numbers");
    assertThrows(() => fft.irfft(mt.ones([1])), mt.ShapeError, "Cannot irfft 0 numbers");
    assertThrows(() => fft.fft(x, { n: 1.5 }), mt.ShapeError, "1.5 numbers");
    assertThrows(() => fft.fftn(x, { s: [2, -2] }), mt.ShapeError, "Cannot fftn -2 numbers");
  });

  test("dims that are not there", () => {
    assertThrows(() => fft.fft(mt.tensor(1)), mt.ShapeError, "it has no dims");
    assertThrows(() => fft.fft(x, { dim: 2 }), mt.AxisError, "fft");
    assertThrows(() => fft.fft2(mt.ones([3])), mt.AxisError, "fft2");
    assertThrows(() => fft.fftn(x, { dim: [0, 0] }), mt.AxisError, "named twice");
    assertThrows(() => fft.fftn(x, { s: [1, 1, 1] }), mt.ShapeError, "the tensor has 2 dims");
    assertThrows(() => fft.fftn(x, { s: [2], dim: [0, 1] }), mt.ArgumentError, "lengths differ");
    assertThrows(() => fft.rfftn(x, { dim: [] }), mt.ShapeError, "along no dims");
  });

  test("norms, options and dtypes that it does not know", () => {
    assertThrows(() => fft.fft(x, { norm: "none" as never }), mt.ArgumentError, "with norm none");
    assertThrows(() => fft.fft(x, { axis: 0 } as never), mt.ArgumentError, "option axis");
    const z = complex([1], [1]);
    assertThrows(() => fft.rfft(z as never), mt.DTypeError, "they must be real");
    assertThrows(() => fft.fftfreq(-1), mt.ArgumentError, "fftfreq of -1");
  });

  test("pieces that do not fit", () => {
    const line = mt.ones([20]);
    assertThrows(() => fft.stft(line, 8, { hopLength: 0 }), mt.ArgumentError, "hopLength 0");
    assertThrows(() => fft.stft(line, 8, { winLength: 9 }), mt.ArgumentError, "winLength 9");
    assertThrows(() => fft.stft(line, 8, { window: mt.ones([4]) }), mt.ShapeError, "window");
    assertThrows(() => fft.stft(line, 32, { center: false }), mt.ShapeError, "20 elements");
    assertThrows(() => fft.stft(mt.ones([1, 1, 20]), 8), mt.ShapeError, "[L] or [B, L]");
    const z = fft.stft(line, 8);
    assertThrows(() => fft.istft(z, 10), mt.ShapeError, "[6, T]");
    assertThrows(() => fft.istft(z, 8, { window: mt.zeros([8]) }), mt.ArgumentError, "sum is 0");
    assertThrows(
      () => fft.stft(complex(line, line), 8, { onesided: true }),
      mt.ArgumentError,
      "onesided",
    );
  });
});
