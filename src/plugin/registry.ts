/**
 * The plugins in use.
 *
 * @module
 */
import { customOps } from "../custom.ts";
import type { Module } from "../nn/module.ts";
import type { Plugin, PluginInfo } from "./info.ts";
import { PluginRegistry } from "./plugin_registry.ts";

const plugins = new PluginRegistry(customOps);

/**
 * Registers a plugin: its ops are then ops like any other.
 *
 * @throws {VersionMismatchError} when it is for another version of minitensor.
 * @throws {PluginError} when a name is taken, or the plugin fails; then nothing of it stays.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, executeCustomOp } from "@minitensor/minitensor";
 * import { CustomPlugin, registerPlugin } from "@minitensor/minitensor/plugin";
 * const third = new CustomOpBuilder("third", 1).forward(([x]) => x.div(3)).build();
 * const plugin = new CustomPlugin("thirds", "1.0.0", "Divides by 3.", "me", "0.1.0");
 * registerPlugin(plugin.setCustomOperationsFn(() => [third]));
 * console.assert(executeCustomOp("third", [6]).item() === 2);
 * ```
 */
export function registerPlugin(plugin: Plugin): void {
  plugins.register(plugin);
}

/**
 * Removes a plugin with its ops and layers, whether it is TypeScript or native.
 *
 * @throws {PluginError} when there is no such plugin, or its cleanup fails.
 *
 * @example
 * ```ts
 * import { CustomPlugin, isPluginLoaded } from "@minitensor/minitensor/plugin";
 * import { registerPlugin, unloadPlugin } from "@minitensor/minitensor/plugin";
 * const plugin = new CustomPlugin("short", "1.0.0", "Comes and goes.", "me", "0.1.0");
 * registerPlugin(plugin.setCleanupFn(() => console.log("gone")));
 * unloadPlugin("short");
 * console.assert(!isPluginLoaded("short"));
 * ```
 */
export function unloadPlugin(name: string): void {
  plugins.unregister(name);
}

/**
 * What the plugins in use say of themselves, in the order in which they came.
 *
 * @example
 * ```ts
 * import { listPlugins } from "@minitensor/minitensor/plugin";
 * for (const { name, version } of listPlugins()) console.log(`${name} ${version}`);
 * ```
 */
export function listPlugins(): PluginInfo[] {
  return plugins.listPlugins();
}

/**
 * What a plugin says of itself.
 *
 * @throws {PluginError} when there is no such plugin.
 *
 * @example
 * ```ts
 * import { getPluginInfo, isPluginLoaded } from "@minitensor/minitensor/plugin";
 * if (isPluginLoaded("vision")) console.log(`${getPluginInfo("vision").version}`);
 * ```
 */
export function getPluginInfo(name: string): PluginInfo {
  return plugins.getPlugin(name).info;
}

/**
 * True when a plugin of that name is in use.
 *
 * @example
 * ```ts
 * import { CustomPlugin, isPluginLoaded, registerPlugin } from "@minitensor/minitensor/plugin";
 * registerPlugin(new CustomPlugin("present", "1.0.0", "Nothing.", "me", "0.1.0"));
 * console.assert(isPluginLoaded("present") && !isPluginLoaded("absent"));
 * ```
 */
export function isPluginLoaded(name: string): boolean {
  return plugins.isRegistered(name);
}

/**
 * Names of the layers that plugins have.
 *
 * @example
 * ```ts
 * import { ReLU } from "@minitensor/minitensor/nn";
 * import { CustomPlugin, listLayers, registerPlugin } from "@minitensor/minitensor/plugin";
 * const plugin = new CustomPlugin("rectifiers", "1.0.0", "Layers.", "me", "0.1.0");
 * registerPlugin(plugin.setCustomLayersFn(() => ({ ramp: () => new ReLU() })));
 * console.assert(listLayers().includes("ramp"));
 * ```
 */
export function listLayers(): string[] {
  return plugins.listLayers();
}

/**
 * Makes a layer that a plugin has.
 *
 * @throws {ArgumentError} when there is none of that name.
 *
 * @example
 * ```ts
 * import { ReLU, Sequential } from "@minitensor/minitensor/nn";
 * import { createLayer, CustomPlugin, registerPlugin } from "@minitensor/minitensor/plugin";
 * const plugin = new CustomPlugin("layers", "1.0.0", "Layers.", "me", "0.1.0");
 * registerPlugin(plugin.setCustomLayersFn(() => ({ rectifier: () => new ReLU() })));
 * console.assert(new Sequential(createLayer("rectifier")).length === 1);
 * ```
 */
export function createLayer<Layer extends Module = Module>(
  name: string,
  ...options: readonly unknown[]
): Layer {
  return plugins.createLayer<Layer>(name, ...options);
}
