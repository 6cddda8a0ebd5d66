/**
 * The bundled handwritten digits. Import it lazily: it brings 47 KB of text along.
 *
 * @module
 */
import { inflate } from "../host.ts";
import { decodeBase64 } from "./base64.ts";
import { DIGITS } from "./digits_data.ts";

const COUNT = 1797;
const PIXELS = 64;

/** Images and what they show. */
export interface Digits {
  /** 1797 images of 8 rows of 8 pixels; 0 is paper, 16 is ink. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** The digit of each image. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/**
 * Unpacks the digits: 1797 images of 8x8 pixels, by 43 people, in the order of the original.
 *
 * Origin: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
 * Learning Repository, the test set; licence CC BY 4.0.
 */
export function decodeDigits(): Digits {
  const packed = inflate(decodeBase64(DIGITS), COUNT * (1 + PIXELS));
  const labels = packed.slice(0, COUNT);
  const planes = packed.subarray(COUNT);
  const order = [...labels.keys()].sort((i, j) => labels[i]! - labels[j]!);
  const images = new Uint8Array(COUNT * PIXELS);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    for (let i = 0; i < COUNT; i++) images[order[i]! * PIXELS + pixel] = planes[pixel * COUNT + i]!;
  }
  return { images, labels };
}
