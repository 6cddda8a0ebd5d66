/**
 * What a runtime must provide: deno.ts and bun.ts are the only code that knows it. What is made of
 * it is here.
 *
 * @module
 */
import {
  type Functions,
  librarySymbols,
  type OpenedLibrary,
  pluginSymbols,
  type Signature,
} from "./symbols.ts";

/** The library's functions, as the rest of the code calls them. */
export interface NativeLibrary {
  /** Runs the kernel that the shared frame names; the status. */
  readonly run: () => number;
  /** Address of a buffer's first byte. */
  readonly addressOf: (buffer: ArrayBuffer) => number;
  /** Address of a kernel by its index, 0 when there is none. */
  readonly kernel: (index: number) => number;
  /** Version of the call frame. */
  readonly abiVersion: () => number;
  /** Hash of the kernels' names. */
  readonly buildHash: () => number;
  /** Name of the CPU level in use. */
  readonly level: () => string;
  /** Takes a level into use by its number: v2, v3, v4, neon; 0 when there is none. */
  readonly setLevel: (number: number) => number;
  /** Number of threads, the caller among them. */
  readonly threads: () => number;
  /** Sets the number of threads. */
  readonly setThreads: (count: number) => void;
  /** Asks for huge pages in a fresh block. */
  readonly prepareBlock: (address: number, bytes: number) => void;
  /** Raises the C allocator's thresholds. */
  readonly tuneAllocator: () => void;
  /** What the plugin described at the address says of itself, as JSON; empty without memory. */
  readonly readPlugin: (address: number) => string;
  /** Runs a plugin's `initialize`; its status. */
  readonly initializePlugin: (address: number) => number;
  /** Runs a plugin's `cleanup`. */
  readonly cleanupPlugin: (address: number) => void;
  /** Why a plugin's code failed, if it said so since the last call; empty if not. */
  readonly pluginError: () => string;
}

/** A plugin's functions. */
export interface PluginLibrary {
  /** Version of the interface that it was built for. */
  readonly abiVersion: () => number;
  /** Address of its description, 0 for null. */
  readonly describe: () => number;
  /** Closes the library: nothing of it may be called again. */
  readonly close: () => void;
}

/** One runtime's FFI. */
export interface Adapter {
  /** Opens a library. Throws the runtime's own error. */
  open<Table extends Record<string, Signature>>(path: string, table: Table): OpenedLibrary<Table>;
  /**
   * Address of a buffer's first byte, where the runtime tells it sooner than the library does. The
   * buffer must have been made by `new ArrayBuffer`: only that one never moves.
   */
  readonly addressOf?: (buffer: ArrayBuffer) => number;
}

/** Opens the native library at `path`; `frame` is what `run` passes. */
export function openNative(adapter: Adapter, path: string, frame: ArrayBuffer): NativeLibrary {
  const { symbols: native } = adapter.open(path, librarySymbols);
  const addressOf = adapter.addressOf ??
    ((buffer: ArrayBuffer) => native.minitensor_address(new Uint8Array(buffer)));
  const call = native.minitensor_call;
  const address = addressOf(frame);
  return {
    run: () => call(address),
    addressOf,
    kernel: native.minitensor_kernel,
    abiVersion: native.minitensor_abi_version,
    buildHash: native.minitensor_build_hash,
    level: () => textAt(native, native.minitensor_level()),
    threads: native.minitensor_threads,
    setLevel: native.minitensor_set_level,
    setThreads: native.minitensor_set_threads,
    prepareBlock: native.minitensor_prepare_block,
    tuneAllocator: native.minitensor_tune_allocator,
    readPlugin: (description) => textAt(native, native.minitensor_plugin_read(description)),
    initializePlugin: native.minitensor_plugin_initialize,
    cleanupPlugin: native.minitensor_plugin_cleanup,
    pluginError: () => textAt(native, native.minitensor_plugin_error()),
  };
}

/** The text at an address; empty at 0. */
function textAt(native: Functions<typeof librarySymbols>, address: number): string {
  if (address === 0) return "";
  let bytes = new Uint8Array(1024);
  const length = native.minitensor_text(address, bytes, bytes.length);
  if (length > bytes.length) {
    bytes = new Uint8Array(length);
    native.minitensor_text(address, bytes, length);
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Opens a plugin. */
export function openPlugin(adapter: Adapter, path: string): PluginLibrary {
  const library = adapter.open(path, pluginSymbols);
  const { minitensor_plugin_abi_version, minitensor_plugin_describe } = library.symbols;
  return {
    abiVersion: minitensor_plugin_abi_version,
    describe: () => Number(minitensor_plugin_describe()), // null is 0
    close: () => library.close(),
  };
}
