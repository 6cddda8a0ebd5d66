/**
 * The library through Deno's FFI.
 *
 * @module
 */
import { type Adapter, libraryOf } from "./adapter.ts";
import { type Functions, librarySymbols, pluginSymbols, type Signature } from "./symbols.ts";

/** An address, as Deno passes it. */
type Pointer = { readonly brand: unique symbol } | null;

/**
 * The part of Deno that is used: declared here, so that the module type-checks where Deno's own
 * types are absent.
 */
interface DenoFfi {
  dlopen<Table extends Record<string, Signature>>(path: string, symbols: Table): {
    readonly symbols: Functions<Table, Pointer>;
    close(): void;
  };
  readonly UnsafePointer: {
    of(buffer: ArrayBuffer): Pointer;
    value(pointer: Pointer): bigint | number;
  };
  readonly UnsafePointerView: { getCString(pointer: Pointer): string };
}

const { Deno } = globalThis as unknown as { readonly Deno: DenoFfi };

function text(pointer: Pointer): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** Deno's adapter. */
export const adapter: Adapter = {
  open(path, frame) {
    const { symbols } = Deno.dlopen(path, librarySymbols);
    return libraryOf(symbols, Deno.UnsafePointer.of(frame), text);
  },

  openPlugin(path) {
    const library = Deno.dlopen(path, pluginSymbols);
    const { minitensor_plugin_abi_version, minitensor_plugin_describe } = library.symbols;
    return {
      abiVersion: minitensor_plugin_abi_version,
      describe: () => Number(Deno.UnsafePointer.value(minitensor_plugin_describe())),
      close: () => library.close(),
    };
  },

  addressOf(buffer) {
    return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
  },
};
