/**
 * Neural networks: modules, layers, losses, first values.
 *
 * @module
 */
export * as functional from "./functional.ts";
export * as init from "./init.ts";
export * from "./layers.ts";
export * from "./losses.ts";
export { type LoadResult, Module } from "./module.ts";
export { Parameter } from "./parameter.ts";
export { Sequential } from "./sequential.ts";
