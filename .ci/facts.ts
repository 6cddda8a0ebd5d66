/**
 * `deno task facts`: the figures that the README gives, counted anew: ops, laws and what they find,
 * second derivatives, cases from PyTorch, names, the library's size, the time that an import takes.
 *
 * @module
 */
import { apiSummary, ops, Tensor } from "../mod.ts";
import { checkOp, lawNames } from "../src/testing.ts";
import { bun, root } from "./tools.ts";

const records = [...ops.values()];

function countLaws(): string {
  const results = records.flatMap((op) => checkOp(op));
  const broken = results.filter(({ problem }) => problem !== null).length;
  const samples = records.reduce((sum, op) => sum + op.samples.length, 0);
  return `${lawNames.length} laws on ${samples} samples in two dtypes: ` +
    `${results.length} checks, ${broken} broken`;
}

function countDerivatives(): string {
  const differentiable = records.filter((op) => op.gradient !== null);
  const once = differentiable.filter((op) => op.once === true).map((op) => op.name);
  const twice = differentiable.length - once.length;
  const rest = once.length === 0 ? "" : `; not ${once.join(", ")}`;
  return `${differentiable.length} differentiable ops, ${twice} twice${rest}`;
}

function countGolden(): string {
  const folder = `${root}test/golden/`;
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  const files = names.filter((name) => name.endsWith(".jsonl"));
  const cases = files.reduce((sum, name) => {
    const text = Deno.readTextFileSync(folder + name);
    return sum + (text.match(/^\{"case"/gm)?.length ?? 0);
  }, 0);
  return `${cases} cases in ${files.length} files`;
}

/** Names of methods and getters of Tensor, those of its base classes included. */
function countMethods(): number {
  const names = new Set<string>();
  let prototype: object | null = Tensor.prototype;
  while (prototype !== null && prototype !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) names.add(name);
    prototype = Object.getPrototypeOf(prototype);
  }
  names.delete("constructor");
  return names.size;
}

/** Median of fresh processes, in milliseconds; the first, which may compile, is left out. */
async function importTime(command: string, args: readonly string[]): Promise<string> {
  const script = `const start = performance.now(); await import(${
    JSON.stringify(`${root}mod.ts`)
  }); console.log(performance.now() - start);`;
  const times: number[] = [];
  for (let run = 0; run < 8; run++) {
    const output = await new Deno.Command(command, { args: [...args, script], cwd: root }).output();
    if (!output.success) return "failed";
    times.push(Number(new TextDecoder().decode(output.stdout)));
  }
  return `${times.slice(1).sort((a, b) => a - b)[3]!.toFixed(0)} ms`;
}

function librarySize(): string {
  const folder = `${root}zig-out/lib/`;
  const sizes = [...Deno.readDirSync(folder)].filter((entry) => entry.name.includes("minitensor"))
    .map((entry) =>
      `${entry.name} ${(Deno.statSync(folder + entry.name).size / 1e6).toFixed(1)} MB`
    );
  return sizes.join(", ");
}

const { counts } = apiSummary();
const modules = Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", ");
const facts: readonly (readonly [string, string])[] = [
  ["ops", `${records.length}`],
  ["derivatives", countDerivatives()],
  ["laws", countLaws()],
  ["golden", countGolden()],
  ["names", `${modules}; Tensor ${countMethods()}`],
  ["library", librarySize()],
  [
    "import",
    `Deno ${await importTime(Deno.execPath(), ["eval", "--ext=ts"])}, Bun ${await importTime(bun, [
      "-e",
    ])}`,
  ],
];
for (const [name, text] of facts) console.log(`${name.padEnd(12)} ${text}`);
