/**
 * Versions of plugins and of the library.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { VERSION } from "../version.ts";

/** A part of a version is less than this, so that it fits 32 bits. */
const PART_END = 2 ** 32;

/**
 * A version of three whole numbers.
 *
 * @example
 * ```ts
 * import { VersionInfo } from "@minitensor/minitensor/plugin";
 * const found = VersionInfo.parse("1.4.0");
 * console.assert(found.isCompatibleWith(new VersionInfo(1, 2, 9)));
 * console.assert(!found.isCompatibleWith(VersionInfo.parse("2.0.0")));
 * ```
 */
export class VersionInfo {
  /**
   * The version `major.minor.patch`.
   *
   * @throws {ArgumentError} when a part is no whole number from 0 to 2^32 - 1.
   */
  constructor(readonly major: number, readonly minor: number, readonly patch: number) {
    for (const part of [major, minor, patch]) {
      if (Number.isInteger(part) && part >= 0 && part < PART_END) continue;
      throw new ArgumentError(
        `Cannot make a version of ${part}: its parts are whole numbers from 0 to 2^32 - 1`,
      );
    }
    Object.freeze(this);
  }

  /**
   * The version that a text says: three numbers with dots between, and nothing else. Leading zeros
   * and signs are numbers too: `01.2.3`, `+1.2.3`.
   *
   * @throws {ArgumentError} when it says none.
   */
  static parse(text: string): VersionInfo {
    const found = /^\+?(\d+)\.\+?(\d+)\.\+?(\d+)$/.exec(text);
    const parts = found?.slice(1).map(Number) ?? [];
    if (parts.length !== 3 || parts.some((part) => part >= PART_END)) {
      throw new ArgumentError(
        `Cannot parse version ${JSON.stringify(text)}: it is three numbers, as 1.0.0`,
      );
    }
    const [major, minor, patch] = parts as [number, number, number];
    return new VersionInfo(major, minor, patch);
  }

  /** The library's own version. */
  static current(): VersionInfo {
    return VersionInfo.parse(VERSION);
  }

  /**
   * True when this version does where `required` is asked for: the same major, and not earlier. The
   * reverse need not hold, and 0.x is not special.
   */
  isCompatibleWith(required: VersionInfo): boolean {
    return this.major === required.major && this.compareTo(required) >= 0;
  }

  /** -1 when this version is the earlier one, 1 when it is the later one, 0 when they are equal. */
  compareTo(other: VersionInfo): -1 | 0 | 1 {
    const order = Math.sign(
      this.major - other.major || this.minor - other.minor || this.patch - other.patch,
    );
    return order as -1 | 0 | 1;
  }

  /** True for the same version. */
  equals(other: VersionInfo): boolean {
    return this.compareTo(other) === 0;
  }

  /** `major.minor.patch`. */
  toString(): string {
    return `${this.major}.${this.minor}.${this.patch}`;
  }
}

/** A version, from itself or its text. */
export function versionOf(version: VersionInfo | string): VersionInfo {
  return version instanceof VersionInfo ? version : VersionInfo.parse(version);
}
