/**
 * The errors that minitensor throws. Each extends the nearest built-in class, carries the values it talks about, and says
 * what cannot be done, to what, and in which state: `Cannot add tensors of shapes [2, 3] and [4]: axis 1 is 3 and 4`.
 *
 * @module
 */

/** What an error may carry besides its message. */
export interface ErrorDetails {
  /** Name of the operation that failed. */
  readonly op?: string;
  /** What the caller can do about it. */
  readonly suggestion?: string;
  /** The values the message talks about. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** What all errors of this library have in common; test with {@link isMinitensorError}. */
export interface MinitensorError extends Error, ErrorDetails {
  /** Short name of the class of the error: `shape`, `dtype`, `axis`... */
  readonly kind: string;
}

const brand = Symbol.for("minitensor.error");

/** Marks `error` as ours and copies the details into it. */
function complete(error: Error, name: string, details: ErrorDetails): void {
  Object.defineProperty(error, "name", { value: name, configurable: true });
  Object.defineProperty(error, brand, { value: true });
  Object.assign(error, details);
}

/**
 * True for every error thrown on purpose by minitensor, also by another copy of it in the program,
 * whose classes are not the same.
 *
 * @example
 * ```ts
 * import { isMinitensorError, zeros } from "@minitensor/minitensor";
 * try {
 *   zeros([2]).add(zeros([3]));
 * } catch (error) {
 *   console.assert(isMinitensorError(error) && error.name === "BroadcastError");
 * }
 * console.assert(!isMinitensorError(new TypeError()));
 * ```
 */
export function isMinitensorError(error: unknown): error is MinitensorError {
  return error instanceof Error && brand in error;
}

/**
 * Text of an error with its operation, context and suggestion, a line each.
 *
 * @example
 * ```ts
 * import { detailedMessage, ShapeError } from "@minitensor/minitensor";
 * const error = new ShapeError("Cannot fold it: it is flat", { op: "fold" });
 * console.assert(detailedMessage(error).split("\n")[1] === "operation: fold");
 * ```
 */
export function detailedMessage(error: MinitensorError): string {
  const lines = [error.message];
  if (error.op !== undefined) lines.push(`operation: ${error.op}`);
  for (const [name, value] of Object.entries(error.context ?? {})) {
    lines.push(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  if (error.suggestion !== undefined) lines.push(`suggestion: ${error.suggestion}`);
  return lines.join("\n");
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends TypeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "shape";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "ShapeError", details);
  }
}

/** Shapes that do not broadcast together. */
export class BroadcastError extends ShapeError {
  /** Class of the error. */
  override readonly kind: string = "broadcast";

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details);
    Object.defineProperty(this, "name", { value: "BroadcastError", configurable: true });
  }
}

/** A dtype that the operation does not take. */
export class DTypeError extends TypeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "dtype";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "DTypeError", details);
  }
}

/** A device that this build does not have. */
export class DeviceError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "device";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "DeviceError", details);
  }
}

/** A dim outside the tensor's rank, or named twice. */
export class AxisError extends RangeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "axis";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "AxisError", details);
  }
}

/** An index outside its dim. */
export class IndexError extends RangeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "index";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "IndexError", details);
  }
}

/** A graph that cannot be recorded or differentiated as asked. */
export class GradientError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "gradient";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "GradientError", details);
  }
}

/** An argument or option that makes no sense. */
export class ArgumentError extends TypeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "argument";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "ArgumentError", details);
  }
}

/** Memory that cannot be had. */
export class MemoryError extends RangeError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "memory";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "MemoryError", details);
  }
}

/** A native kernel that reported a failure. */
export class KernelError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "kernel";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "KernelError", details);
  }
}

/** What an error about a file carries besides. */
export interface FileDetails extends ErrorDetails {
  /** The file. */
  readonly path?: string;
  /** Byte where the trouble is. */
  readonly offset?: number;
}

/** A file or buffer that is not what it should be. */
export class SerializationError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "serialization";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;
  /** The file. */
  declare readonly path?: string;
  /** Byte where the trouble is. */
  declare readonly offset?: number;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: FileDetails = {}) {
    super(message);
    complete(this, "SerializationError", details);
  }
}

/** Where in a text an error is. */
export interface ParseDetails extends ErrorDetails {
  /** Line, from 1 on. */
  readonly line?: number;
  /** Column, from 1 on. */
  readonly column?: number;
}

/** A text that is not what it should be: a pattern, an equation, a table. */
export class ParseError extends SyntaxError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "parse";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;
  /** Line where the trouble is, from 1 on. */
  declare readonly line?: number;
  /** Column where the trouble is, from 1 on. */
  declare readonly column?: number;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ParseDetails = {}) {
    super(message);
    complete(this, "ParseError", details);
  }
}

/** A tensor that was disposed of and is used again. */
export class DisposedError extends ReferenceError implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "disposed";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "DisposedError", details);
  }
}

/** The native library cannot be opened or is not the right one. */
export class LibraryError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "library";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "LibraryError", details);
  }
}

/** A matrix that an algorithm cannot go on with: singular, not positive definite, not finite. */
export class LinAlgError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "linalg";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "LinAlgError", details);
  }
}

/** Something that was left for others to define, and is not. */
export class NotImplementedError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "notImplemented";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message);
    complete(this, "NotImplementedError", details);
  }
}

/** Details of an error about a plugin. */
export interface PluginDetails extends ErrorDetails {
  /** The plugin's file. */
  readonly path?: string;
  /** The version that was asked for. */
  readonly required?: string;
  /** The version that was found. */
  readonly actual?: string;
}

/** A plugin that cannot be loaded, used or unloaded. */
export class PluginError extends Error implements MinitensorError {
  /** Class of the error. */
  readonly kind: string = "plugin";
  /** Name of the operation that failed. */
  declare readonly op?: string;
  /** What the caller can do about it. */
  declare readonly suggestion?: string;
  /** The values the message talks about. */
  declare readonly context?: Readonly<Record<string, unknown>>;
  /** The plugin's file. */
  declare readonly path?: string;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: PluginDetails = {}) {
    super(message);
    complete(this, "PluginError", details);
  }
}

/** A plugin made for another version of minitensor, or of the interface between them. */
export class VersionMismatchError extends PluginError {
  /** Class of the error. */
  override readonly kind: string = "version";
  /** The version that was asked for. */
  declare readonly required?: string;
  /** The version that was found. */
  declare readonly actual?: string;

  /** Makes the error; thrown by the library only. */
  constructor(message: string, details: PluginDetails = {}) {
    super(message, details);
    Object.defineProperty(this, "name", { value: "VersionMismatchError", configurable: true });
  }
}
