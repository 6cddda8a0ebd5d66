/**
 * The library through Bun's FFI.
 *
 * @module
 */
// @ts-ignore: Deno's type checker does not know Bun's modules; the shapes used are declared below.
import * as untypedFfi from "bun:ffi";
import { type Adapter, libraryOf } from "./adapter.ts";
import { type Functions, librarySymbols, pluginSymbols, type Signature } from "./symbols.ts";

/** An address, as Bun passes it; null for 0 in some places. */
type Pointer = number | null;

/** The part of bun:ffi that is used. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { readonly args: readonly string[]; readonly returns: string }>,
  ): { readonly symbols: unknown; close(): void };
  ptr(buffer: ArrayBuffer): number;
  readonly CString: new (address: number) => { toString(): string };
}

const ffi = untypedFfi as unknown as BunFfi; // the module is untyped outside Bun

const bunType = (type: string) => type === "pointer" ? "ptr" : type;

function open<Table extends Record<string, Signature>>(path: string, table: Table) {
  const symbols = Object.fromEntries(
    Object.entries(table).map(([name, { parameters, result }]) => [
      name,
      { args: parameters.map(bunType), returns: bunType(result) },
    ]),
  );
  const library = ffi.dlopen(path, symbols);
  return { symbols: library.symbols as Functions<Table, Pointer>, close: () => library.close() };
}

function text(pointer: Pointer): string {
  return pointer === null || pointer === 0 ? "" : new ffi.CString(pointer).toString();
}

/** Bun's adapter. */
export const adapter: Adapter = {
  open(path, frame) {
    return libraryOf(open(path, librarySymbols).symbols, ffi.ptr(frame), text);
  },

  openPlugin(path) {
    const { symbols, close } = open(path, pluginSymbols);
    return {
      abiVersion: symbols.minitensor_plugin_abi_version,
      describe: () => symbols.minitensor_plugin_describe() ?? 0,
      close,
    };
  },

  addressOf(buffer) {
    return ffi.ptr(buffer);
  },
};
