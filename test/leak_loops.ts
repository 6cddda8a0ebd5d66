/** Loops that never return to the event loop, one per run: prints how many megabytes it grew by. */
import process from "node:process";
import { noGrad, ones, type Tensor } from "../mod.ts";

const MEGABYTE = 2 ** 20;

/** Highest resident memory during `rounds` rounds, above that before, in megabytes. */
function growth(rounds: number, round: () => void): number {
  const before = process.memoryUsage().rss;
  let highest = before;
  for (let i = 0; i < rounds; i++) {
    round();
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  return (highest - before) / MEGABYTE;
}

const loops: Readonly<Record<string, () => number>> = {
  small() {
    const x = ones([8]);
    const y = ones([8]);
    let z: Tensor = x;
    const grown = growth(100, () => {
      for (let i = 0; i < 100_000; i++) z = x.add(y);
    });
    return z.numel() === 8 ? grown : NaN;
  },
  large() {
    const x = ones([MEGABYTE]);
    return growth(500, () => {
      for (let i = 0; i < 10; i++) x.add(1);
    });
  },
  dropped() {
    const w = ones([64], { requiresGrad: true });
    return growth(100, () => {
      for (let i = 0; i < 1000; i++) w.mul(2).exp().sum();
    });
  },
  backward() {
    const w = ones([64], { requiresGrad: true });
    return growth(50, () => {
      for (let i = 0; i < 1000; i++) {
        w.mul(2).square().sum().backward();
        noGrad(() => w.add_(0));
        w.zeroGrad();
      }
    });
  },
};

console.log(loops[process.argv[2]!]!());
