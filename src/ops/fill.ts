/**
 * Writing a rule's values into memory that is not yet anyone else's, or whose owner has checked that it may change.
 *
 * @module
 */
import { toElement } from "../dtype.ts";
import { callElementwise, callKernel, putAttributes } from "../ffi/call.ts";
import { kernelAddress, onLevelChange } from "../ffi/library.ts";
import type { KernelName } from "../ffi/abi.ts";
import type { Tensor } from "../tensor/tensor.ts";

const addresses = new Map<KernelName, number>();
onLevelChange(() => addresses.clear());

/** Address of a kernel that is called by name, not through an op. */
export function kernel(name: KernelName): number {
  let address = addresses.get(name);
  if (address === undefined) addresses.set(name, address = kernelAddress(name));
  return address;
}

/** Sets every element to `value`. */
export function fillInto(x: Tensor, value: number | bigint | boolean): void {
  if (x.spec.size === 0) return;
  const element = toElement(value, x.dtype);
  // An int64 travels as two halves: one f64 cannot hold all of it.
  const high = typeof element === "bigint" ? Number(element >> 32n) : 0;
  const low = typeof element === "bigint" ? Number(element & 0xffffffffn) : 0;
  putAttributes([x.spec.info.isFloat ? Number(value) : Number(element), high, low]);
  callElementwise("fill", kernel("fill"), [x], []);
}

/** Sets element i to `start + i * step`. */
export function arangeInto(x: Tensor, start: number, step: number): void {
  if (x.spec.size === 0) return;
  putAttributes([start, step]);
  callKernel("arange", kernel("arange"), [x], []);
}
