/**
 * Deno's FFI.
 *
 * @module
 */
import type { Adapter } from "./adapter.ts";
import type { OpenedLibrary, Signature } from "./symbols.ts";

/**
 * The part of Deno that is used: declared here, so that the module type-checks where Deno's own
 * types are absent.
 */
interface DenoFfi {
  dlopen(path: string, symbols: Record<string, unknown>): unknown;
}

const { Deno } = globalThis as unknown as { readonly Deno: DenoFfi };

const denoType = (type: string) => type === "address" ? "usize" : type;

/** Deno's adapter. */
export const adapter: Adapter = {
  open<Table extends Record<string, Signature>>(path: string, table: Table) {
    const symbols = Object.fromEntries(
      Object.entries(table).map(([name, { parameters, result }]) => [
        name,
        { parameters: parameters.map(denoType), result: denoType(result) },
      ]),
    );
    return Deno.dlopen(path, symbols) as OpenedLibrary<Table>;
  },
};
