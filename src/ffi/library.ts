/**
 * Finds, opens and checks the native library. It is opened once, when the first tensor is made, and
 * never closed: its threads may be running.
 *
 * @module
 */
import { ArgumentError, LibraryError } from "../errors.ts";
import { environment } from "../host.ts";
import { ABI_VERSION, BUILD_HASH, CALL, type KernelName, KERNELS } from "./abi.ts";
import {
  type Adapter,
  type NativeLibrary,
  openNative,
  openPlugin,
  type PluginLibrary,
} from "./adapter.ts";

const isDeno = "Deno" in globalThis;
const isBun = "Bun" in globalThis;

async function loadAdapter(): Promise<Adapter | null> {
  if (isDeno) return (await import("./deno.ts")).adapter;
  if (isBun) return (await import("./bun.ts")).adapter;
  return null; // reported when the library is needed, so that types and pure functions work anywhere
}

const adapter = await loadAdapter();

/** The call frame that every kernel of this thread reads. */
export const frame: ArrayBuffer = new ArrayBuffer(CALL.words * 8);

/** The frame's words. */
export const words: Float64Array = new Float64Array(frame);

let opened: NativeLibrary | null = null;

/** Operating system and processor, in Node's words. */
function platform(): { readonly platform: string; readonly arch: string } {
  return (globalThis as unknown as { process: { platform: string; arch: string } }).process;
}

function fileName(): string {
  const { platform: os } = platform();
  if (os === "win32") return "minitensor.dll";
  return os === "darwin" ? "libminitensor.dylib" : "libminitensor.so";
}

/** Path of a file: URL, or null for any other. */
function localPath(url: URL): string | null {
  if (url.protocol !== "file:") return null;
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

function candidates(): string[] {
  const explicit = environment("MINITENSOR_LIBRARY");
  if (explicit !== undefined && explicit !== "") return [explicit];
  const folders = platform().platform === "win32" ? ["zig-out/bin"] : ["zig-out/lib"];
  return folders
    .map((folder) => localPath(new URL(`../../${folder}/${fileName()}`, import.meta.url)))
    .filter((path) => path !== null);
}

/**
 * Opens the native library at `path` instead of searching for it: for single-file executables,
 * which carry it along. There is no example that runs: the library opens once a process. In such a
 * program the first call is `openLibrary(import.meta.dirname + "/libminitensor.so")`.
 *
 * @throws {ArgumentError} when the library was opened before.
 * @throws {LibraryError} when it cannot be opened or does not fit this version.
 */
export function openLibrary(path: string): void {
  if (opened !== null) {
    throw new ArgumentError("Cannot open the native library: it is open, and tensors use it");
  }
  opened = open(path);
}

/** The opened library. */
export function library(): NativeLibrary {
  return opened ??= find();
}

/** Address of a buffer made by `new ArrayBuffer`. */
export function addressOf(buffer: ArrayBuffer): number {
  return library().addressOf(buffer);
}

/** Opens a plugin; the runtime's own error when it cannot be opened. */
export function openPluginLibrary(path: string): PluginLibrary {
  library(); // the plugin is read, and its kernels are called, by it
  return openPlugin(adapter!, path);
}

/** What forgets addresses of kernels, which are those of one CPU level. */
const forgetting: (() => void)[] = [];

/** Registers what forgets addresses of kernels when the level changes. */
export function onLevelChange(forget: () => void): void {
  forgetting.push(forget);
}

/** The levels, in the order of kernels/main.zig. */
const levels: readonly string[] = ["v2", "v3", "v4", "neon"];

/** Takes another level's kernels into use; false when there are none, or the machine has not. */
export function setLevel(level: string): boolean {
  const number = levels.indexOf(level);
  if (number < 0 || library().setLevel(number) === 0) return false;
  for (const forget of forgetting) forget();
  return true;
}

/** Address of a kernel. */
export function kernelAddress(name: KernelName): number {
  return library().kernel(KERNELS.indexOf(name));
}

function find(): NativeLibrary {
  const paths = candidates();
  const problems: string[] = [];
  for (const path of paths) {
    try {
      return open(path);
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      if (error.context?.["missing"] !== true) throw error;
      problems.push(path);
    }
  }
  const { platform: os, arch } = platform();
  throw new LibraryError(
    `Cannot find the native library for ${os}-${arch}: tried ${problems.join(", ") || "no path"}`,
    { suggestion: "Build it with `deno task build`, or set MINITENSOR_LIBRARY to its path" },
  );
}

function open(path: string): NativeLibrary {
  if (adapter === null) {
    throw new LibraryError("Cannot open the native library: this runtime is neither Deno nor Bun");
  }
  let native: NativeLibrary;
  try {
    native = openNative(adapter, path, frame);
  } catch (error) {
    throw explain(error, path);
  }
  const version = native.abiVersion();
  if (version !== ABI_VERSION) {
    throw new LibraryError(
      `Cannot use the native library ${path}: its ABI version is ${version}, expected ${ABI_VERSION}`,
      { suggestion: "Build it again with `deno task build`" },
    );
  }
  if (native.buildHash() !== BUILD_HASH) {
    throw new LibraryError(
      `Cannot use the native library ${path}: its kernels are not those of src/ffi/abi.ts`,
      {
        suggestion:
          "Build it again with `deno task build`, and src/ffi/abi.ts with `deno task abi`",
      },
    );
  }
  if (environment("MINITENSOR_MALLOC") !== "default") native.tuneAllocator();
  return native;
}

/** The runtime's own error in the library's words: no permission, no file, or not a library. */
function explain(error: unknown, path: string): LibraryError {
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "";
  if (name === "NotCapable" || name === "PermissionDenied") {
    return new LibraryError(
      `Cannot open the native library ${path}: the program may not use FFI`,
      { suggestion: "Run with --allow-ffi", context: { cause: message } },
    );
  }
  const missing = /no such file|cannot open shared object|not found|ENOENT|could not be found/i
    .test(message);
  return new LibraryError(`Cannot open the native library ${path}: ${message}`, {
    suggestion: missing
      ? "Build it with `deno task build`"
      : "Build it again with `deno task build`",
    context: { missing },
  });
}
