/**
 * Plugins written in TypeScript.
 *
 * @module
 */
import type { CustomOp, CustomOpRegistry } from "../custom.ts";
import { ArgumentError } from "../errors.ts";
import { type LayerFactory, type Plugin, type PluginFields, PluginInfo } from "./info.ts";
import type { VersionInfo } from "./version.ts";

/**
 * A plugin whose parts are functions; each may be left out.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, executeCustomOp } from "@minitensor/minitensor";
 * import { CustomPlugin, registerPlugin, unloadPlugin } from "@minitensor/minitensor/plugin";
 * const half = new CustomOpBuilder("half", 1).forward(([x]) => x.mul(0.5)).build();
 * const plugin = new CustomPlugin("halves", "1.0.0", "Halves tensors.", "me", "0.1.0");
 * registerPlugin(plugin.setCustomOperationsFn(() => [half]));
 * console.assert(executeCustomOp("half", [3]).item() === 1.5);
 * unloadPlugin("halves");
 * ```
 */
export class CustomPlugin implements Plugin {
  /** What it says of itself. */
  readonly info: PluginInfo;
  #initialize: (registry: CustomOpRegistry) => void = () => {};
  #cleanup: () => void = () => {};
  #operations: () => readonly CustomOp[] = () => [];
  #layers: () => Readonly<Record<string, LayerFactory>> = () => ({});

  /**
   * A plugin without ops.
   *
   * @throws {ArgumentError} when the name is empty, or a version is none.
   */
  constructor(
    name: string,
    version: VersionInfo | string,
    description: string,
    author: string,
    minMinitensorVersion: VersionInfo | string,
    maxMinitensorVersion: VersionInfo | string | null = null,
  ) {
    const versions = { version, minMinitensorVersion, maxMinitensorVersion };
    this.info = new PluginInfo({ name, description, author, ...versions });
  }

  /** What {@link initialize} does. */
  setInitializeFn(fn: (registry: CustomOpRegistry) => void): this {
    this.#initialize = checked(fn, "setInitializeFn");
    return this;
  }

  /** What {@link cleanup} does. */
  setCleanupFn(fn: () => void): this {
    this.#cleanup = checked(fn, "setCleanupFn");
    return this;
  }

  /** What {@link customOperations} answers. */
  setCustomOperationsFn(fn: () => readonly CustomOp[]): this {
    this.#operations = checked(fn, "setCustomOperationsFn");
    return this;
  }

  /** What {@link customLayers} answers. */
  setCustomLayersFn(fn: () => Readonly<Record<string, LayerFactory>>): this {
    this.#layers = checked(fn, "setCustomLayersFn");
    return this;
  }

  /** Called when it is registered. */
  initialize(registry: CustomOpRegistry): void {
    return this.#initialize(registry);
  }

  /** Called when it has been unregistered. */
  cleanup(): void {
    return this.#cleanup();
  }

  /** Its ops. */
  customOperations(): readonly CustomOp[] {
    return this.#operations();
  }

  /** Its layers. */
  customLayers(): Readonly<Record<string, LayerFactory>> {
    return this.#layers();
  }
}

function checked<F>(fn: F, method: string): F {
  if (typeof fn === "function") return fn;
  throw new ArgumentError(`Cannot ${method} to ${String(fn)}: it is no function`);
}

/**
 * A plugin from its description, part by part.
 *
 * @example
 * ```ts
 * import { PluginBuilder } from "@minitensor/minitensor/plugin";
 * const plugin = new PluginBuilder()
 *   .name("halves")
 *   .version("1.0.0")
 *   .description("Halves tensors.")
 *   .author("me")
 *   .minMinitensorVersion("0.1.0")
 *   .build();
 * console.assert(plugin.info.toString() === "halves 1.0.0");
 * ```
 */
export class PluginBuilder {
  #fields: Partial<PluginFields> = {};

  /** Name of the plugin. */
  name(name: string): this {
    return this.#with({ name });
  }

  /** Its version. */
  version(version: VersionInfo | string): this {
    return this.#with({ version });
  }

  /** One sentence. */
  description(description: string): this {
    return this.#with({ description });
  }

  /** Who made it. */
  author(author: string): this {
    return this.#with({ author });
  }

  /** The earliest version of minitensor that it works with. */
  minMinitensorVersion(minMinitensorVersion: VersionInfo | string): this {
    return this.#with({ minMinitensorVersion });
  }

  /** The latest version of minitensor that it works with; may be left out. */
  maxMinitensorVersion(maxMinitensorVersion: VersionInfo | string): this {
    return this.#with({ maxMinitensorVersion });
  }

  /**
   * The plugin.
   *
   * @throws {ArgumentError} that names what is missing, or is no version.
   */
  build(): CustomPlugin {
    const needed = ["name", "version", "description", "author", "minMinitensorVersion"] as const;
    const missing = needed.filter((field) => this.#fields[field] === undefined);
    if (missing.length > 0) {
      throw new ArgumentError(`Cannot build the plugin: it has no ${missing.join(", no ")}`);
    }
    const { name, version, description, author, minMinitensorVersion, maxMinitensorVersion } = this
      .#fields as PluginFields;
    return new CustomPlugin(
      name,
      version,
      description,
      author,
      minMinitensorVersion,
      maxMinitensorVersion,
    );
  }

  #with(fields: Partial<PluginFields>): this {
    this.#fields = { ...this.#fields, ...fields };
    return this;
  }
}
