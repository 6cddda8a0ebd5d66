/**
 * Small grey pictures of a report, as PNG inside the page.
 *
 * @module
 */
import { crc32, deflate } from "../host.ts";
import { escapeHtml } from "./report_html.ts";

/** A grey picture with a caption. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** Brightness of each pixel, row by row: 0 is black, 1 is white. */
  readonly pixels: ArrayLike<number>;
  /** The line below it. */
  readonly caption: string;
  /** Colours the caption. */
  readonly isRight?: boolean;
}

/** The picture as an HTML figure. */
export function renderPicture(picture: Picture): string {
  const caption = escapeHtml(picture.caption);
  const mark = picture.isRight === undefined
    ? ""
    : picture.isRight
    ? ` class="right"`
    : ` class="wrong"`;
  const source = `data:image/png;base64,${toBase64(encodePng(picture))}`;
  const size = `width="${picture.width}" height="${picture.height}"`;
  return `<figure${mark}><img ${size} alt="${caption}" src="${source}">` +
    `<figcaption>${caption}</figcaption></figure>`;
}

function toBase64(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

/** An 8-bit grey PNG. */
export function encodePng({ width, height, pixels }: Picture): Uint8Array {
  const rows = new Uint8Array(height * (width + 1)); // each begins with its filter: 0 is none
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const brightness = Math.min(1, Math.max(0, pixels[y * width + x]!));
      rows[y * (width + 1) + 1 + x] = Math.round(255 * brightness);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits; colour type, compression, filter and interlacing are 0
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", deflate(rows)),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array([...signature, ...chunks.flatMap((bytes) => [...bytes])]);
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
