/**
 * The bundled iris flowers.
 *
 * @module
 */
import { decodeBase64 } from "./base64.ts";
import { IRIS } from "./iris_data.ts";

/** Flowers and their species. */
export interface Iris {
  /** 150 rows of sepal length, sepal width, petal length, petal width, in centimetres. */
  readonly features: Float32Array<ArrayBuffer>;
  /** Species of each flower: 0, 1 or 2. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** What the labels stand for. */
  readonly names: readonly string[];
}

/**
 * Unpacks the iris data: 150 flowers of three species, four lengths each.
 *
 * Origin: R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936), UCI
 * Machine Learning Repository; licence CC BY 4.0.
 */
export function decodeIris(): Iris {
  const millimetres = decodeBase64(IRIS);
  return {
    features: Float32Array.from(millimetres, (length) => length / 10),
    labels: Uint8Array.from({ length: 150 }, (_, i) => Math.floor(i / 50)),
    names: ["setosa", "versicolor", "virginica"],
  };
}
