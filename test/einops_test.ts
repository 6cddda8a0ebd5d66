/** Patterns of axes, against the same by reshape and permute. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  einops,
  ParseError,
  rearrange,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";
import { gradcheck } from "../src/gradcheck.ts";

const x = arange(120).reshape([2, 3, 4, 5]);

function same(actual: Tensor, expected: Tensor): void {
  assertEquals([actual.shape, actual.dtype], [expected.shape, expected.dtype]);
  assert(actual.equal(expected), `${actual} is not ${expected}`);
}

describe("einops", () => {
  test("rearrange() moves, merges and splits", () => {
    same(rearrange(x, "b c h w -> b h w c"), x.permute([0, 2, 3, 1]));
    same(rearrange(x, "b c h w -> b (h w) c"), x.permute([0, 2, 3, 1]).reshape([2, 20, 3]));
    same(
      rearrange(x, "b c (h p) w -> (b p) c h w", { p: 2 }),
      x.reshape([2, 3, 2, 2, 5]).permute([0, 3, 1, 2, 4]).reshape([4, 3, 2, 5]),
    );
    same(rearrange(x, "b ... w -> w ... b"), x.permute([3, 1, 2, 0]));
    same(rearrange(x, "b ... -> b (...)"), x.reshape([2, 60]));
    same(
      rearrange(x, "... (h p) -> (...) p h", { h: 5 }),
      x.reshape([24, 5, 1]).permute([0, 2, 1]),
    );
    same(rearrange(x, "a b c d->a b c d"), x);
    same(rearrange(x, "b c\n h w -> 1 b () (c h w)"), x.reshape([1, 2, 1, 60]));
    same(rearrange(x.reshape([2, 1, 60]), "b 1 n -> n b"), x.reshape([2, 60]).T);
    same(rearrange(tensor(3), " -> 1 1"), tensor([[3]]));
    assertEquals(rearrange(arange(0).reshape([0, 6]), "a (b c) -> c a b", { b: 2 }).shape, [
      3,
      0,
      2,
    ]);
  });

  test("rearrange() gives views where it can, and never its input", () => {
    const y = x.clone();
    const view = rearrange(y, "b c h w -> w b c h");
    y.fill_(7);
    assertEquals(view.index(0, 0, 0, 0).item(), 7);
    assert(rearrange(y, "a b c d -> a b c d") !== y);
  });

  test("reduce() reduces what the right side lacks", () => {
    same(einops.reduce(x, "b c h w -> b c", "mean"), x.mean([2, 3]));
    same(
      einops.reduce(x, "b c (h 2) w -> b h c", "max"),
      x.reshape([2, 3, 2, 2, 5]).amax([3, 4]).permute([0, 2, 1]),
    );
    same(einops.reduce(x, "b c h w -> b 1 1 (h w)", "sum"), x.sum(1).reshape([2, 1, 1, 20]));
    same(einops.reduce(x, "... w -> ...", "min"), x.amin(-1));
    same(einops.reduce(x, "b ... -> b", "prod"), x.prod([1, 2, 3]));
    same(einops.reduce(x.gt(0), "b ... -> ", "all"), tensor(false));
    same(einops.reduce(x.gt(0), "b ... -> ", "any"), tensor(true));
  });

  test("repeat() makes new axes", () => {
    const m = arange(6).reshape([2, 3]);
    same(einops.repeat(m, "h w -> h 2 w"), m.unsqueeze(1).expand([2, 2, 3]));
    same(
      einops.repeat(m, "h w -> (h 2) (w k)", { k: 3 }),
      m.repeatInterleave(2, 0).repeatInterleave(3, 1),
    );
    same(einops.repeat(m, "h w -> (2 h) w"), m.repeat([2, 1]));
    same(einops.repeat(m, "... -> k ...", { k: 1 }), m.unsqueeze(0));
    same(einops(m, "h w -> w h"), m.T);
  });

  test("are differentiable", () => {
    const z = arange(12).reshape([2, 6]).to("float64").div(7);
    assert(gradcheck((z) => rearrange(z!, "a (b c) -> c a b", { b: 2 }).square(), [z]));
    assert(gradcheck((z) => einops.reduce(z!, "a (b 2) -> b a", "mean").square(), [z]));
    assert(gradcheck((z) => einops.repeat(z!, "a b -> b k a", { k: 3 }).square(), [z]));
  });

  test("name the place where a text is no pattern", () => {
    const malformed: readonly (readonly [string, number, string])[] = [
      ["a b", 4, "it has no arrow"],
      ["a -> a -> b", 8, "it has two arrows"],
      ["a (b -> a b", 3, "a parenthesis is not closed"],
      ["a b) -> a b", 4, "a parenthesis is closed that is not open"],
      ["((a) b) -> a b", 2, "parentheses stand within parentheses"],
      ["a a -> a", 3, "a stands on one side twice"],
      ["a+b -> a", 2, '"+" does not belong there'],
      ["(a ...) -> a", 4, "within parentheses on the left"],
      ["a b c d -> a b c", 7, "d stands on one side alone"],
      ["a b c d -> a b c d e", 20, "e stands on one side alone"],
      ["a b c d -> a b c d 2", 20, "an axis of size 2 stands on one side alone"],
      ["a b c (d e) -> a b c d e", 10, "the sizes of d and e are not given"],
      ["a b c d -> a b c d ...", 20, "an ellipsis stands on the right alone"],
      ["a 0 -> a", 3, "an axis has size 0"],
    ];
    for (const [pattern, column, why] of malformed) {
      const error = assertThrows(() => rearrange(x, pattern), ParseError, why);
      assertEquals([error.line, error.column, error.op], [1, column, "rearrange"], pattern);
      assert(error instanceof SyntaxError);
    }
    const second = assertThrows(() => rearrange(x, "a b c d\n -> a b e d"), ParseError);
    assertEquals([second.line, second.column], [1, 5]);
    const unknown = assertThrows(() => rearrange(x, "a b\n c ? -> a"), ParseError);
    assertEquals([unknown.line, unknown.column], [2, 4]);
    assertThrows(
      () => einops.reduce(x, "a ... -> a b", "sum"),
      ParseError,
      "b stands on the right alone",
    );
    assertThrows(
      () => einops.repeat(x, "a ... -> a", {}),
      ParseError,
      "...0 stands on the left alone",
    );
    assertThrows(() => einops.repeat(x, "... -> ... k"), ParseError, "the size of k is not given");
  });

  test("refuse what does not fit", () => {
    assertThrows(() => rearrange(x, "a b -> b a"), ShapeError, "it has 4 dims, the pattern 2");
    assertThrows(
      () => rearrange(x, "a b c d e ... -> ... a b c d e"),
      ShapeError,
      "4 dims, the pattern 5",
    );
    assertThrows(
      () => rearrange(x, "a (b k) c d -> a b k c d", { k: 2 }),
      ShapeError,
      'of shape [2, 3, 4, 5] by "a (b k) c d -> a b k c d": dim 1 is 3, the pattern has 2 times',
    );
    assertThrows(
      () => rearrange(x, "a 1 c d -> a c d"),
      ShapeError,
      "dim 1 is 3, the pattern has 1",
    );
    assertThrows(() => rearrange(x, "... -> ...", { k: 2 }), ArgumentError, "no such axis");
    assertThrows(() => rearrange(x, "a ... -> ... a", { a: 0.5 }), ArgumentError, "a of size 0.5");
    assertThrows(() => einops.reduce(x, "a ... -> a", "median" as never), ArgumentError, "median");
  });
});
