/**
 * What the tasks share: where things are, how commands are run, how Zig and Bun are found.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The one version of Zig that builds the kernels. */
export const ZIG_VERSION = "0.16.0";

/** The repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../", import.meta.url));

/** Bun as the package manager installs it. */
export const bun = `${root}node_modules/.bin/bun`;

const zigFolder = `${root}.tools/zig`;

/** True where the output is read by a program and nobody answers questions. */
export const isCi: boolean = ["true", "1"].includes(Deno.env.get("CI") ?? "");

/** True where output may have colours. */
export const hasColor: boolean = Deno.stdout.isTerminal() && !isCi && !Deno.env.has("NO_COLOR");

/** How a command ended and what it wrote. */
export interface Result {
  readonly ok: boolean;
  readonly text: string;
}

/** Stops the task with one line. */
export function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}

function childEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  return hasColor ? { ...extra } : { NO_COLOR: "1", ...extra };
}

/** Runs a command in the repository and keeps what it writes. */
export async function capture(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const [program, ...args] = command;
  try {
    const output = await new Deno.Command(program!, {
      args,
      cwd: root,
      env: childEnvironment(env),
      stdin: "null",
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, text: decode(output.stdout) + decode(output.stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: false, text: `${program}: not found` };
    throw error;
  }
}

/** Runs a command in the repository with the terminal as its own; true if it succeeds. */
export async function attached(command: readonly string[]): Promise<boolean> {
  const [program, ...args] = command;
  const child = new Deno.Command(program!, { args, cwd: root, env: childEnvironment({}) }).spawn();
  return (await child.status).success;
}

/** Seconds since `start` (performance.now) as text. */
export function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

async function versionOf(program: string, flag: string): Promise<string | null> {
  const result = await capture([program, flag]);
  return result.ok ? result.text.trim() : null;
}

let zigFound: string | null = null;

/** Path of Zig at exactly {@link ZIG_VERSION}: the one on the PATH, or our own copy, or null. */
export async function findZig(): Promise<string | null> {
  if (zigFound !== null) return zigFound;
  const own = `${zigFolder}/ziglang/zig${Deno.build.os === "windows" ? ".exe" : ""}`;
  for (const candidate of ["zig", own]) {
    if (candidate === own && !existsSync(own)) continue;
    if (await versionOf(candidate, "version") === ZIG_VERSION) return zigFound = candidate;
  }
  return null;
}

/** Installs Zig from its Python package into .tools, which git ignores. */
export async function installZig(): Promise<string> {
  const python = Deno.build.os === "windows" ? "python" : "python3";
  if (await versionOf(python, "--version") === null) {
    fail(`Cannot install Zig ${ZIG_VERSION}: ${python} is missing (or put that Zig on the PATH)`);
  }
  console.log(`installing Zig ${ZIG_VERSION} into .tools/zig (90 MB, once)`);
  const partial = `${zigFolder}.${Deno.pid}`;
  const pip = [python, "-m", "pip", "install", "--quiet", "--no-compile", "--target", partial];
  const result = await capture([...pip, `ziglang==${ZIG_VERSION}`]);
  if (!result.ok) {
    await rm(partial, { recursive: true, force: true });
    fail(`Cannot install Zig ${ZIG_VERSION}: ${lastLine(result.text)}`);
  }
  await rm(zigFolder, { recursive: true, force: true });
  await mkdir(`${root}.tools`, { recursive: true });
  await rename(partial, zigFolder); // a copy is there whole or not at all
  return await findZig() ?? fail(`Cannot use the installed Zig: it is not version ${ZIG_VERSION}`);
}

/** True where Bun runs. */
export async function hasBun(): Promise<boolean> {
  return existsSync(bun) && await versionOf(bun, "--version") !== null;
}

/**
 * Installs Bun from npm; its package needs its install script, which Deno runs for this one alone.
 */
export async function installBun(): Promise<void> {
  console.log("installing Bun into node_modules (once)");
  const command = [Deno.execPath(), "install", "--quiet", "--allow-scripts=npm:bun"];
  const result = await capture(command);
  if (await hasBun()) return;
  const reason = result.ok ? "its program for this platform does not run" : lastLine(result.text);
  fail(`Cannot install Bun: ${reason}`);
}

/** The last line that says something: package managers put the reason there. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
