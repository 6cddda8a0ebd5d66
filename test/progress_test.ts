import { describe, test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Progress, type ProgressOutput } from "../src/debug/progress.ts";

/** An output that keeps what is written, with a clock set by hand. */
function fake(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  const clock = { now: 0 };
  const output: ProgressOutput = {
    isTerminal,
    columns: () => columns,
    write: (text) => written.push(text),
    nowMilliseconds: () => clock.now,
  };
  return { output, written, clock };
}

describe("Progress", () => {
  test("redraws one line at most ten times a second", () => {
    const { output, written, clock } = fake(true);
    const bar = new Progress({ total: 1000, label: "training", output });
    for (let step = 1; step <= 1000; step++) {
      clock.now = step * 2;
      bar.update(step, `loss ${step}`);
    }
    bar.done();
    assertEquals(written.length, 20 + 2);
    assert(written.slice(0, -1).every((line) => line.startsWith("\r") && line.endsWith("\x1b[K")));
    assertEquals(written.at(-1), "\n");
    const last = written.at(-2)!;
    assertMatch(last, /training 100% ▕█+▏ 1000\/1000 {2}500\/s {2}0:02 {2}loss 1000/);
  });

  test("shows rate, passed and remaining time", () => {
    const { output, written, clock } = fake(true);
    const bar = new Progress({ total: 100, output });
    clock.now = 90_000;
    bar.update(25);
    assertStringIncludes(written[0]!, " 25% ▕███████▌");
    assertStringIncludes(written[0]!, "25/100  3.6 s each  1:30, 4:30 left");
  });

  test("fits any width and lets the text go last", () => {
    for (let columns = 1; columns < 140; columns++) {
      const { output, written, clock } = fake(true, columns);
      const bar = new Progress({ total: 12345, label: "fitting", output });
      clock.now = 5_000_000;
      bar.update(6000, "loss 0.25\nacc 0.5");
      const line = written[0]!.slice(1, -3);
      assert([...line].length < Math.max(columns, 1) || columns === 1, `${columns}: ${line}`);
      if (columns > 40) assertStringIncludes(line, "loss 0.25 acc 0.5");
    }
  });

  test("writes about ten lines where there is no terminal", () => {
    const { output, written, clock } = fake(false);
    const bar = new Progress({ total: 77, label: "epoch 1", output });
    for (let step = 1; step <= 77; step++) {
      clock.now += 100;
      bar.update(step);
    }
    bar.done("loss 0.1");
    bar.done();
    bar.update(77);
    assertEquals(written.length, 10);
    assertEquals(written[0], "epoch 1   10%   8/77  10.0/s  0:01, 0:07 left\n");
    assertEquals(written[9], "epoch 1  100%  77/77  10.0/s  0:08, done  loss 0.1\n");
  });

  test("takes no steps, too many steps and `using`", () => {
    const { output, written } = fake(false);
    {
      using bar = new Progress({ total: 0, output });
      bar.update(0);
    }
    assertEquals(written, ["100%  0/0  0:00, done\n"]);
    const other = fake(true);
    const bar = new Progress({ total: 2, output: other.output });
    bar.update(5);
    assertStringIncludes(other.written[0]!, "100%");
  });
});
