/**
 * The library's version.
 *
 * @module
 */

/** Version of the library, as in deno.json. */
export const VERSION = "0.1.0";
