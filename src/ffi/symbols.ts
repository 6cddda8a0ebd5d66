/**
 * The functions of the native library and of a plugin, and their types: what both runtimes' FFI is
 * told. f64, u32 and i32 take Deno's fast calls (5-7 ns); usize and buffer do not (130-350 ns, 32
 * ns). Addresses are f64: Deno's pointer objects need permission for all of FFI, where opening one
 * library needs it for that file alone.
 *
 * @module
 */

/**
 * A type that both runtimes pass; `address` is the result of a plugin's function, a pointer in C.
 */
export type ForeignType = "f64" | "i32" | "u32" | "buffer" | "address" | "void";

/** A function's parameters and result. */
export interface Signature {
  readonly parameters: readonly ForeignType[];
  readonly result: ForeignType;
}

/** What kernels/main.zig exports. */
export const librarySymbols = {
  minitensor_call: { parameters: ["f64"], result: "i32" },
  minitensor_address: { parameters: ["buffer"], result: "f64" },
  minitensor_text: { parameters: ["f64", "buffer", "u32"], result: "u32" },
  minitensor_kernel: { parameters: ["u32"], result: "f64" },
  minitensor_abi_version: { parameters: [], result: "u32" },
  minitensor_build_hash: { parameters: [], result: "u32" },
  minitensor_level: { parameters: [], result: "f64" },
  minitensor_set_level: { parameters: ["u32"], result: "u32" },
  minitensor_threads: { parameters: [], result: "u32" },
  minitensor_set_threads: { parameters: ["u32"], result: "void" },
  minitensor_prepare_block: { parameters: ["f64", "f64"], result: "void" },
  minitensor_tune_allocator: { parameters: [], result: "void" },
  minitensor_plugin_read: { parameters: ["f64"], result: "f64" },
  minitensor_plugin_initialize: { parameters: ["f64"], result: "i32" },
  minitensor_plugin_cleanup: { parameters: ["f64"], result: "void" },
  minitensor_plugin_error: { parameters: [], result: "f64" },
} as const satisfies Record<string, Signature>;

/** What a plugin exports. */
export const pluginSymbols = {
  minitensor_plugin_abi_version: { parameters: [], result: "u32" },
  minitensor_plugin_describe: { parameters: [], result: "address" },
} as const satisfies Record<string, Signature>;

type Value<T extends ForeignType> = T extends "buffer" ? Uint8Array
  : T extends "address" ? number | bigint | null
  : T extends "void" ? void
  : number;

type Values<Types extends readonly ForeignType[]> = { [I in keyof Types]: Value<Types[I]> };

type ForeignFunction<S extends Signature> = (
  ...values: Values<S["parameters"]>
) => Value<S["result"]>;

/** The functions of a table of signatures. */
export type Functions<Table extends Record<string, Signature>> = {
  readonly [Name in keyof Table]: ForeignFunction<Table[Name]>;
};

/** An opened library, as both runtimes' FFI gives it. */
export interface OpenedLibrary<Table extends Record<string, Signature>> {
  readonly symbols: Functions<Table>;
  close(): void;
}
