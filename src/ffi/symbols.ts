/**
 * The functions of the native library and of a plugin, and their types: what both runtimes' FFI is
 * told. f64, u32, i32 and pointer take Deno's fast calls (5-7 ns); usize and buffer do not
 * (130-350 ns, 32 ns).
 *
 * @module
 */

/** A type that both runtimes pass. */
export type ForeignType = "f64" | "i32" | "u32" | "pointer" | "void";

/** A function's parameters and result. */
export interface Signature {
  readonly parameters: readonly ForeignType[];
  readonly result: ForeignType;
}

/** What kernels/main.zig exports. */
export const librarySymbols = {
  minitensor_call: { parameters: ["pointer"], result: "i32" },
  minitensor_kernel: { parameters: ["u32"], result: "f64" },
  minitensor_abi_version: { parameters: [], result: "u32" },
  minitensor_build_hash: { parameters: [], result: "u32" },
  minitensor_level: { parameters: [], result: "pointer" },
  minitensor_threads: { parameters: [], result: "u32" },
  minitensor_set_threads: { parameters: ["u32"], result: "void" },
  minitensor_prepare_block: { parameters: ["f64", "f64"], result: "void" },
  minitensor_tune_allocator: { parameters: [], result: "void" },
  minitensor_plugin_read: { parameters: ["f64"], result: "pointer" },
  minitensor_plugin_initialize: { parameters: ["f64"], result: "i32" },
  minitensor_plugin_cleanup: { parameters: ["f64"], result: "void" },
  minitensor_plugin_error: { parameters: [], result: "pointer" },
} as const satisfies Record<string, Signature>;

/** What a plugin exports. */
export const pluginSymbols = {
  minitensor_plugin_abi_version: { parameters: [], result: "u32" },
  minitensor_plugin_describe: { parameters: [], result: "pointer" },
} as const satisfies Record<string, Signature>;

type Value<T extends ForeignType, Pointer> = T extends "pointer" ? Pointer
  : T extends "void" ? void
  : number;

type Values<Types extends readonly ForeignType[], Pointer> = {
  [I in keyof Types]: Value<Types[I], Pointer>;
};

type ForeignFunction<S extends Signature, Pointer> = (
  ...values: Values<S["parameters"], Pointer>
) => Value<S["result"], Pointer>;

/** The functions of a table of signatures, with the runtime's own kind of pointer. */
export type Functions<Table extends Record<string, Signature>, Pointer> = {
  readonly [Name in keyof Table]: ForeignFunction<Table[Name], Pointer>;
};

/** The library's functions with the runtime's own kind of pointer. */
export type LibraryFunctions<Pointer> = Functions<typeof librarySymbols, Pointer>;
