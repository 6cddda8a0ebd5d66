/**
 * What a plugin is, and what it says of itself.
 *
 * @module
 */
import type { CustomOp, CustomOpRegistry } from "../custom.ts";
import { ArgumentError } from "../errors.ts";
import type { Module } from "../nn/module.ts";
import { type VersionInfo, versionOf } from "./version.ts";

/** What {@link PluginInfo} is made from. */
export interface PluginFields {
  /** Name of the plugin. */
  readonly name: string;
  /** Its version. */
  readonly version: VersionInfo | string;
  /** One sentence. */
  readonly description: string;
  /** Who made it. */
  readonly author: string;
  /** The earliest version of minitensor that it works with. */
  readonly minMinitensorVersion: VersionInfo | string;
  /** The latest one; null or absent where none is known to be too late. */
  readonly maxMinitensorVersion?: VersionInfo | string | null;
}

/**
 * What a plugin says of itself.
 *
 * @example
 * ```ts
 * import { PluginInfo, VersionInfo } from "@minitensor/minitensor/plugin";
 * const info = new PluginInfo({
 *   name: "vision",
 *   version: "1.2.0",
 *   description: "Ops on images.",
 *   author: "me",
 *   minMinitensorVersion: "0.1.0",
 * });
 * console.assert(VersionInfo.current().isCompatibleWith(info.minMinitensorVersion));
 * ```
 */
export class PluginInfo {
  /** Name of the plugin. */
  readonly name: string;
  /** Its version. */
  readonly version: VersionInfo;
  /** One sentence. */
  readonly description: string;
  /** Who made it. */
  readonly author: string;
  /** The earliest version of minitensor that it works with. */
  readonly minMinitensorVersion: VersionInfo;
  /** The latest one; null where none is known to be too late. */
  readonly maxMinitensorVersion: VersionInfo | null;

  /**
   * From the fields.
   *
   * @throws {ArgumentError} when one is no text, the name is empty, or a version is none.
   */
  constructor(fields: PluginFields) {
    for (const field of ["name", "description", "author"] as const) {
      if (typeof fields[field] === "string") continue;
      throw new ArgumentError(`Cannot describe a plugin: its ${field} is no text`);
    }
    if (fields.name === "") throw new ArgumentError("Cannot describe a plugin: its name is empty");
    const { maxMinitensorVersion: max = null } = fields;
    this.name = fields.name;
    this.version = versionOf(fields.version);
    this.description = fields.description;
    this.author = fields.author;
    this.minMinitensorVersion = versionOf(fields.minMinitensorVersion);
    this.maxMinitensorVersion = max === null ? null : versionOf(max);
    Object.freeze(this);
  }

  /** Name and version. */
  toString(): string {
    return `${this.name} ${this.version}`;
  }
}

/** Makes a layer; what it takes is the layer's own business. */
export type LayerFactory = (...options: never[]) => Module;

/** Ops and layers that come and go together: in TypeScript, or from a native library. */
export interface Plugin {
  /** What it says of itself. */
  readonly info: PluginInfo;
  /** Called once, before its ops are registered; what it registers itself is the plugin's too. */
  initialize(registry: CustomOpRegistry): void;
  /** Its ops. Asked before {@link initialize}. */
  customOperations(): readonly CustomOp[];
  /** What makes its layers, by name. Asked before {@link initialize}. */
  customLayers(): Readonly<Record<string, LayerFactory>>;
  /** Called once, when its ops and layers are gone. */
  cleanup(): void;
}
