/**
 * The library through Bun's FFI.
 *
 * @module
 */
// @ts-ignore: Deno's type checker does not know Bun's modules; the shapes used are declared below.
import * as untypedFfi from "bun:ffi";
import type { Adapter, NativeLibrary } from "./adapter.ts";

/** The part of bun:ffi that is used. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { readonly args: readonly string[]; readonly returns: string }>,
  ): { readonly symbols: Record<string, (...values: number[]) => number> };
  ptr(buffer: ArrayBuffer): number;
  readonly CString: new (address: number) => { toString(): string };
}

const ffi = untypedFfi as unknown as BunFfi; // the module is untyped outside Bun

const symbols = {
  minitensor_call: { args: ["ptr"], returns: "i32" },
  minitensor_kernel: { args: ["u32"], returns: "f64" },
  minitensor_abi_version: { args: [], returns: "u32" },
  minitensor_build_hash: { args: [], returns: "u32" },
  minitensor_level: { args: [], returns: "ptr" },
  minitensor_threads: { args: [], returns: "u32" },
  minitensor_set_threads: { args: ["u32"], returns: "void" },
  minitensor_prepare_block: { args: ["f64", "f64"], returns: "void" },
  minitensor_tune_allocator: { args: [], returns: "void" },
} as const;

/** Bun's adapter. */
export const adapter: Adapter = {
  open(path: string, frame: ArrayBuffer): NativeLibrary {
    const native = ffi.dlopen(path, symbols).symbols as Record<
      keyof typeof symbols,
      (...values: number[]) => number
    >;
    const pointer = ffi.ptr(frame);
    const call = native.minitensor_call;
    return {
      run: () => call(pointer),
      kernel: native.minitensor_kernel,
      abiVersion: native.minitensor_abi_version,
      buildHash: native.minitensor_build_hash,
      level: () => new ffi.CString(native.minitensor_level()).toString(),
      threads: native.minitensor_threads,
      setThreads: native.minitensor_set_threads,
      prepareBlock: native.minitensor_prepare_block,
      tuneAllocator: native.minitensor_tune_allocator,
    };
  },

  addressOf(buffer: ArrayBuffer): number {
    return ffi.ptr(buffer);
  },
};
