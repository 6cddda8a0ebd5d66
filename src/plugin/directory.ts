/**
 * The plugins of a folder.
 *
 * @module
 */
import { ArgumentError, isMinitensorError, type MinitensorError } from "../errors.ts";
import { environment, fileKind, filePath, libraryExtension, listFolder } from "../host.ts";
import { type LoadedPlugin, loadPlugin } from "./native.ts";

/** What came of the libraries of a folder. */
export interface LoadedPlugins {
  /** Those that are now in use, in the order of their files' names. */
  readonly loaded: readonly LoadedPlugin[];
  /** Those that are not, and why. */
  readonly failed: readonly { readonly path: string; readonly error: MinitensorError }[];
}

/**
 * Loads every library of a folder, in the order of the files' names; one that fails is reported
 * and does not stop the others.
 *
 * @param directory the folder. Default: the one that MINITENSOR_PLUGIN_PATH names, else `plugins`
 * in the working directory; that one need not exist.
 * @throws {ArgumentError} when a folder that was asked for is not there.
 *
 * @example
 * ```ts
 * import { loadPlugins, unloadPlugin } from "@minitensor/minitensor/plugin";
 * const { loaded, failed } = loadPlugins();
 * for (const { path, error } of failed) console.warn(path, error.message);
 * for (const { name } of loaded) unloadPlugin(name);
 * ```
 */
export function loadPlugins(directory?: string | URL): LoadedPlugins {
  const given = directory ?? environment("MINITENSOR_PLUGIN_PATH");
  const folder = given === undefined ? "plugins" : given instanceof URL ? filePath(given) : given;
  if (fileKind(folder) !== "directory") {
    if (given === undefined) return { loaded: [], failed: [] };
    throw new ArgumentError(`Cannot load the plugins of ${folder}: there is no such folder`, {
      op: "loadPlugins",
    });
  }
  const loaded: LoadedPlugin[] = [];
  const failed: { path: string; error: MinitensorError }[] = [];
  for (const name of listFolder(folder).sort()) {
    const path = `${folder}/${name}`;
    if (!name.endsWith(libraryExtension()) || fileKind(path) !== "file") continue;
    try {
      loaded.push(loadPlugin(path));
    } catch (error) {
      if (!isMinitensorError(error)) throw error;
      failed.push({ path, error });
    }
  }
  return { loaded, failed };
}
