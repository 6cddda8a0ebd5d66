/**
 * What a runtime must provide: the adapters in deno.ts and bun.ts are the only code that knows it.
 *
 * @module
 */
import type { LibraryFunctions } from "./symbols.ts";

/** The library's functions, as the rest of the code calls them. */
export interface NativeLibrary {
  /** Runs the kernel that the shared frame names; the status. */
  readonly run: () => number;
  /** Address of a kernel by its index, 0 when there is none. */
  readonly kernel: (index: number) => number;
  /** Version of the call frame. */
  readonly abiVersion: () => number;
  /** Hash of the kernels' names. */
  readonly buildHash: () => number;
  /** Name of the CPU level in use. */
  readonly level: () => string;
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
  /** Opens the library at `path`; `frame` is what `run` passes. Throws the runtime's own error. */
  open(path: string, frame: ArrayBuffer): NativeLibrary;
  /** Opens a plugin. Throws the runtime's own error. */
  openPlugin(path: string): PluginLibrary;
  /**
   * Address of a buffer's first byte. The buffer must have been made by `new ArrayBuffer`: only
   * that one never moves.
   */
  addressOf(buffer: ArrayBuffer): number;
}

/** The library's functions under the names that the code uses. */
export function libraryOf<Pointer>(
  native: LibraryFunctions<Pointer>,
  frame: Pointer,
  text: (pointer: Pointer) => string,
): NativeLibrary {
  const call = native.minitensor_call;
  return {
    run: () => call(frame),
    kernel: native.minitensor_kernel,
    abiVersion: native.minitensor_abi_version,
    buildHash: native.minitensor_build_hash,
    level: () => text(native.minitensor_level()),
    threads: native.minitensor_threads,
    setThreads: native.minitensor_set_threads,
    prepareBlock: native.minitensor_prepare_block,
    tuneAllocator: native.minitensor_tune_allocator,
    readPlugin: (address) => text(native.minitensor_plugin_read(address)),
    initializePlugin: native.minitensor_plugin_initialize,
    cleanupPlugin: native.minitensor_plugin_cleanup,
    pluginError: () => text(native.minitensor_plugin_error()),
  };
}
