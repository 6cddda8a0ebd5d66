/**
 * What a runtime must provide: the adapters in deno.ts and bun.ts are the only code that knows it.
 *
 * @module
 */

/** The library's functions, as the runtime's FFI gives them. */
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
}

/** One runtime's FFI. */
export interface Adapter {
  /** Opens the library at `path`; `frame` is what `run` passes. Throws the runtime's own error. */
  open(path: string, frame: ArrayBuffer): NativeLibrary;
  /** Address of a buffer's first byte. The buffer must have been made by `new ArrayBuffer`: only that one never moves. */
  addressOf(buffer: ArrayBuffer): number;
}
