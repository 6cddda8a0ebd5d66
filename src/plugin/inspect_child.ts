/**
 * Runs in a process of its own: loads a plugin and writes what it would register, as JSON.
 *
 * @module
 */
import { isMinitensorError } from "../errors.ts";
import { programArguments, write } from "../host.ts";
import type { Manifest } from "./manifest.ts";
import { install, NativePlugin } from "./native.ts";
import { unloadPlugin } from "./registry.ts";

/** What the child process writes. */
export interface ChildReport {
  readonly manifest: Manifest | null;
  readonly error: string | null;
}

/** The report on the plugin at `path`, which is loaded and unloaded for it. */
function report(path: string): ChildReport {
  try {
    const plugin = NativePlugin.open(path);
    install(plugin);
    unloadPlugin(plugin.info.name);
    return { manifest: plugin.manifest, error: null };
  } catch (error) {
    if (!isMinitensorError(error)) throw error;
    return { manifest: null, error: error.message };
  }
}

write(`${JSON.stringify(report(programArguments()[0]!))}\n`);
