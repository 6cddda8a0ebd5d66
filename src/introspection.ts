/**
 * The library looked at from inside: what there is, and what it is for.
 *
 * @module
 */
import * as autograd from "./autograd/mod.ts";
import * as data from "./data/mod.ts";
import * as debug from "./debug/mod.ts";
import * as distributions from "./distributions/mod.ts";
import * as einops from "./einops/mod.ts";
import { ArgumentError } from "./errors.ts";
import * as fft from "./fft/mod.ts";
import * as func from "./func/mod.ts";
import { write } from "./host.ts";
import * as linalg from "./linalg/mod.ts";
import { nearest } from "./nearest.ts";
import * as nn from "./nn/mod.ts";
import * as numpy from "./numpy/mod.ts";
import { ops } from "./op.ts";
import * as functions from "./ops/mod.ts";
import * as optim from "./optim/mod.ts";
import * as plugin from "./plugin/mod.ts";
import * as serialize from "./serialize/mod.ts";
import * as special from "./special/mod.ts";
import * as sparse from "./sparse/mod.ts";
import { VERSION } from "./version.ts";

/** The modules by name; `ops` are the functions of the main one. */
const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ops: functions,
  autograd,
  data,
  debug,
  distributions,
  einops,
  fft,
  func,
  linalg,
  nn,
  numpy,
  optim,
  plugin,
  serialize,
  special,
  sparse,
};

/**
 * Names of the modules, and that this build has them.
 *
 * @example
 * ```ts
 * import { availableSubmodules } from "@minitensor/minitensor";
 * console.assert(availableSubmodules()["linalg"] === true);
 * ```
 */
export function availableSubmodules(): Readonly<Record<string, boolean>> {
  return Object.fromEntries(Object.keys(modules).map((name) => [name, true]));
}

/**
 * Names that each module exports, in order.
 *
 * @example
 * ```ts
 * import { listPublicApi } from "@minitensor/minitensor";
 * console.assert(listPublicApi()["nn"]!.includes("Linear"));
 * ```
 */
export function listPublicApi(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(modules).map(([name, module]) => [name, Object.keys(module).sort()]),
  );
}

/**
 * The version, the modules, and how many names each has.
 *
 * @example
 * ```ts
 * import { apiSummary, version } from "@minitensor/minitensor";
 * const { counts, version: stated } = apiSummary();
 * console.assert(counts["optim"]! >= 5 && stated === version);
 * ```
 */
export function apiSummary(): {
  readonly version: string;
  readonly availableSubmodules: Readonly<Record<string, boolean>>;
  readonly counts: Readonly<Record<string, number>>;
} {
  const counts = Object.entries(listPublicApi()).map(([name, names]) => [name, names.length]);
  return {
    version: VERSION,
    availableSubmodules: availableSubmodules(),
    counts: Object.fromEntries(counts),
  };
}

/**
 * Names that contain a text, whatever its case, as `module.name`.
 *
 * @param module looks there alone.
 * @throws {ArgumentError} when there is no such module.
 *
 * @example
 * ```ts
 * import { searchApi } from "@minitensor/minitensor";
 * console.assert(searchApi("crossentropy").includes("nn.CrossEntropyLoss"));
 * ```
 */
export function searchApi(query: string, module?: string): string[] {
  const api = listPublicApi();
  if (module !== undefined && api[module] === undefined) {
    throw new ArgumentError(
      `Cannot search module ${module}: there are ${Object.keys(api).join(", ")}`,
    );
  }
  const wanted = query.toLowerCase();
  if (wanted === "") return [];
  return Object.entries(api)
    .filter(([name]) => module === undefined || name === module)
    .flatMap(([name, names]) => names.map((member) => `${name}.${member}`))
    .filter((path) => path.slice(path.indexOf(".") + 1).toLowerCase().includes(wanted))
    .sort();
}

/**
 * What a name is, as a line: an op's summary, or whether it is a class, a function or a value.
 *
 * @param symbol `nn.CrossEntropyLoss`, or `exp` for `ops.exp`.
 * @throws {ArgumentError} when there is no such name, with the nearest one.
 *
 * @example
 * ```ts
 * import { describeApi } from "@minitensor/minitensor";
 * console.assert(describeApi("exp").startsWith("- exp: "));
 * ```
 */
export function describeApi(symbol: string): string {
  const path = symbol.includes(".") ? symbol : `ops.${symbol}`;
  const at = path.indexOf(".");
  const name = path.slice(at + 1);
  const module = modules[path.slice(0, at)] ?? {};
  if (!(name in module)) {
    const paths = Object.entries(listPublicApi()).flatMap(([own, names]) =>
      names.map((member) => own === "ops" ? member : `${own}.${member}`)
    );
    const near = nearest(symbol, paths);
    throw new ArgumentError(
      `Cannot describe ${symbol}: there is no such name${
        near === undefined ? "" : `, the nearest is ${near}`
      }`,
    );
  }
  const op = module === modules["ops"] ? ops.get(name) : undefined;
  return `- ${symbol}: ${op?.summary ?? kindOf(module[name])}`;
}

function kindOf(value: unknown): string {
  if (typeof value !== "function") {
    return typeof value === "object" ? "a value" : `a ${typeof value}`;
  }
  return /^class\b/.test(value.toString()) ? "a class" : "a function";
}

/**
 * Prints what {@link describeApi} says of a name, or what there is, and returns it.
 *
 * @throws {ArgumentError} when there is no such name.
 *
 * @example
 * ```ts
 * import { help } from "@minitensor/minitensor";
 * console.assert(help("relu").startsWith("- relu: max(x, 0)"));
 * ```
 */
export function help(symbol?: string): string {
  const text = symbol === undefined
    ? [
      `minitensor ${VERSION}`,
      ...Object.entries(apiSummary().counts).map(([name, count]) => `- ${name}: ${count} names`),
    ].join("\n")
    : describeApi(symbol);
  write(`${text}\n`);
  return text;
}
