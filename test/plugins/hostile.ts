/**
 * Compiles hostile.c, once for every lie that a plugin can tell, and says what each has to meet.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** When a lie comes out. */
export type Moment = "load" | "call" | "backward";

/** A plugin that lies. */
export interface Lie {
  readonly name: string;
  readonly moment: Moment;
  /** Name of the error's class. */
  readonly error: "PluginError" | "VersionMismatchError" | "KernelError";
  /** What the message has to say: what was found, and what was expected. */
  readonly says: readonly string[];
}

function refused(name: string, ...says: readonly string[]): Lie {
  return { name, moment: "load", error: "PluginError", says };
}

function mismatched(name: string, ...says: readonly string[]): Lie {
  return { name, moment: "load", error: "VersionMismatchError", says };
}

function failing(name: string, moment: Moment, ...says: readonly string[]): Lie {
  return { name, moment, error: "KernelError", says };
}

/** Every lie that comes out as an error. */
export const lies: readonly Lie[] = [
  refused("missing_file"),
  refused("directory"),
  refused("text_file"),
  refused("truncated"),
  refused("no_symbols", "minitensor_plugin_abi_version"),
  refused("only_version", "minitensor_plugin_describe"),
  mismatched("abi_999", "999", "expected 1"),
  mismatched("struct_abi", "7", "expected 1"),
  refused("struct_size", "struct_size is 8, expected 88"),
  refused("null_name", "name is null"),
  refused("unmapped_name", "name lies outside the process's memory"),
  refused("name_not_utf8", "name is not UTF-8"),
  refused("name_too_long", "name is longer than 128 bytes"),
  refused("unknown_dtype", "dtypes 0x80000001"),
  refused("no_dtype", "dtypes 0x0"),
  refused("op_count_huge", "op_count is 4294967295, at most 1024"),
  refused("ops_null", "ops is null"),
  refused("op_size_small", "op_size is 16, expected 104"),
  refused("no_forward", "hostile/twice", "forward"),
  refused("duplicate_op", "hostile/twice", "two ops"),
  refused("taken_op", "add", "taken"),
  refused("bad_op_name", "no good/name!"),
  refused("bad_version", "one.two.three"),
  refused("version_of_two", "1.2"),
  mismatched("minimum_99", "99.0.0"),
  mismatched("maximum_0", "0.0.1"),
  refused("initialize_message", "there is no licence"),
  refused("initialize_silent", "initialize"),
  refused("unknown_rule", "guess", "broadcast"),
  refused("missing_gradient", "hostile/nowhere"),
  refused("describe_null", "description is null"),
  refused("describe_16", "description at 0x10 lies outside the process's memory"),
  refused("too_many_inputs", "41 inputs and outputs, at most 12"),
  failing("kernel_message", "call", "hostile/twice", "the kernel has no idea"),
  failing("kernel_status_77", "call", "hostile/twice", "77"),
  failing("infer_rank_99", "call", "hostile/twice", "99"),
  failing("infer_negative", "call", "hostile/twice", "-3"),
  failing("infer_dtype_42", "call", "hostile/twice", "42"),
  failing("backward_message", "backward", "hostile/twice", "the gradient is unknown"),
];

/** Plugins whose description kills the process: only a process of their own may load them. */
export const killers: readonly string[] = ["describe_aborts", "describe_crashes"];

/** Plugins that tell the truth: `cleanup` writes a letter into the file `cleaned` beside it. */
export const honest: readonly string[] = ["good", "cleanup"];

/** Made here, not compiled. */
const files = ["missing_file", "directory", "text_file", "truncated"];

const source = fileURLToPath(new URL("hostile.c", import.meta.url));
const include = fileURLToPath(new URL("../../plugins/include", import.meta.url));
const suffix = process.platform === "darwin" ? ".dylib" : ".so";

/** A folder of compiled plugins. */
export interface HostilePlugins {
  readonly folder: string;
  /** Path by name. */
  readonly paths: ReadonlyMap<string, string>;
  /** Deletes the folder. */
  remove(): Promise<void>;
}

/** Compiles them all into a temporary folder; null where there is no C compiler. */
export async function buildHostile(): Promise<HostilePlugins | null> {
  const compiler = await findCompiler();
  if (compiler === null) return null;
  const folder = await mkdtemp(join(tmpdir(), "minitensor-hostile-"));
  const compiled = [...lies.map(({ name }) => name), ...killers, ...honest]
    .filter((name) => !files.includes(name));
  const pathOf = (name: string) => join(folder, `lib${name}${suffix}`);
  for (let i = 0; i < compiled.length; i += 4) {
    const some = compiled.slice(i, i + 4);
    await Promise.all(some.map((name) => compile(compiler, name, folder, pathOf(name))));
  }
  await mkdir(pathOf("directory"));
  await writeFile(pathOf("text_file"), "This is not a library.\n");
  await truncate(pathOf("good"), pathOf("truncated"));
  const paths = new Map([...compiled, ...files].map((name) => [name, pathOf(name)]));
  return { folder, paths, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function truncate(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, "r+");
  await file.truncate(1000);
  await file.close();
}

async function compile(
  compiler: readonly string[],
  name: string,
  folder: string,
  path: string,
): Promise<void> {
  const [program, ...first] = compiler;
  const cleaned = name === "cleanup" ? [`-DCLEANED="${join(folder, "cleaned")}"`] : [];
  const flags = ["-shared", "-fPIC", "-O1", "-I", include, `-DCASE=CASE_${name}`, ...cleaned];
  const switches = [`-DCASE_IS_${name.toUpperCase()}=1`];
  const result = await run(program!, [...first, ...flags, ...switches, source, "-o", path]);
  if (!result.ok) throw new Error(`Cannot compile hostile.c as ${name}: ${result.text}`);
}

async function findCompiler(): Promise<readonly string[] | null> {
  const tools = fileURLToPath(new URL("../../.tools/zig/ziglang/zig", import.meta.url));
  for (const command of [["cc"], ["zig", "cc"], [tools, "cc"]]) {
    const [program, ...rest] = command;
    if ((await run(program!, [...rest, "--version"])).ok) return command;
  }
  return null;
}

function run(program: string, args: readonly string[]): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], (error, stdout, stderr) => {
      resolve({ ok: error === null, text: `${stdout}${stderr}` });
    });
  });
}

/** How often the plugin `cleanup` was cleaned up. */
export async function cleanedCount({ folder }: HostilePlugins): Promise<number> {
  return await readFile(join(folder, "cleaned"), "utf8").then((text) => text.length, () => 0);
}
