/**
 * A look at a plugin from a safe distance.
 *
 * @module
 */
import { type DType, dtypeByCode } from "../dtype.ts";
import { filePath, runProgram } from "../host.ts";
import { PluginInfo } from "./info.ts";
import type { ChildReport } from "./inspect_child.ts";
import type { Manifest, ManifestOp } from "./manifest.ts";
import { VersionInfo } from "./version.ts";

/** An op that a plugin would register. */
export interface InspectedOp {
  /** Its name within the plugin. */
  readonly name: string;
  /** What it computes, in a sentence. */
  readonly summary: string;
  /** Number of tensors that it needs. */
  readonly inputs: number;
  /** Number of tensors that may follow. */
  readonly optionalInputs: number;
  /** Number of its results. */
  readonly outputs: number;
  /** Names of the outputs, where they have names. */
  readonly outputNames: readonly string[] | null;
  /** Dtypes that its inputs may have. */
  readonly dtypes: readonly DType[];
  /** True if it has a gradient. */
  readonly differentiable: boolean;
  /** Defaults of its attributes; null for one that is required. */
  readonly attributes: Readonly<Record<string, number | null>>;
}

/** What {@link inspectPlugin} saw. */
export interface PluginInspection {
  /** The file. */
  readonly path: string;
  /** What the plugin says of itself; null if it cannot be loaded. */
  readonly info: PluginInfo | null;
  /** What it would register. */
  readonly ops: readonly InspectedOp[];
  /** Why it cannot be loaded, or how the process that tried died; null if it can. */
  readonly error: string | null;
}

/**
 * Loads a plugin in a process of its own, and tells what it would register, or how it died: a
 * plugin is native code, and one that crashes takes its process along. Needs permission to run the
 * runtime itself (`--allow-run` in Deno).
 *
 * @param options `timeout`: milliseconds after which a plugin that does not answer is given up.
 * Default 10,000.
 *
 * @example
 * ```ts
 * import { inspectPlugin } from "@minitensor/minitensor/plugin";
 * const { info, ops, error } = await inspectPlugin("plugins/libzig_swish.so");
 * console.log(error ?? `${info!.name} has ${ops.map(({ name }) => name).join(", ")}`);
 * ```
 */
export async function inspectPlugin(
  path: string | URL,
  options: { readonly timeout?: number } = {},
): Promise<PluginInspection> {
  const file = typeof path === "string" ? path : filePath(path);
  const child = new URL("./inspect_child.ts", import.meta.url);
  const timeout = options.timeout ?? 10_000;
  const { output, errors, code, signal, timedOut } = await runProgram(child, [file], timeout);
  const nothing = { path: file, info: null, ops: [] };
  if (timedOut) return { ...nothing, error: `it did not answer within ${timeout} ms` };
  if (signal !== null || code !== 0) {
    const cause = signal === null ? `ended with code ${code}` : `died of ${signal}`;
    const said = errors.trim().split("\n").at(-1) ?? "";
    const detail = said === "" ? "" : ` (${said})`;
    return { ...nothing, error: `the process that loaded it ${cause}${detail}` };
  }
  const { manifest, error } = JSON.parse(output.trim().split("\n").at(-1)!, revive) as ChildReport;
  if (manifest === null) return { ...nothing, error };
  return { path: file, info: infoOf(manifest), ops: manifest.ops.map(inspected), error: null };
}

/** JSON writes NaN and infinities as null. */
function revive(key: string, value: unknown): unknown {
  return key === "default" && value === null ? NaN : value;
}

function infoOf({ name, version, description, author, minimum, maximum }: Manifest): PluginInfo {
  return new PluginInfo({
    name,
    version: VersionInfo.parse(version),
    description,
    author,
    minMinitensorVersion: VersionInfo.parse(minimum),
    maxMinitensorVersion: maximum === null ? null : VersionInfo.parse(maximum),
  });
}

function inspected(op: ManifestOp): InspectedOp {
  return {
    name: op.name,
    summary: op.summary,
    inputs: op.inputs,
    optionalInputs: op.optional,
    outputs: op.outputs,
    outputNames: op.outputNames,
    dtypes: dtypeByCode.filter(({ code }) => (op.dtypes >>> code & 1) !== 0).map(({ name }) =>
      name
    ),
    differentiable: op.backward !== 0 || op.gradient !== null,
    attributes: Object.fromEntries(
      op.attributes.map((x) => [x.name, x.required ? null : x.default]),
    ),
  };
}
