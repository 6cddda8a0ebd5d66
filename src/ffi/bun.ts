/**
 * Bun's FFI.
 *
 * @module
 */
// @ts-ignore: Deno's type checker does not know Bun's modules; the shapes used are declared below.
import * as untypedFfi from "bun:ffi";
import type { Adapter } from "./adapter.ts";
import type { OpenedLibrary, Signature } from "./symbols.ts";

/** The part of bun:ffi that is used. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { readonly args: readonly string[]; readonly returns: string }>,
  ): unknown;
  ptr(buffer: ArrayBuffer): number;
}

const ffi = untypedFfi as unknown as BunFfi; // the module is untyped outside Bun

const bunType = (type: string) => type === "address" || type === "buffer" ? "ptr" : type;

/** Bun's adapter. */
export const adapter: Adapter = {
  open<Table extends Record<string, Signature>>(path: string, table: Table) {
    const symbols = Object.fromEntries(
      Object.entries(table).map(([name, { parameters, result }]) => [
        name,
        { args: parameters.map(bunType), returns: bunType(result) },
      ]),
    );
    return ffi.dlopen(path, symbols) as OpenedLibrary<Table>;
  },

  addressOf: (buffer) => ffi.ptr(buffer),
};
