/**
 * `deno task test`: every check and every test; `deno task test deno bun` runs only the stages
 * named. Each stage writes one line; a failed one shows its tool's own output. The last line is the
 * sum, in a form that programs read.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { build } from "./build.ts";
import { buildPlugins, testCrate } from "./plugins.ts";
import { bun, capture, findZig, isCi, type Result, root, since } from "./tools.ts";

/** What a stage found. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Output of the tools, shown if something failed. */
  readonly text: string;
  /** Said on the stage's line. */
  readonly note?: string;
}

interface Stage {
  readonly name: string;
  readonly title: string;
  /** Runs beside the stages before it, as soon as the library is built: it needs one core only. */
  readonly beside?: true;
  run(): Promise<Outcome>;
}

const deno = Deno.execPath();
const zig = async () => await findZig() ?? "zig";

const stages: readonly Stage[] = [
  { name: "build", title: "native library", run: buildStage },
  { name: "plugins", title: "example plugins", run: pluginStage },
  { name: "abi", title: "src/ffi/abi.ts is fresh", run: abiStage },
  { name: "fmt", title: "format", run: formatStage },
  { name: "lint", title: "lint", run: () => check([[deno, "lint", "--quiet"]]) },
  { name: "types", title: "types, by Deno and tsc, and their documentation", run: typeStage },
  { name: "zig", title: "kernel tests", run: zigStage },
  { name: "deno", title: "tests in Deno", run: () => denoTests({}) },
  { name: "bun", title: "tests in Bun", run: bunTests },
  ...levels().slice(0, -1).map((level) => ({
    name: level,
    title: `tests in Deno, CPU level ${level}`,
    run: () => denoTests({ MINITENSOR_CPU: level }),
  })),
  { name: "docs", title: "examples in the documentation", run: docStage },
  { name: "neon", title: "kernel tests, NEON", beside: true, run: neonStage },
];

/** The CPU levels of kernels/cpu.zig that this machine runs, the best one last. */
function levels(): readonly string[] {
  if (Deno.build.arch !== "x86_64") return ["neon"];
  let flags: Set<string>;
  try {
    flags = new Set(
      /^flags\s*:(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1]?.split(" "),
    );
  } catch {
    return ["v2"]; // not Linux: the library still picks its best level, and that one is tested
  }
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (!has("avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe")) return ["v2"];
  if (!has("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")) return ["v2", "v3"];
  return ["v2", "v3", "v4"];
}

function skip(note: string): Outcome {
  return { passed: 0, failed: 0, skipped: 1, text: "", note: `skipped: ${note}` };
}

/** Commands that only succeed or fail; each counts as one test. */
async function check(commands: readonly (readonly string[])[]): Promise<Outcome> {
  const results: Result[] = [];
  for (const command of commands) results.push(await capture(command));
  const bad = results.filter((result) => !result.ok);
  const text = bad.map((result) => result.text).join("\n");
  return { passed: results.length - bad.length, failed: bad.length, skipped: 0, text };
}

async function buildStage(): Promise<Outcome> {
  const isBuilt = await build() !== null;
  return { passed: isBuilt ? 1 : 0, failed: isBuilt ? 0 : 1, skipped: 0, text: "" };
}

/** The example plugins, and the tests of the Rust crate that they use. */
async function pluginStage(): Promise<Outcome> {
  let skipped: number;
  try {
    skipped = (await buildPlugins()).length;
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, text: (error as Error).message };
  }
  const result = await testCrate();
  if (result === null) return { passed: 1, failed: 0, skipped, text: "" };
  const counts = [...result.text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  const total = (at: number) => counts.reduce((sum, count) => sum + Number(count[at]), 0);
  return outcomeOf(result, 1 + total(1), total(2), skipped);
}

/**
 * Regenerates src/ffi/abi.ts; a difference is a failure in CI, where nobody could commit the new
 * file.
 */
async function abiStage(): Promise<Outcome> {
  const path = `${root}src/ffi/abi.ts`;
  const committed = Deno.readTextFileSync(path);
  const outcome = await check([[await zig(), "build", "abi"]]);
  if (outcome.failed > 0 || Deno.readTextFileSync(path) === committed) return outcome;
  if (!isCi) return { ...outcome, note: "it was not; written anew, commit it" };
  Deno.writeTextFileSync(path, committed);
  const text = "src/ffi/abi.ts does not fit kernels/: run `deno task abi` and commit it";
  return { passed: 0, failed: 1, skipped: 0, text };
}

async function formatStage(): Promise<Outcome> {
  return check([
    [deno, "fmt", "--check", "--quiet"],
    [await zig(), "fmt", "--check", "build.zig", "kernels", "plugins"],
  ]);
}

function typeStage(): Promise<Outcome> {
  const folders = ["mod.ts", "src", "test", "bench", "examples", "plugins"].filter(
    containsTypeScript,
  );
  const tasks = [".ci/test.ts", ".ci/zig.ts", ".ci/torch.ts", ".ci/facts.ts"];
  return check([
    [deno, "check", "--quiet", ...folders, ...tasks],
    [`${root}node_modules/.bin/tsc`, "--project", "."],
    [deno, "doc", "--quiet", "--lint", ...entryPoints()],
  ]);
}

/** What deno.json exports: all of it has explicit types, public themselves, and a description. */
function entryPoints(): readonly string[] {
  const config: { exports: Readonly<Record<string, string>> } = JSON.parse(
    Deno.readTextFileSync(`${root}deno.json`),
  );
  return Object.values(config.exports);
}

function containsTypeScript(path: string): boolean {
  if (!existsSync(root + path)) return false;
  if (path.endsWith(".ts")) return true;
  return [...Deno.readDirSync(root + path)].some((entry) =>
    entry.isDirectory ? containsTypeScript(`${path}/${entry.name}`) : entry.name.endsWith(".ts")
  );
}

/** Unit tests in Zig at every level the machine runs; one command where it runs all of them. */
async function zigStage(): Promise<Outcome> {
  const command = [await zig(), "build", "test", "--summary", "all"];
  const runnable = levels();
  const lacks = Deno.build.arch === "x86_64"
    ? ["v2", "v3", "v4"].filter((level) => !runnable.includes(level))
    : [];
  if (lacks.length === 0) return { ...await zigTests(command), note: runnable.join(", ") };
  const outcomes: Outcome[] = [];
  for (const level of runnable) outcomes.push(await zigTests([...command, `-Dlevel=${level}`]));
  const note = `${runnable.join(", ")}; this machine lacks ${lacks.join(", ")}`;
  return { ...sum(outcomes), note };
}

async function neonStage(): Promise<Outcome> {
  if (Deno.build.arch === "aarch64") return skip("this machine has NEON, the stage before ran it");
  if (!(await capture(["qemu-aarch64", "--version"])).ok) {
    return skip("no qemu-aarch64 on the PATH");
  }
  const target = ["-Dtarget=aarch64-linux-musl", "-fqemu"];
  return zigTests([await zig(), "build", "test", "--summary", "all", ...target]);
}

async function zigTests(command: readonly string[]): Promise<Outcome> {
  const result = await capture(command);
  const summary = /^Build Summary:.*$/m.exec(result.text)?.[0] ?? "";
  const tests = /(\d+)\/\d+ tests passed/.exec(summary);
  const skipped = Number(/(\d+) skipped/.exec(summary)?.[1] ?? 0);
  const failed = /tests passed.*?(\d+) failed/.exec(summary)?.[1];
  return outcomeOf(result, Number(tests?.[1] ?? 0), Number(failed ?? 0), skipped);
}

/** A command that fails without a count, by a crash or at compiling, is one failure. */
function outcomeOf(result: Result, passed: number, failed: number, skipped: number): Outcome {
  const isUncounted = !result.ok && failed === 0;
  return { passed, failed: isUncounted ? 1 : failed, skipped, text: result.text };
}

/** Deno counts a `describe` as a test and its tests as steps; both are counted here. */
async function denoTests(env: Readonly<Record<string, string>>): Promise<Outcome> {
  return countDeno(
    await capture([deno, "test", "-A", "--no-check", "--quiet", "test", "plugins"], env),
  );
}

function countDeno(result: Result): Outcome {
  const summary = /^(?:ok|FAILED) \| (.*)$/m.exec(result.text)?.[1] ?? "";
  const count = (word: string) => {
    const found = new RegExp(`(\\d+) ${word}(?: \\((\\d+) steps?\\))?`).exec(summary);
    return Number(found?.[1] ?? 0) + Number(found?.[2] ?? 0);
  };
  return outcomeOf(result, count("passed"), count("failed"), count("ignored"));
}

async function bunTests(): Promise<Outcome> {
  const result = await capture([bun, "test", "--timeout", "120000", "./test", "./plugins"]);
  const count = (word: string) =>
    Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(result.text)?.[1] ?? 0);
  return outcomeOf(result, count("pass"), count("fail"), count("skip"));
}

/** Runs the code blocks of README.md and of the doc comments. */
async function docStage(): Promise<Outcome> {
  const paths = ["README.md", "mod.ts", "src"].filter((path) => existsSync(root + path));
  const command = [deno, "test", "-A", "--doc", "--quiet", "--permit-no-files", ...paths];
  const result = await capture(command);
  // A failed console.assert only writes.
  const wrong = result.text.match(/^Assertion failed/gm)?.length ?? 0;
  const outcome = countDeno(result);
  return { ...outcome, passed: outcome.passed - wrong, failed: outcome.failed + wrong };
}

function sum(outcomes: readonly Outcome[]): Outcome {
  const total = (key: "passed" | "failed" | "skipped") =>
    outcomes.reduce((result, outcome) => result + outcome[key], 0);
  const text = outcomes.filter((outcome) => outcome.failed > 0).map((outcome) => outcome.text);
  return {
    passed: total("passed"),
    failed: total("failed"),
    skipped: total("skipped"),
    text: text.join("\n"),
  };
}

function describe({ passed, failed, skipped, note }: Outcome): string {
  if (passed + failed === 0) return note ?? "nothing to run";
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return note === undefined ? parts.join(", ") : `${parts.join(", ")}; ${note}`;
}

/** Output of a test runner without the lines of tests that passed. */
function withoutPassed(text: string): string {
  return text.split("\n").filter((line) => !/^\(pass\) | \.\.\. ok \(/.test(line)).join("\n");
}

/** A stage at work, and since when. */
interface Begun {
  readonly start: number;
  readonly outcome: Promise<Outcome>;
}

function begin(stage: Stage): Begun {
  return { start: performance.now(), outcome: stage.run() };
}

async function runStage(stage: Stage, begun?: Begun): Promise<Outcome> {
  const header = new TextEncoder().encode(`${stage.title}: `);
  // These say themselves what they install and build.
  const isTalkative = ["build", "plugins"].includes(stage.name);
  if (!isTalkative) Deno.stdout.writeSync(header);
  const { start, outcome: running } = begun ?? begin(stage);
  const outcome = await running;
  if (isTalkative) Deno.stdout.writeSync(header);
  console.log(`${describe(outcome)} (${since(start)})`);
  if (outcome.failed > 0) console.log(`${withoutPassed(outcome.text).trimEnd()}\n`);
  return outcome;
}

/** The stages named, or all; a stage that does not exist is an error before any work. */
function chosen(): readonly Stage[] {
  if (Deno.args.length === 0) return stages;
  const unknown = Deno.args.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    console.error(`Cannot run stage ${unknown.join(", ")}: there are ${names().join(", ")}`);
    Deno.exit(2);
  }
  return stages.filter((stage) => Deno.args.includes(stage.name));
}

function names(): readonly string[] {
  return stages.map((stage) => stage.name);
}

const outcomes: Outcome[] = [];
const started = new Map<Stage, Begun>();
for (const stage of chosen()) {
  if (stage.name !== "build" && started.size === 0) {
    for (const other of chosen()) if (other.beside) started.set(other, begin(other));
  }
  outcomes.push(await runStage(stage, started.get(stage)));
  if (stage.name === "build" && outcomes.at(-1)!.failed > 0) break; // nothing else can be right
}
const { passed, failed } = sum(outcomes); // what was skipped stands in the stages' lines
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) Deno.exit(1);
