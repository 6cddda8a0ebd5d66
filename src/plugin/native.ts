/**
 * Native plugins: shared libraries that bring ops, opened by the runtime's own FFI, which asks for
 * permission.
 *
 * @module
 */
import type { CustomOp } from "../custom.ts";
import { ArgumentError, isMinitensorError, PluginError, VersionMismatchError } from "../errors.ts";
import type { PluginLibrary } from "../ffi/adapter.ts";
import { library, openPluginLibrary } from "../ffi/library.ts";
import { fileKind, filePath, processor, readHead } from "../host.ts";
import { type Op, ops } from "../op.ts";
import { ELF_HEAD, elfProblem } from "./elf.ts";
import { type LayerFactory, type Plugin, PluginInfo } from "./info.ts";
import { invalid, type Manifest, PLUGIN_ABI_VERSION, readManifest, wrongAbi } from "./manifest.ts";
import { nativeOp } from "./native_op.ts";
import { PluginFile } from "./plugin_file.ts";
import { isPluginLoaded, registerPlugin, unloadPlugin } from "./registry.ts";
import { VersionInfo } from "./version.ts";

/** A plugin that was loaded from a library. `using` unloads it at the end of the block. */
export interface LoadedPlugin extends Disposable {
  /** The plugin's name. */
  readonly name: string;
  /** What it says of itself. */
  readonly info: PluginInfo;
  /** The file. */
  readonly path: string;
  /** Its ops by name. */
  readonly ops: ReadonlyMap<string, Op>;
  /** Unloads it, unless that was done before. */
  [Symbol.dispose](): void;
}

/** A library that was opened and understood, and not yet installed. */
export class NativePlugin implements Plugin {
  readonly #operations: readonly CustomOp[];

  private constructor(
    readonly info: PluginInfo,
    readonly file: PluginFile,
    readonly manifest: Manifest,
  ) {
    this.#operations = manifest.ops.map((op) => nativeOp(op, manifest.ops, file));
  }

  /** Opens and checks the library at `path`; when that fails it is closed again. */
  static open(path: string): NativePlugin {
    const opened = openFile(path);
    try {
      const version = opened.abiVersion();
      if (version !== PLUGIN_ABI_VERSION) throw wrongAbi(path, version);
      const manifest = readManifest(path, opened.describe());
      const info = infoOf(path, manifest);
      return new NativePlugin(info, new PluginFile(path, manifest.name, opened), manifest);
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  initialize(): void {
    const { initialize } = this.manifest;
    if (initialize === 0 || library().initializePlugin(initialize) === 0) return;
    const reason = library().pluginError() || "it gave no reason";
    throw invalid(this.file.path, `its initialize failed: ${reason}`);
  }

  customOperations(): readonly CustomOp[] {
    return this.#operations;
  }

  customLayers(): Readonly<Record<string, LayerFactory>> {
    return {};
  }

  cleanup(): void {
    this.file.unload(this.manifest.cleanup);
  }
}

function openFile(path: string): PluginLibrary {
  const kind = fileKind(path);
  if (kind === "missing") throw invalid(path, "there is no such file");
  if (kind === "directory") throw invalid(path, "it is a directory; loadPlugins takes one");
  const start = readHead(path, ELF_HEAD);
  const problem = start && elfProblem(start.head, start.size, processor());
  if (problem !== null) throw invalid(path, problem);
  try {
    return openPluginLibrary(path);
  } catch (error) {
    if (isMinitensorError(error)) throw error;
    throw explain(path, error);
  }
}

/** The runtime's own error in the library's words. */
function explain(path: string, error: unknown): PluginError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "NotCapable" || name === "PermissionDenied") {
    return new PluginError(`Cannot load plugin ${path}: the program may not open it`, {
      path,
      suggestion: `Run with --allow-ffi=${path}`,
      context: { cause: message },
    });
  }
  const symbol = /minitensor_plugin_\w+/.exec(message)?.[0];
  if (symbol !== undefined) return invalid(path, `it exports no ${symbol}, so it is no plugin`);
  return invalid(path, `it is no library that can be opened here (${message})`);
}

function infoOf(path: string, manifest: Manifest): PluginInfo {
  const version = (text: string, what: string): VersionInfo => {
    try {
      return VersionInfo.parse(text);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw invalid(
        path,
        `its ${what} is ${JSON.stringify(text)}, expected three numbers as 1.0.0`,
      );
    }
  };
  const { name, description, author, maximum } = manifest;
  if (name === "") throw invalid(path, "its name is empty");
  return new PluginInfo({
    name,
    version: version(manifest.version, "version"),
    description,
    author,
    minMinitensorVersion: version(manifest.minimum, "min_minitensor_version"),
    maxMinitensorVersion: maximum === null ? null : version(maximum, "max_minitensor_version"),
  });
}

/**
 * Loads a plugin: opens the library, checks its version and its description, initializes it and
 * registers its ops, or none of this. It is native code with the rights of the process; Deno asks
 * for `--allow-ffi` on its path.
 *
 * @throws {PluginError} when the file is no plugin, or not a right one, or its `initialize` fails,
 * or a name is taken.
 * @throws {VersionMismatchError} when it was made for another version.
 *
 * @example
 * ```ts
 * import { executeCustomOp, PluginError } from "@minitensor/minitensor";
 * import { loadPlugin } from "@minitensor/minitensor/plugin";
 * try {
 *   using plugin = loadPlugin("plugins/libzig_swish.so");
 *   console.log(plugin.info.version.toString(), executeCustomOp("zig_swish", [[-1, 0, 1]]));
 * } catch (error) {
 *   if (!(error instanceof PluginError)) throw error;
 *   console.log(error.message); // what is wrong with which file
 * }
 * ```
 */
export function loadPlugin(path: string | URL): LoadedPlugin {
  const file = typeof path === "string" ? path : filePath(path);
  const plugin = NativePlugin.open(file);
  install(plugin);
  const { name } = plugin.info;
  return {
    name,
    info: plugin.info,
    path: file,
    ops: new Map(plugin.manifest.ops.map((op) => [op.name, ops.get(op.name)!])),
    [Symbol.dispose]: () => {
      if (plugin.file.isOpen && isPluginLoaded(name)) unloadPlugin(name);
    },
  };
}

/** Registers an opened plugin; when that fails it is closed. */
export function install(plugin: NativePlugin): void {
  try {
    registerPlugin(plugin);
  } catch (error) {
    plugin.file.abandon();
    throw located(plugin.file.path, error);
  }
}

/** An error of the registry, with the file it is about. */
function located(path: string, error: unknown): unknown {
  if (!(error instanceof PluginError) || error.path !== undefined) return error;
  const message = `Cannot load plugin ${path}: ${error.message}`;
  const { suggestion, context } = error;
  const details = {
    path,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(context === undefined ? {} : { context }),
  };
  if (!(error instanceof VersionMismatchError)) return new PluginError(message, details);
  const { required = "", actual = "" } = error;
  return new VersionMismatchError(message, { ...details, required, actual });
}
