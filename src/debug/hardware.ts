/**
 * What the library runs on.
 *
 * @module
 */
import { library } from "../ffi/library.ts";

/** The CPU level whose kernels run: `v2`, `v3`, `v4` (x86-64) or `neon`. */
export function cpuLevel(): string {
  return library().level();
}
