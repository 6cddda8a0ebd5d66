/**
 * The library through Deno's FFI.
 *
 * @module
 */
import type { Adapter, NativeLibrary } from "./adapter.ts";

/** An address, as Deno passes it. */
type Pointer = { readonly brand: unique symbol } | null;

/** The part of Deno that is used: declared here, so that the module type-checks where Deno's own types are absent. */
interface DenoFfi {
  dlopen(path: string, symbols: typeof symbolTypes): {
    readonly symbols: {
      readonly minitensor_call: (frame: Pointer) => number;
      readonly minitensor_kernel: (index: number) => number;
      readonly minitensor_abi_version: () => number;
      readonly minitensor_build_hash: () => number;
      readonly minitensor_level: () => Pointer;
      readonly minitensor_threads: () => number;
      readonly minitensor_set_threads: (count: number) => void;
      readonly minitensor_prepare_block: (address: number, bytes: number) => void;
      readonly minitensor_tune_allocator: () => void;
    };
  };
  readonly UnsafePointer: {
    of(buffer: ArrayBuffer): Pointer;
    value(pointer: Pointer): bigint | number;
  };
  readonly UnsafePointerView: { getCString(pointer: Pointer): string };
}

const { Deno } = globalThis as unknown as { readonly Deno: DenoFfi };

// f64, u32, i32 and pointer take Deno's fast calls (5-7 ns); usize and buffer do not (130-350 ns, 32 ns).
const symbolTypes = {
  minitensor_call: { parameters: ["pointer"], result: "i32" },
  minitensor_kernel: { parameters: ["u32"], result: "f64" },
  minitensor_abi_version: { parameters: [], result: "u32" },
  minitensor_build_hash: { parameters: [], result: "u32" },
  minitensor_level: { parameters: [], result: "pointer" },
  minitensor_threads: { parameters: [], result: "u32" },
  minitensor_set_threads: { parameters: ["u32"], result: "void" },
  minitensor_prepare_block: { parameters: ["f64", "f64"], result: "void" },
  minitensor_tune_allocator: { parameters: [], result: "void" },
} as const;

/** Deno's adapter. */
export const adapter: Adapter = {
  open(path: string, frame: ArrayBuffer): NativeLibrary {
    const { symbols: native } = Deno.dlopen(path, symbolTypes);
    const pointer = Deno.UnsafePointer.of(frame);
    const call = native.minitensor_call;
    return {
      run: () => call(pointer),
      kernel: native.minitensor_kernel,
      abiVersion: native.minitensor_abi_version,
      buildHash: native.minitensor_build_hash,
      level: () => Deno.UnsafePointerView.getCString(native.minitensor_level()),
      threads: native.minitensor_threads,
      setThreads: native.minitensor_set_threads,
      prepareBlock: native.minitensor_prepare_block,
      tuneAllocator: native.minitensor_tune_allocator,
    };
  },

  addressOf(buffer: ArrayBuffer): number {
    return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
  },
};
