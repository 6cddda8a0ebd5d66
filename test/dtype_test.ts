import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  clamp,
  type DType,
  DTypeError,
  dtypeInfo,
  getDefaultDtype,
  KernelError,
  maximum,
  ones,
  promoteTypes,
  setDefaultDtype,
  sub,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../mod.ts";
import { dtypes } from "../src/dtype.ts";
import { values } from "./values.ts";

const every = Object.keys(dtypes) as DType[];

function exact(x: Tensor): (number | bigint)[] {
  return [...x.toTypedArray() as Iterable<number | bigint>];
}

describe("dtypeInfo()", () => {
  test("knows sizes and limits", () => {
    const sizes = [1, 1, 1, 2, 4, 8, 2, 2, 4, 8];
    assertEquals(every.map((dtype) => dtypeInfo(dtype).size), sizes);
    const floats = ["float16", "bfloat16", "float32", "float64"];
    const integers = ["uint8", "int8", "int16", "int32", "int64"];
    assertEquals(every.filter((dtype) => dtypeInfo(dtype).isFloat), floats);
    assertEquals(every.filter((dtype) => dtypeInfo(dtype).isInt), integers);
    assertEquals([dtypeInfo("int64").min, dtypeInfo("int64").max], [-(2n ** 63n), 2n ** 63n - 1n]);
    assertEquals([dtypeInfo("float32").eps, dtypeInfo("float64").eps], [2 ** -23, Number.EPSILON]);
    assertEquals(dtypeInfo("float32").max, Math.fround(3.4028234663852886e38));
    assertThrows(
      () => dtypeInfo("f32" as DType),
      DTypeError,
      "Cannot use dtype f32: known are bool, uint8, int8, int16, int32, int64, " +
        "float16, bfloat16, float32, float64",
    );
  });
});

describe("the default dtype", () => {
  afterEach(() => setDefaultDtype("float32"));

  test("is that of plain numbers, of makers, and of ints in float ops", () => {
    assertEquals(getDefaultDtype(), "float32");
    setDefaultDtype("float64");
    assertEquals(
      [
        tensor([1]),
        zeros([1]),
        ones([1], { dtype: "int32" }).div(2),
        ones([2], { dtype: "bool" }).mean(),
      ].map((x) => x.dtype),
      Array(4).fill("float64"),
    );
    assertEquals(ones([1], { dtype: "int32" }).add(0.5).dtype, "float64");
    assertThrows(
      () => setDefaultDtype("int32"),
      DTypeError,
      "Cannot make int32 the default dtype: it is not a floating-point dtype",
    );
  });
});

describe("to()", () => {
  test("keeps values between all dtypes", () => {
    for (const from of every) {
      for (const to of every) {
        const x = tensor([0, 1, 1, 0], { dtype: from });
        const y = x.to(to);
        assertEquals([from, to, y.dtype, values(y)], [from, to, to, [0, 1, 1, 0]]);
        assertEquals(y === x, from === to);
      }
    }
  });

  test("truncates and saturates towards integers, NaN becomes 0", () => {
    const wild = [
      1.9,
      -1.9,
      NaN,
      Infinity,
      -Infinity,
      1e30,
      -1e30,
      2147483647.5,
      -2147483649,
      255.9,
      -0.5,
    ];
    const top = 2n ** 63n - 1n;
    const floor = -(2n ** 63n);
    for (const float of ["float32", "float64"] as const) {
      const x = tensor(wild, { dtype: float });
      const near = float === "float32" ? 2147483647 : 2147483647;
      assertEquals(
        exact(x.to("int32")),
        [1, -1, 0, 2147483647, -2147483648, 2147483647, -2147483648, near, -2147483648, 255, 0],
      );
      const wide = float === "float32" ? [2147483648n, -2147483648n] : [2147483647n, -2147483649n];
      assertEquals(exact(x.to("int64")), [1n, -1n, 0n, top, floor, top, floor, ...wide, 255n, 0n]);
      assertEquals(exact(x.to("bool")), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
      assertEquals(exact(x.to("uint8")), [1, 0, 0, 255, 0, 255, 0, 255, 0, 255, 0]);
    }
    assertEquals(exact(tensor([0, -0, 0.1, NaN]).to("bool")), [0, 0, 1, 1]);
  });

  test("is the same one by one and in long runs, contiguous and strided", () => {
    const x = tensor(Array.from({ length: 67 }, (_, i) => (i - 33) * 1.7e8), { dtype: "float64" });
    for (const dtype of every) {
      const whole = exact(x.to(dtype));
      assertEquals(exact(x.index("::-1").to(dtype)).toReversed(), whole);
      assertEquals(Array.from({ length: 67 }, (_, i) => exact(x.index(i).to(dtype))[0]), whole);
    }
  });

  test("rounds floats to nearest, and int64 too", () => {
    assertEquals(tensor(0.1, { dtype: "float64" }).to("float32").item(), Math.fround(0.1));
    assertEquals(tensor(1e300, { dtype: "float64" }).to("float32").item(), Infinity);
    const odd = tensor([2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 53n) - 3n, 2n ** 24n + 1n]);
    assertEquals(values(odd.to("float64")), [2 ** 53, 2 ** 63, -(2 ** 53) - 4, 2 ** 24 + 1]);
    assertEquals(values(odd.to("float32")), [2 ** 53, 2 ** 63, -(2 ** 53), 2 ** 24]);
  });

  test("wraps from wide to narrow integers, as C does", () => {
    const x = tensor([2n ** 32n + 5n, -1n, 2n ** 31n, 300n]);
    assertEquals(exact(x.to("int32")), [5, -1, -2147483648, 300]);
    assertEquals(exact(x.to("uint8")), [5, 255, 0, 44]);
    assertEquals(exact(x.to("bool")), [1, 1, 1, 1]);
  });

  test("has shorthands", () => {
    const x = tensor([1.5]);
    assertEquals([x.float(), x.double(), x.int(), x.long(), x.bool()].map((y) => y.dtype), [
      "float32",
      "float64",
      "int32",
      "int64",
      "bool",
    ]);
  });
});

describe("mixed dtypes", () => {
  test("plain numbers follow their category", () => {
    const int = tensor([1, 2], { dtype: "int32" });
    assertEquals([int.add(2).dtype, int.add(2n).dtype, int.add(true).dtype], [
      "int32",
      "int32",
      "int32",
    ]);
    assertEquals(
      [int.add(2.5).dtype, int.add(NaN).dtype, int.add(Infinity).dtype],
      Array(3).fill("float32"),
    );
    const bits = tensor([true, false]);
    assertEquals([bits.add(1).dtype, bits.add(true).dtype, bits.mul(0.5).dtype], [
      "int64",
      "bool",
      "float32",
    ]);
    assertEquals(tensor([1], { dtype: "float64" }).add(0.1).item(), 1.1);
    assertEquals([add(1, 2).dtype, sub(3, tensor([1n])).dtype], ["float32", "int64"]);
  });

  test("int64 keeps all bits beside plain numbers", () => {
    const x = tensor([2n ** 60n + 1n]);
    assertEquals(exact(x.add(1)), [2n ** 60n + 2n]);
    assertEquals(exact(x.mul(2n)), [2n ** 61n + 2n]);
    assertEquals(exact(maximum(x, 5)), [2n ** 60n + 1n]);
    assertEquals([values(x.eq(2n ** 60n + 1n)), values(x.eq(2n ** 60n))], [[1], [0]]);
  });

  test("where() and clamp() promote", () => {
    assertEquals(where(tensor([true]), tensor([1n]), 0.5).dtype, "float32");
    assertEquals(where(tensor([false]), 1, tensor([2n])).dtype, "int64");
    assertEquals(clamp(tensor([5n]), 0, 2.5).toArray(), [2.5]);
    assertEquals(clamp(tensor([5n]), 0, 2).dtype, "int64");
    assertEquals(clamp(tensor([2n ** 60n + 1n]), 0, null).item(), 2n ** 60n + 1n);
  });

  test("arguments in any order of categories", () => {
    assertEquals(promoteTypes("bool", "uint8"), "uint8");
    assertEquals(promoteTypes("float32", "int64"), "float32");
  });
});

describe("dtypes that an operation does not take", () => {
  test("are refused with a DTypeError", () => {
    const bits = tensor([true]);
    for (
      const [name, call] of Object.entries({
        sub: () => bits.sub(bits),
        neg: () => bits.neg(),
        abs: () => bits.abs(),
      })
    ) {
      const error = assertThrows(call, DTypeError);
      assert(error.message.startsWith(`Cannot ${name}`), error.message);
      assert(error.message.includes("bool"), error.message);
    }
    assertThrows(() => bits.floor(), DTypeError, "Cannot floor a tensor of dtype bool");
    assertThrows(
      () => where(tensor([1]), 1, 2),
      DTypeError,
      "Cannot choose by a condition of dtype float32: it must be bool",
    );
  });

  test("integers divide by 0 only as floats", () => {
    for (const dtype of ["int32", "int64"] as const) {
      const [x, zero] = [tensor([1, -1, 0], { dtype }), tensor([0], { dtype })];
      for (const op of ["floorDivide", "remainder", "fmod"] as const) {
        assertThrows(() => x[op](zero), KernelError, `Cannot ${op} integers: the divisor is 0`);
      }
      assertEquals(values(x.div(zero)), [Infinity, -Infinity, NaN]);
    }
  });

  test("powers of integers wrap, and negative ones are refused or truncate", () => {
    const x = tensor([2, 3, -2], { dtype: "int32" });
    assertEquals(values(x.pow(3)), [8, 27, -8]);
    assertEquals(values(x.pow(40)), [0, values(tensor([3n]).pow(40).to("int32"))[0], 0]);
  });
});
