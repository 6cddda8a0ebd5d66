/**
 * What a native plugin says of itself. The core library copies the structs and checks addresses,
 * sizes and UTF-8 (kernels/plugin/reader.zig); what they mean is checked here.
 *
 * @module
 */
import { PluginError, VersionMismatchError } from "../errors.ts";
import { library } from "../ffi/library.ts";
import { rules } from "./native_rules.ts";

/** The interface of this version, of plugins/include/minitensor_plugin.h. */
export const PLUGIN_ABI_VERSION = 1;

/** A named number of an op. */
export interface ManifestAttribute {
  readonly name: string;
  readonly default: number;
  readonly required: boolean;
}

/** An op as the plugin describes it; addresses are 0 where there is nothing. */
export interface ManifestOp {
  readonly name: string;
  readonly summary: string;
  readonly inputs: number;
  readonly optional: number;
  readonly outputs: number;
  readonly flags: number;
  readonly dtypes: number;
  readonly saves: number;
  readonly infer: string | null;
  readonly inferAddress: number;
  readonly forward: number;
  readonly backward: number;
  readonly gradient: string | null;
  readonly attributes: readonly ManifestAttribute[];
  readonly outputNames: readonly string[] | null;
}

/** A plugin as it describes itself. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly author: string;
  readonly minimum: string;
  readonly maximum: string | null;
  readonly initialize: number;
  readonly cleanup: number;
  readonly ops: readonly ManifestOp[];
}

/** A bit of an op's flags: the header's MINITENSOR_ELEMENTWISE. */
export const ELEMENTWISE = 1;
/** A bit of an op's saves: its gradient reads the inputs. */
export const SAVES_INPUTS = 1;
/** A bit of an op's saves: its gradient reads the outputs. */
export const SAVES_OUTPUTS = 2;

interface Answer {
  readonly manifest: Manifest | null;
  readonly problem: string | null;
  readonly abiVersion: number | null;
}

/** An error about the plugin in a file. */
export function invalid(path: string, problem: string): PluginError {
  return new PluginError(`Cannot load plugin ${path}: ${problem}`, { path });
}

/** An error about a plugin for another version of the interface. */
export function wrongAbi(path: string, found: number): VersionMismatchError {
  return new VersionMismatchError(
    `Cannot load plugin ${path}: it was built for version ${found} of the plugin interface, ` +
      `expected ${PLUGIN_ABI_VERSION}`,
    {
      path,
      required: String(PLUGIN_ABI_VERSION),
      actual: String(found),
      suggestion: "Build it again with this version's minitensor_plugin.h",
    },
  );
}

/** Reads and checks the description at `address`. */
export function readManifest(path: string, address: number): Manifest {
  const text = library().readPlugin(address);
  if (text === "") throw invalid(path, "there is no memory to read it");
  const { manifest, problem, abiVersion } = JSON.parse(text, reviveNumber) as Answer;
  if (abiVersion !== null) throw wrongAbi(path, abiVersion);
  if (manifest === null) throw invalid(path, `its ${problem}`);
  const names = new Set<string>();
  for (const op of manifest.ops) {
    if (names.has(op.name)) throw invalid(path, `it has two ops of the name ${op.name}`);
    names.add(op.name);
    const wrong = problemOf(op, manifest.ops);
    if (wrong !== null) throw invalid(path, `op ${op.name} ${wrong}`);
  }
  return manifest;
}

/** Defaults of attributes come as text, since JSON has no NaN and no infinities. */
function reviveNumber(key: string, value: unknown): unknown {
  if (key !== "default") return value;
  return value === "inf" ? Infinity : value === "-inf" ? -Infinity : Number(value);
}

/** What is wrong with an op, or null. */
function problemOf(op: ManifestOp, all: readonly ManifestOp[]): string | null {
  const attributes = op.attributes.map(({ name }) => name);
  if (new Set(attributes).size < attributes.length) return "has two attributes of one name";
  const names = op.outputNames ?? [];
  if (new Set(names).size < names.length) return "has two outputs of one name";
  if (op.infer !== null) {
    const rule = rules[op.infer];
    if (rule === undefined) {
      const known = Object.keys(rules).join(", ");
      return `infers by the rule ${op.infer}, which is none of ${known}`;
    }
    const missing = (rule.attributes ?? []).filter((name) => !attributes.includes(name));
    if (missing.length > 0) return `infers by ${op.infer} and lacks attribute ${missing[0]}`;
    if (op.inputs < rule.inputs) return `infers by ${op.infer} and takes ${op.inputs} inputs`;
  }
  const views = op.inputs + op.optional;
  if ((op.flags & ELEMENTWISE) !== 0 && op.infer !== null) {
    if (!rules[op.infer]!.elementwise || (op.infer === "same" && views > 1)) {
      return `is elementwise and infers by ${op.infer}`;
    }
  }
  return op.gradient === null ? null : gradientProblem(op, all);
}

/** The gradient op takes what the backward kernel would, and gives a gradient per input. */
function gradientProblem(op: ManifestOp, all: readonly ManifestOp[]): string | null {
  const gradient = all.find(({ name }) => name === op.gradient);
  if (gradient === undefined) return `has the gradient ${op.gradient}, which the plugin lacks`;
  if (op.optional > 0) return "has optional inputs and a gradient by name";
  const taken = op.outputs + ((op.saves & SAVES_INPUTS) !== 0 ? op.inputs : 0) +
    ((op.saves & SAVES_OUTPUTS) !== 0 ? op.outputs : 0);
  if (gradient.inputs !== taken || gradient.outputs !== op.inputs) {
    return `has the gradient ${op.gradient} of ${gradient.inputs} inputs and ${gradient.outputs} ` +
      `outputs, expected ${taken} and ${op.inputs}`;
  }
  const same = gradient.attributes.length === op.attributes.length &&
    op.attributes.every(({ name }, i) => gradient.attributes[i]!.name === name);
  return same ? null : `has the gradient ${op.gradient} of other attributes`;
}
