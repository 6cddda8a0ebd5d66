/**
 * Plugins: ops and layers that are registered and removed together, and layers put together from
 * functions.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, executeCustomOp } from "@minitensor/minitensor";
 * import { PluginBuilder, registerPlugin, unloadPlugin } from "@minitensor/minitensor/plugin";
 * const plugin = new PluginBuilder().name("signs").version("1.0.0").description("Signs.")
 *   .author("me").minMinitensorVersion("0.1.0").build();
 * const flip = new CustomOpBuilder("flip_sign", 1).forward(([x]) => x.neg()).build();
 * registerPlugin(plugin.setCustomOperationsFn(() => [flip]));
 * console.assert(executeCustomOp("flip_sign", [3]).item() === -3);
 * unloadPlugin("signs");
 * ```
 *
 * @module
 */
export { CustomPlugin, PluginBuilder } from "./custom_plugin.ts";
export { type LoadedPlugins, loadPlugins } from "./directory.ts";
export { type LayerFactory, type Plugin, type PluginFields, PluginInfo } from "./info.ts";
export { type InspectedOp, inspectPlugin, type PluginInspection } from "./inspect.ts";
export { CustomLayer, type LayerForward } from "./layer.ts";
export { type LoadedPlugin, loadPlugin } from "./native.ts";
export { PluginRegistry } from "./plugin_registry.ts";
export {
  createLayer,
  getPluginInfo,
  isPluginLoaded,
  listLayers,
  listPlugins,
  registerPlugin,
  unloadPlugin,
} from "./registry.ts";
export { VersionInfo } from "./version.ts";
