/**
 * The library's version.
 *
 * @module
 */
export { VERSION } from "./ffi/abi.ts";
