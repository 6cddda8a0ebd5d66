/**
 * A look at a library's header before it is opened: the loader maps what the header promises, and
 * a file that was cut short then ends the process with SIGBUS.
 *
 * @module
 */

/** Bytes to read: the header and more program headers than any library has. */
export const ELF_HEAD = 64 + 64 * 56;

const PT_LOAD = 1;
const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };

/**
 * What is wrong with a library of `size` bytes that begins with `head`, or null. Only ELF is
 * looked at (System V ABI, chapters 4 and 5).
 */
export function elfProblem(head: Uint8Array, size: number, arch: string): string | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 4 || view.getUint32(0) !== 0x7f454c46) return null;
  if (head.length < 64) return `it ends after ${size} bytes, within its header`;
  if (head[4] !== 2 || head[5] !== 1) return "it is not built for a 64-bit little-endian system";
  const machine = view.getUint16(18, true);
  if (MACHINES[machine] !== arch) {
    return `it is built for ${MACHINES[machine] ?? `machine ${machine}`}, this is ${arch}`;
  }
  const start = Number(view.getBigUint64(32, true));
  const step = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  for (let i = 0; i < count; i++) {
    const at = start + i * step;
    if (at + 56 > size) return `it ends after ${size} bytes, within its headers`;
    if (at + 56 > head.length) return null; // an unusual library: let the loader judge
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const end = view.getBigUint64(at + 8, true) + view.getBigUint64(at + 32, true);
    if (end > BigInt(size)) return `it ends after ${size} bytes, its header promises ${end}`;
  }
  return null;
}
