/**
 * Runs Zig at the version this project needs: `deno run -A .ci/zig.ts build abi`.
 *
 * @module
 */
import { setup } from "./setup.ts";
import { attached } from "./tools.ts";

const isDone = await attached([await setup(), ...Deno.args]);
Deno.exit(isDone ? 0 : 1);
