/**
 * What the rest of the library needs from the machine: files, the environment, the terminal. Deno
 * and Bun share Node's modules for that; they are fetched on first use, because importing them
 * costs 24 ms in Deno, more than all of the library's own modules.
 *
 * @module
 */

/** The part of Node's `process` that is used. */
interface Process {
  readonly pid: number;
  readonly platform: string;
  readonly arch: string;
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly columns?: number };
  readonly stderr: { readonly columns?: number };
  getBuiltinModule(name: "node:child_process"): typeof import("node:child_process");
  getBuiltinModule(name: "node:fs"): typeof import("node:fs");
  getBuiltinModule(name: "node:os"): typeof import("node:os");
  getBuiltinModule(name: "node:tty"): typeof import("node:tty");
  getBuiltinModule(name: "node:zlib"): typeof import("node:zlib");
  on(signal: "SIGINT", listener: () => void): void;
  off(signal: "SIGINT", listener: () => void): void;
}

/** The part of Deno's permissions that is used. */
interface DenoPermissions {
  readonly permissions: {
    querySync(query: { name: "env"; variable: string }): { readonly state: string };
  };
}

const host = globalThis as unknown as {
  readonly process: Process;
  readonly Deno?: DenoPermissions;
};

const fs = () => host.process.getBuiltinModule("node:fs");

/** One of the two streams of text that a program writes. */
export type Stream = "stdout" | "stderr";

const descriptors = { stdout: 1, stderr: 2 } as const;

/** The bytes of a file. The runtime's error is passed on: callers know what they were reading. */
export function readFile(path: string | URL): Uint8Array<ArrayBuffer> {
  const bytes = fs().readFileSync(path);
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

let temporaryCount = 0;

/**
 * Writes a file from pieces: whole, or not at all. The pieces go to a temporary file beside it,
 * which takes the file's name once the disk has it; a failure leaves what was there before.
 */
export function writeFileAtomic(path: string | URL, chunks: readonly Uint8Array[]): void {
  const { closeSync, fsyncSync, openSync, renameSync, rmSync } = fs();
  const target = typeof path === "string" ? path : filePath(path);
  const temporary = `${target}.${host.process.pid}-${temporaryCount++}.tmp`;
  const descriptor = openSync(temporary, "wx");
  try {
    try {
      for (const chunk of chunks) writeAll(descriptor, chunk);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** What is at a path; null where the program may not look. */
export function fileKind(path: string): "file" | "directory" | "missing" | null {
  try {
    const found = fs().statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "missing" : found.isDirectory() ? "directory" : "file";
  } catch {
    return null;
  }
}

/** The first bytes of a file, at most `count`, and its size; null where it may not be read. */
export function readHead(
  path: string,
  count: number,
): { readonly head: Uint8Array; readonly size: number } | null {
  const { closeSync, fstatSync, openSync, readSync } = fs();
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return null;
  }
  try {
    const head = new Uint8Array(count);
    return { head: head.subarray(0, readSync(descriptor, head)), size: fstatSync(descriptor).size };
  } finally {
    closeSync(descriptor);
  }
}

/** The processor, in Node's words. */
export function processor(): string {
  return host.process.arch;
}

/** Names of what is in a folder. */
export function listFolder(path: string): string[] {
  return fs().readdirSync(path);
}

/** How the names of shared libraries end here. */
export function libraryExtension(): string {
  const { platform } = host.process;
  return platform === "win32" ? ".dll" : platform === "darwin" ? ".dylib" : ".so";
}

/** Path of a file: URL; on Windows without the slash before the drive. */
export function filePath(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

/**
 * Writes all of `bytes`: one call may take only a part, and a full pipe takes nothing for a while.
 */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += fs().writeSync(descriptor, bytes, written);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a millisecond
    }
  }
}

/** Most that one call may decompress to, in bytes; Bun takes no larger limit. */
const DECOMPRESSED_BYTES_MAX = 2 ** 32;

/**
 * Undoes gzip; throws if the result would be longer than `lengthMax` bytes. With `isPrefix`,
 * `bytes` is the beginning of a file, and the result is what can be read of it.
 */
export function gunzip(
  bytes: Uint8Array,
  lengthMax: number,
  isPrefix = false,
): Uint8Array<ArrayBuffer> {
  const { constants, gunzipSync } = host.process.getBuiltinModule("node:zlib");
  return gunzipSync(bytes, {
    finishFlush: isPrefix ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
    maxOutputLength: outputMax(lengthMax),
  }) as Uint8Array<ArrayBuffer>;
}

/** Undoes raw deflate; throws if the result would be longer than `lengthMax` bytes. */
export function inflate(bytes: Uint8Array, lengthMax: number): Uint8Array<ArrayBuffer> {
  const { inflateRawSync } = host.process.getBuiltinModule("node:zlib");
  return inflateRawSync(bytes, {
    maxOutputLength: outputMax(lengthMax),
  }) as Uint8Array<ArrayBuffer>;
}

/** Deflates with a zlib header, as PNG wants it. */
export function deflate(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { deflateSync } = host.process.getBuiltinModule("node:zlib");
  return deflateSync(bytes) as Uint8Array<ArrayBuffer>;
}

/** The checksum of gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  return host.process.getBuiltinModule("node:zlib").crc32(bytes);
}

function outputMax(lengthMax: number): number {
  return Math.min(Math.max(lengthMax, 1), DECOMPRESSED_BYTES_MAX);
}

/** A variable of the environment; undefined where Deno would have to ask for permission. */
export function environment(name: string): string | undefined {
  const permission = host.Deno?.permissions.querySync({ name: "env", variable: name });
  if (permission !== undefined && permission.state !== "granted") return undefined;
  return host.process.env[name];
}

/** True if the stream ends at a terminal. */
export function isTerminal(stream: Stream = "stdout"): boolean {
  return host.process.getBuiltinModule("node:tty").isatty(descriptors[stream]);
}

/** Width of the terminal in characters; 80 where there is none. */
export function columns(stream: Stream = "stdout"): number {
  return host.process[stream].columns || 80;
}

/** Writes text now, whatever its length and whatever the stream is. */
export function write(text: string, stream: Stream = "stdout"): void {
  writeAll(descriptors[stream], new TextEncoder().encode(text));
}

/**
 * Calls `listener` when the user interrupts the program, which then goes on: between two turns of
 * the event loop, so never inside a loop without `await`. Returns a function that stops listening.
 */
export function onInterrupt(listener: () => void): () => void {
  host.process.on("SIGINT", listener);
  return () => host.process.off("SIGINT", listener);
}

/** What follows the program's name on its command line. */
export function programArguments(): readonly string[] {
  return host.process.argv.slice(2);
}

/** A clock for durations, in milliseconds. */
export function nowMilliseconds(): number {
  return performance.now();
}

/** How a program ended, and what it wrote. */
export interface ProgramResult {
  readonly output: string;
  readonly errors: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

/** Runs a module in a process of its own, in this runtime, with permission to use FFI. */
export function runProgram(
  module: URL,
  args: readonly string[],
  timeout: number,
): Promise<ProgramResult> {
  const { spawn } = host.process.getBuiltinModule("node:child_process");
  const permissions = ["--no-prompt", "--allow-ffi", "--allow-read", "--allow-env"];
  const file = module.protocol === "file:" ? filePath(module) : module.href;
  const command = host.Deno === undefined ? [file] : ["run", "--quiet", ...permissions, file];
  return new Promise((resolve, reject) => {
    const child = spawn(host.process.execPath, [...command, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeout);
    child.stdout.on("data", (chunk: unknown) => output += String(chunk));
    child.stderr.on("data", (chunk: unknown) => errors += String(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ output, errors, code, signal, timedOut });
    });
  });
}

/** What the operating system tells of the machine; null where the program may not ask. */
export interface MachineFacts {
  /** The processor's name. */
  readonly model: string | null;
  /** Bytes of memory, and of those that are free. */
  readonly memory: { readonly total: number; readonly available: number } | null;
}

/** What the operating system tells of the machine. */
export function machineFacts(): MachineFacts {
  const os = host.process.getBuiltinModule("node:os");
  return {
    model: attempt(() => os.cpus()[0]?.model.trim() ?? null),
    memory: attempt(() => ({ total: os.totalmem(), available: os.freemem() })),
  };
}

/** A small text file; null where there is none, or it may not be read. */
export function textFile(path: string): string | null {
  return attempt(() => fs().readFileSync(path, "utf8"));
}

function attempt<T>(fn: () => T): T | null {
  try {
    return fn();
  } catch {
    return null;
  }
}
