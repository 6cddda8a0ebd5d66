/**
 * Plugins in use: registering one brings all of its ops and layers, or none.
 *
 * @module
 */
import { type CustomOp, CustomOpRegistry } from "../custom.ts";
import { ArgumentError, PluginError, VersionMismatchError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { Module } from "../nn/module.ts";
import type { LayerFactory, Plugin, PluginInfo } from "./info.ts";
import { VersionInfo } from "./version.ts";

interface Installed {
  readonly plugin: Plugin;
  readonly ops: readonly string[];
  readonly layers: readonly string[];
}

/**
 * Plugins by name. A registry made with `new` has ops of its own, unless it is given those of
 * another; `registerPlugin` adds to the global one.
 *
 * @example
 * ```ts
 * import { CustomPlugin, PluginRegistry } from "@minitensor/minitensor/plugin";
 * const registry = new PluginRegistry();
 * registry.register(new CustomPlugin("empty", "1.0.0", "Does nothing.", "me", "0.1.0"));
 * console.assert(registry.listPlugins()[0]?.toString() === "empty 1.0.0");
 * ```
 */
export class PluginRegistry {
  readonly #operations: CustomOpRegistry;
  readonly #installed = new Map<string, Installed>();
  readonly #layers = new Map<string, LayerFactory>();
  readonly #installing = new Set<string>();

  /** A registry that has no plugins yet. */
  constructor(operations: CustomOpRegistry = new CustomOpRegistry()) {
    this.#operations = operations;
  }

  /**
   * Checks the plugin's versions and names, initializes it, and registers its ops and layers. When
   * anything fails, nothing of it stays registered.
   *
   * @throws {VersionMismatchError} when it is for another version of minitensor.
   * @throws {PluginError} when a name is taken, or the plugin fails: then with its error as cause.
   */
  register(plugin: Plugin): void {
    checkPlugin(plugin);
    const { info } = plugin;
    checkVersions(info);
    if (this.#installed.has(info.name) || this.#installing.has(info.name)) {
      throw failure(info, "a plugin of that name is registered");
    }
    const operations = attempt(info, "customOperations", () => plugin.customOperations());
    const layers = attempt(info, "customLayers", () => layersOf(plugin));
    this.#checkNames(info, operations, layers.map(([name]) => name));
    this.#installing.add(info.name);
    try {
      const ops = this.#install(plugin, operations);
      for (const [name, factory] of layers) this.#layers.set(name, factory);
      this.#installed.set(info.name, { plugin, ops, layers: layers.map(([name]) => name) });
    } finally {
      this.#installing.delete(info.name);
    }
  }

  /**
   * Removes a plugin's ops and layers and then calls its `cleanup`.
   *
   * @throws {PluginError} when there is no such plugin, or `cleanup` fails: by then all is removed.
   */
  unregister(name: string): void {
    const { plugin, ops, layers } = this.#find(name, "unload");
    this.#installed.delete(name);
    this.#remove(ops);
    for (const layer of layers) this.#layers.delete(layer);
    attempt(plugin.info, "cleanup", () => plugin.cleanup(), "unload");
  }

  /** What the plugins say of themselves, in the order of their registration. */
  listPlugins(): PluginInfo[] {
    return [...this.#installed.values()].map(({ plugin }) => plugin.info);
  }

  /**
   * The plugin of that name.
   *
   * @throws {PluginError} when there is none.
   */
  getPlugin(name: string): Plugin {
    return this.#find(name, "get").plugin;
  }

  /** True when a plugin of that name is registered. */
  isRegistered(name: string): boolean {
    return this.#installed.has(name);
  }

  /** Names of the plugins' layers. */
  listLayers(): string[] {
    return [...this.#layers.keys()];
  }

  /**
   * Makes a layer of a plugin.
   *
   * @throws {ArgumentError} when no plugin has a layer of that name.
   * @throws {PluginError} when what the plugin makes is no module.
   */
  createLayer<Layer extends Module = Module>(name: string, ...options: readonly unknown[]): Layer {
    const factory = this.#layers.get(name);
    if (factory === undefined) {
      const near = suggest(name, this.#layers.keys());
      throw new ArgumentError(
        `Cannot create layer ${JSON.stringify(name)}: no plugin has a layer of that name${near}`,
      );
    }
    const layer = (factory as (...options: readonly unknown[]) => unknown)(...options);
    if (layer instanceof Module) return layer as Layer;
    throw new PluginError(`Cannot create layer ${name}: its factory gave no module`);
  }

  #find(name: string, action: string): Installed {
    const found = this.#installed.get(name);
    if (found !== undefined) return found;
    const near = suggest(name, this.#installed.keys());
    throw new PluginError(
      `Cannot ${action} plugin ${
        JSON.stringify(name)
      }: no plugin of that name is registered${near}`,
    );
  }

  /** Throws unless all ops are right and all names are free. */
  #checkNames(info: PluginInfo, operations: readonly CustomOp[], layers: readonly string[]): void {
    const trial = new CustomOpRegistry();
    attempt(info, "customOperations", () => operations.forEach((op) => trial.register(op)));
    const taken = [
      ...operations.filter((op) => this.#operations.isTaken(op.name)).map((op) => `op ${op.name}`),
      ...layers.filter((name) => this.#layers.has(name)).map((name) => `layer ${name}`),
    ];
    if (taken.length > 0) throw failure(info, `names are taken: ${taken.join(", ")}`);
  }

  /** Initializes the plugin, registers its ops and answers their names; rolls back on failure. */
  #install(plugin: Plugin, operations: readonly CustomOp[]): readonly string[] {
    const registry = this.#operations;
    const before = new Set(registry.listOperations());
    const added = () => registry.listOperations().filter((name) => !before.has(name));
    const others = () => [...this.#installed.values()].flatMap(({ ops }) => ops);
    const own = () => added().filter((name) => !others().includes(name));
    let isInitialized = false;
    try {
      attempt(plugin.info, "initialize", () => plugin.initialize(registry));
      isInitialized = true;
      attempt(plugin.info, "customOperations", () => {
        // One that initialize has registered already is not registered twice.
        const isThere = (op: CustomOp) =>
          registry.isRegistered(op.name) && registry.get(op.name) === op;
        for (const op of operations) if (!isThere(op)) registry.register(op);
      });
      return own();
    } catch (error) {
      this.#remove(own());
      if (isInitialized) cleanUpQuietly(plugin);
      throw error;
    }
  }

  #remove(ops: readonly string[]): void {
    for (const name of ops) {
      if (this.#operations.isRegistered(name)) this.#operations.unregister(name);
    }
  }
}

function checkPlugin(plugin: Plugin): void {
  const methods = ["initialize", "customOperations", "customLayers", "cleanup"] as const;
  const fits = typeof plugin?.info?.name === "string" &&
    methods.every((method) => typeof plugin[method] === "function");
  if (!fits) throw new PluginError(`Cannot register ${String(plugin)}: it is no plugin`);
}

function layersOf(plugin: Plugin): readonly [string, LayerFactory][] {
  const layers = Object.entries(plugin.customLayers());
  for (const [name, factory] of layers) {
    if (typeof factory === "function") continue;
    throw new ArgumentError(`Cannot register layer ${name}: its factory is no function`);
  }
  return layers;
}

/** Undoes initialize after a failure, which is what the caller is to hear of. */
function cleanUpQuietly(plugin: Plugin): void {
  try {
    plugin.cleanup();
  } catch {
    // The failure before comes first.
  }
}

function checkVersions(info: PluginInfo): void {
  const current = VersionInfo.current();
  const { name, minMinitensorVersion: min, maxMinitensorVersion: max } = info;
  const mismatch = (required: VersionInfo, text: string) =>
    new VersionMismatchError(
      `Cannot register plugin ${name}: it needs minitensor ${text}, this is ${current}`,
      { required: required.toString(), actual: current.toString() },
    );
  if (!current.isCompatibleWith(min)) {
    throw mismatch(min, `${min} or a later one of ${min.major}.x`);
  }
  if (max !== null && current.compareTo(max) > 0) throw mismatch(max, `${max} or an earlier one`);
}

function suggest(name: string, names: Iterable<string>): string {
  const near = nearest(String(name), names);
  return near === undefined ? "" : `, the nearest is ${near}`;
}

function failure(
  info: PluginInfo,
  problem: string,
  action = "register",
  cause?: unknown,
): PluginError {
  const error = new PluginError(`Cannot ${action} plugin ${info.name}: ${problem}`);
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** Runs a part of a plugin: what it throws becomes the cause of a PluginError, unless it is one. */
function attempt<T>(info: PluginInfo, part: string, fn: () => T, action?: string): T {
  let result: T;
  try {
    result = fn();
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw failure(info, `its ${part} failed: ${text}`, action, error);
  }
  if (!(result instanceof Promise)) return result;
  result.catch(() => {}); // nobody waits for it
  throw failure(info, `its ${part} is async: nothing would wait for it`, action);
}
