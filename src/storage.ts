/**
 * Memory of tensors. It belongs to JavaScript: an ArrayBuffer that nothing refers to is reclaimed
 * even inside a synchronous loop, where finalizers never run. Small tensors share slabs; larger
 * ones own a block. Where a lifetime is known (dispose, scopes, backward) blocks come back to a
 * pool and are used again, so that a training loop in a steady state allocates nothing.
 *
 * @module
 */
import { ArgumentError, MemoryError } from "./errors.ts";
import { addressOf, library } from "./ffi/library.ts";

const ALIGNMENT = 64;
const SMALL_MAX = 1024;
/** From here on a block is worth a madvise and a finalizer of its own. */
const HUGE_MIN = 2 << 20;

/** A run of bytes that tensors and their views share. */
export class Storage {
  /**
   * Changes of the contents so far; backward refuses a saved tensor whose storage has changed
   * since.
   */
  version = 0;
  /** Live tensors and graph nodes that use it. At 0 the memory may be used again. */
  users = 0;
  /** True when no tensor has had this memory before, so that it is all zeros. */
  fresh = true;

  /** Made by {@link allocate} and {@link adopt}. */
  constructor(
    readonly buffer: ArrayBuffer,
    /** Address of the first byte. */
    readonly address: number,
    /** Position of the first byte in the buffer. */
    readonly byteOffset: number,
    /** Bytes there are, at least those asked for. */
    readonly capacity: number,
    /** Free list it returns to; -1 for memory that is not ours to use again. */
    readonly sizeClass: number,
  ) {}
}

/** Counts of the memory in use, in bytes. */
export interface MemoryStatistics {
  /** Bytes of all buffers that the runtime has not yet reclaimed, pooled ones included. */
  bytes: number;
  /** Highest `bytes` so far. */
  peakBytes: number;
  /** Bytes in the pool, ready to be used again. */
  pooledBytes: number;
  /** Requests that the pool met. */
  hits: number;
  /** Requests that needed fresh memory. */
  misses: number;
}

const statistics: MemoryStatistics = { bytes: 0, peakBytes: 0, pooledBytes: 0, hits: 0, misses: 0 };

/** Runs late, and never inside a synchronous loop: good enough for counting, for nothing else. */
const reclaimed = new FinalizationRegistry<number>((bytes) => {
  statistics.bytes -= bytes;
});

function newBuffer(bytes: number): ArrayBuffer {
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(bytes);
  } catch {
    throw new MemoryError(`Cannot allocate ${bytes} bytes: the runtime has no memory for them`, {
      context: { bytes },
    });
  }
  statistics.bytes += bytes;
  if (statistics.bytes > statistics.peakBytes) statistics.peakBytes = statistics.bytes;
  reclaimed.register(buffer, bytes);
  return buffer;
}

/** A buffer that blocks are cut from, one after the other. */
interface Slab {
  /** Largest block that is cut from it. */
  readonly blockMax: number;
  /** Bytes of a buffer: as much memory as one long-lived small tensor can keep alive. */
  readonly bytes: number;
  buffer: ArrayBuffer | null;
  address: number;
  used: number;
}

function slab(blockMax: number, bytes: number): Slab {
  return { blockMax, bytes, buffer: null, address: 0, used: bytes };
}

/**
 * A buffer of its own costs 0.6 us in Deno, most of it for the address: a slab shares that among
 * its blocks.
 */
const small = slab(SMALL_MAX, 16 * 1024);
const medium = slab(16 * 1024, 256 * 1024);

const free: Storage[][] = [];
let poolLimit = 1 << 30;

/** Free list of a size: one per 64 bytes up to 1 KiB, then four per power of two. */
function classOf(bytes: number): number {
  if (bytes <= SMALL_MAX) return bytes <= ALIGNMENT ? 0 : (bytes - 1) >>> 6;
  const exponent = Math.floor(Math.log2(bytes - 1)); // 2^exponent < bytes <= 2^(exponent + 1)
  const quarter = 2 ** (exponent - 2);
  return 16 + (exponent - 10) * 4 + Math.ceil((bytes - 2 ** exponent) / quarter) - 1;
}

/** Bytes of every block of a class. */
function capacityOf(sizeClass: number): number {
  if (sizeClass < 16) return (sizeClass + 1) * ALIGNMENT;
  const exponent = 10 + ((sizeClass - 16) >> 2);
  return 2 ** exponent + (((sizeClass - 16) & 3) + 1) * 2 ** (exponent - 2);
}

/**
 * Memory for at least `bytes` bytes, aligned to 64; its contents are unspecified unless `fresh`.
 *
 * @throws {MemoryError} when there is none.
 */
export function allocate(bytes: number): Storage {
  const sizeClass = classOf(bytes);
  const list = free[sizeClass];
  if (list !== undefined && list.length > 0) {
    const storage = list.pop()!;
    statistics.hits++;
    statistics.pooledBytes -= storage.capacity;
    storage.fresh = false;
    return storage;
  }
  statistics.misses++;
  if (bytes <= SMALL_MAX) return allocateFrom(small, sizeClass);
  return bytes <= medium.blockMax ? allocateFrom(medium, sizeClass) : allocateBlock(sizeClass);
}

function allocateFrom(slab: Slab, sizeClass: number): Storage {
  const capacity = capacityOf(sizeClass);
  if (slab.used + capacity > slab.bytes) renew(slab);
  const storage = new Storage(
    slab.buffer!,
    slab.address + slab.used,
    slab.used,
    capacity,
    sizeClass,
  );
  slab.used += capacity;
  return storage;
}

function renew(slab: Slab): void {
  // V8 aligns a buffer's memory to 16 bytes only: the spare 64 let the first block start on a
  // boundary.
  slab.buffer = newBuffer(slab.bytes + ALIGNMENT);
  slab.address = addressOf(slab.buffer);
  slab.used = (ALIGNMENT - (slab.address % ALIGNMENT)) % ALIGNMENT;
}

/**
 * Blocks start at different cache sets: equal low address bits would make them evict one another.
 */
let colour = 0;

function allocateBlock(sizeClass: number): Storage {
  const capacity = capacityOf(sizeClass);
  colour = (colour + 17) % 32;
  const shift = capacity >= 32 * 1024 ? colour * 128 : 0;
  const buffer = newBuffer(capacity + shift + ALIGNMENT);
  const start = addressOf(buffer);
  const byteOffset = shift + (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
  if (capacity >= HUGE_MIN) library().prepareBlock(start, buffer.byteLength);
  return new Storage(buffer, start + byteOffset, byteOffset, capacity, sizeClass);
}

/** A storage over memory that somebody else made and keeps. */
export function adopt(buffer: ArrayBuffer, byteOffset: number, bytes: number): Storage {
  const storage = new Storage(buffer, addressOf(buffer) + byteOffset, byteOffset, bytes, -1);
  storage.fresh = false;
  return storage;
}

/** One user fewer; the last one gives the memory back to the pool. */
export function release(storage: Storage): void {
  if (--storage.users > 0 || storage.sizeClass < 0) return;
  storage.version++; // whoever still saved it for backward must find out
  if (statistics.pooledBytes + storage.capacity > poolLimit) return;
  statistics.pooledBytes += storage.capacity;
  (free[storage.sizeClass] ??= []).push(storage);
}

/**
 * Counts of the tensors' memory.
 *
 * @example
 * ```ts
 * import { memory, zeros } from "@minitensor/minitensor";
 * const before = memory().pooledBytes;
 * zeros([1000]).dispose();
 * console.assert(memory().pooledBytes > before);
 * ```
 */
export function memory(): Readonly<MemoryStatistics> {
  return { ...statistics };
}

/**
 * Gives the pool's memory back to the runtime.
 *
 * @example
 * ```ts
 * import { emptyCache, memory, zeros } from "@minitensor/minitensor";
 * zeros([1000]).dispose();
 * emptyCache();
 * console.assert(memory().pooledBytes === 0);
 * ```
 */
export function emptyCache(): void {
  free.length = 0;
  statistics.pooledBytes = 0;
}

/**
 * Sets how many bytes the pool may hold (1 GiB at first); where it holds more, it is emptied. With
 * 0, memory is not used again.
 *
 * @example
 * ```ts
 * import { memory, setPoolLimit, zeros } from "@minitensor/minitensor";
 * setPoolLimit(0);
 * zeros([1000]).dispose();
 * console.assert(memory().pooledBytes === 0);
 * setPoolLimit(2 ** 30);
 * ```
 */
export function setPoolLimit(bytes: number): void {
  if (!(bytes >= 0)) {
    throw new ArgumentError(`Cannot limit the pool to ${bytes} bytes: it is 0 or more`);
  }
  poolLimit = bytes;
  if (statistics.pooledBytes > bytes) emptyCache();
}
