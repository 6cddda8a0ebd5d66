/**
 * Fourier transforms of a signal piece by piece, and signals of such transforms.
 *
 * @module
 */
import { Complex, type ComplexLike } from "../complex/complex.ts";
import { ones } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { partOf } from "../complex/parts.ts";
import { checkOptions } from "../ops/front.ts";
import { pad } from "../ops/pad.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fft, ifft } from "./complex_transforms.ts";
import { irfft, rfft } from "./real_transforms.ts";
import { resized } from "./transform.ts";

/** Options that {@link stft} and {@link istft} share. */
export interface PieceOptions {
  /** Distance of pieces. Default a quarter of nFft, rounded down. */
  readonly hopLength?: number;
  /** Length of the window, which lies in the middle of a piece. Default nFft. */
  readonly winLength?: number;
  /** What pieces are multiplied by, [winLength]. Default ones. */
  readonly window?: Tensor | null;
  /** Piece t is centered at t hopLength; else it begins there. Default true. */
  readonly center?: boolean;
  /** Divides by the root of nFft. Default false. */
  readonly normalized?: boolean;
}

/** Options of {@link stft}. */
export interface StftOptions extends PieceOptions {
  /** How the signal goes on beyond its ends, where `center`. Default "reflect". */
  readonly padMode?: "constant" | "reflect" | "replicate" | "circular";
  /** Leaves out the mirror images of frequencies. Default true for real signals. */
  readonly onesided?: boolean;
}

/** Options of {@link istft}. */
export interface IstftOptions extends PieceOptions {
  /** The mirror images of frequencies were left out. Default true, but for complex signals. */
  readonly onesided?: boolean;
  /** Length of the signal. Default all of it that the pieces make up. */
  readonly length?: number;
  /** The signal is complex. Default false. */
  readonly returnComplex?: boolean;
}

interface Pieces {
  readonly size: number;
  readonly hop: number;
  readonly center: boolean;
  readonly norm: "ortho" | "backward";
  /** The window in the middle of a piece. */
  readonly window: Tensor;
}

const shared = ["hopLength", "winLength", "window", "center", "normalized"];

function piecesOf(nFft: number, options: PieceOptions, like: Tensor, op: string): Pieces {
  const { winLength = nFft, hopLength = Math.floor(nFft / 4), center = true } = options;
  const refuse = (what: string, value: number, state: string): never => {
    throw new ArgumentError(`Cannot ${op} with ${what} ${value}: ${state}`, { op });
  };
  if (!Number.isInteger(nFft) || nFft < 1) refuse("nFft", nFft, "it is 1 or more");
  if (!Number.isInteger(hopLength) || hopLength < 1) {
    refuse("hopLength", hopLength, "it is 1 or more");
  }
  if (!Number.isInteger(winLength) || winLength < 1 || winLength > nFft) {
    refuse("winLength", winLength, `it is between 1 and nFft, which is ${nFft}`);
  }
  const given = options.window ?? ones([winLength], { dtype: like.dtype });
  if (given.ndim !== 1 || given.shape[0] !== winLength) {
    throw new ShapeError(
      `Cannot ${op} with a window of shape ${text(given.shape)}: it is [${winLength}]`,
      { op },
    );
  }
  const before = Math.floor((nFft - winLength) / 2);
  const window = winLength === nFft ? given : pad(given, [before, nFft - winLength - before]);
  const norm = options.normalized === true ? "ortho" : "backward";
  return { size: nFft, hop: hopLength, center, norm, window: window.to(like.dtype) };
}

/**
 * Transforms of overlapping pieces of signals [L] or [B, L], each times a window: frequencies by
 * pieces, [N, T] or [B, N, T], N being nFft / 2 + 1, or nFft where not onesided.
 *
 * @throws {ShapeError} when the signal has another rank or is shorter than a piece.
 * @throws {ArgumentError} when a length is not positive, or the window longer than a piece.
 *
 * @example
 * ```ts
 * import { arange, fft, hannWindow } from "@minitensor/minitensor";
 * const z = fft.stft(arange(20), 8, { window: hannWindow(8) });
 * console.assert(z.shape.join() === "5,11");
 * ```
 */
export function stft(x: ComplexLike, nFft: number, options: StftOptions = {}): Complex {
  checkOptions(options, [...shared, "padMode", "onesided"], "stft");
  const isComplex = x instanceof Complex;
  const { padMode = "reflect", onesided = !isComplex } = options;
  if (isComplex && onesided) {
    throw new ArgumentError("Cannot stft a complex signal onesided: its spectrum has no mirror", {
      op: "stft",
    });
  }
  const first = isComplex ? x.real : partOf(x);
  if (first.ndim !== 1 && first.ndim !== 2) {
    throw new ShapeError(
      `Cannot stft a tensor of shape ${text(first.shape)}: it is [L] or [B, L]`,
      { op: "stft" },
    );
  }
  const pieces = piecesOf(nFft, options, first, "stft");
  const { norm } = pieces;
  const cut = (part: Tensor): Tensor => cutOut(part, pieces, padMode);
  const made = onesided
    ? rfft(cut(first), { norm })
    : fft(isComplex ? new Complex(cut(x.real), cut(x.imag)) : cut(first), { norm });
  return made.transpose(-1, -2);
}

/** Overlapping pieces times the window, [..., T, size]. */
function cutOut(x: Tensor, pieces: Pieces, mode: NonNullable<StftOptions["padMode"]>): Tensor {
  const { size, hop, center, window } = pieces;
  const half = Math.floor(size / 2);
  let signal = x;
  if (center) {
    // Other modes than constant want batch and channels before the padded dim.
    const rows = x.reshape([1, -1, x.shape.at(-1)!]);
    signal = pad(rows, [half, half], { mode }).reshape([
      ...x.shape.slice(0, -1),
      x.shape.at(-1)! + 2 * half,
    ]);
  }
  if (signal.shape.at(-1)! < size) {
    throw new ShapeError(
      `Cannot stft a signal of ${signal.shape.at(-1)} elements: a piece has ${size}`,
      { op: "stft" },
    );
  }
  return signal.unfold(-1, size, hop).mul(window);
}

/**
 * The inverse of {@link stft}: the pieces are transformed back, multiplied by the window again,
 * added up where they overlap, and divided by the sum of the windows' squares (Griffin and Lim
 * 1984).
 *
 * @throws {ShapeError} when the spectra have another rank or number of frequencies.
 * @throws {ArgumentError} when the windows leave a place uncovered, or a length is not positive.
 *
 * @example
 * ```ts
 * import { arange, fft, hannWindow } from "@minitensor/minitensor";
 * const window = hannWindow(8);
 * const x = fft.istft(fft.stft(arange(20), 8, { window }), 8, { window });
 * console.assert(Math.abs(Number(x.index(7).item()) - 7) < 1e-5);
 * ```
 */
export function istft(
  z: Complex,
  nFft: number,
  options: IstftOptions & { readonly returnComplex: true },
): Complex;
/**
 * A real signal.
 *
 * @example
 * ```ts
 * import { arange, fft, hannWindow } from "@minitensor/minitensor";
 * const window = hannWindow(8);
 * const x = fft.istft(fft.stft(arange(20), 8, { window }), 8, { window, length: 18 });
 * console.assert(x.numel() === 18);
 * ```
 */
export function istft(z: Complex, nFft: number, options?: IstftOptions): Tensor;
export function istft(z: Complex, nFft: number, options: IstftOptions = {}): Tensor | Complex {
  checkOptions(options, [...shared, "onesided", "length", "returnComplex"], "istft");
  const { returnComplex = false, onesided = !returnComplex } = options;
  if (returnComplex && onesided) {
    throw new ArgumentError("Cannot istft a complex signal onesided: its spectrum has no mirror", {
      op: "istft",
    });
  }
  const pieces = piecesOf(nFft, options, z.real, "istft");
  checkSpectra(z, pieces, onesided);
  const { norm, size: n } = pieces;
  const frames = z.transpose(-1, -2);
  if (onesided) return assembled(irfft(frames, { n, norm }), pieces, options.length);
  const whole = ifft(frames, { norm });
  const real = assembled(whole.real, pieces, options.length);
  return returnComplex ? new Complex(real, assembled(whole.imag, pieces, options.length)) : real;
}

function checkSpectra(z: Complex, { size, hop }: Pieces, onesided: boolean): void {
  const frequencies = onesided ? Math.floor(size / 2) + 1 : size;
  if ((z.ndim !== 2 && z.ndim !== 3) || z.shape.at(-2) !== frequencies || z.shape.at(-1) === 0) {
    throw new ShapeError(
      `Cannot istft a tensor of shape ${text(z.shape)}: it is [${frequencies}, T] or ` +
        `[B, ${frequencies}, T], T at least 1`,
      { op: "istft" },
    );
  }
  if (hop > size) {
    throw new ArgumentError(`Cannot istft with hopLength ${hop}: pieces have ${size} elements`, {
      op: "istft",
    });
  }
}

/** The signal of its pieces [..., T, size]. */
function assembled(frames: Tensor, pieces: Pieces, length: number | undefined): Tensor {
  const { size, hop, center, window } = pieces;
  const count = frames.shape.at(-2)!;
  const whole = size + hop * (count - 1);
  const start = center ? Math.floor(size / 2) : 0;
  const wanted = length ?? (center ? whole - 2 * start : whole);
  const kept = Math.min(wanted, whole - start);
  if (kept < 0) {
    throw new ArgumentError(`Cannot istft to ${wanted} elements: it is 0 or more`, { op: "istft" });
  }
  const middle = (x: Tensor): Tensor => x.narrow(-1, start, kept);
  const weights = middle(overlapped(window.square().expand([count, size]), hop, whole));
  if (kept > 0 && !(Number(weights.detach().min().item()) > 1e-11)) {
    throw new ArgumentError("Cannot istft: the windows' sum is 0 at a place of the signal", {
      op: "istft",
    });
  }
  const signal = middle(overlapped(frames.mul(window), hop, whole)).div(weights);
  return resized(signal, signal.ndim - 1, wanted);
}

/** Pieces [..., T, size] added up at distances of `hop`: by parts of that length. */
function overlapped(frames: Tensor, hop: number, whole: number): Tensor {
  const [count, size] = frames.shape.slice(-2) as [number, number];
  const parts = Math.ceil(size / hop);
  const padded = resized(frames, frames.ndim - 1, parts * hop);
  let sum: Tensor | null = null;
  for (let k = 0; k < parts; k++) {
    const line = padded.narrow(-1, k * hop, hop).reshape([
      ...frames.shape.slice(0, -2),
      count * hop,
    ]);
    const placed = pad(line, [k * hop, (parts - 1 - k) * hop]);
    sum = sum === null ? placed : sum.add(placed);
  }
  return sum!.narrow(-1, 0, whole);
}
