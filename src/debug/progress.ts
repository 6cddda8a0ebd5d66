/**
 * A progress bar for any loop: a line that redraws itself in a terminal, plain lines elsewhere.
 *
 * @module
 */
import { columns, isTerminal, nowMilliseconds, write } from "../host.ts";

/** Where a bar is drawn; the default is the standard error stream. */
export interface ProgressOutput {
  /** Lines can be drawn anew. */
  readonly isTerminal: boolean;
  /** Width in characters, asked at each drawing: terminals are resized. */
  columns(): number;
  /** Puts out a text as it is. */
  write(text: string): void;
  /** The time since any fixed moment. */
  nowMilliseconds(): number;
}

/** What a bar shows. */
export interface ProgressOptions {
  /** Steps until the end. */
  readonly total: number;
  /** What is being done. */
  readonly label?: string;
  /** Where to draw. */
  readonly output?: ProgressOutput;
}

/** Redraws in a terminal are at least this far apart. */
const REDRAW_MILLISECONDS = 100;
const BAR_COLUMNS_MAX = 30;
const BAR_COLUMNS_MIN = 8;
/** Where there is no terminal, a line each tenth of the way. */
const LINES = 10;

/**
 * Shows how far a loop is: share, rate, time passed and left, and a text of yours.
 *
 * @example
 * ```ts
 * import { Progress } from "@minitensor/minitensor/debug";
 *
 * const bar = new Progress({ total: 300, label: "training" });
 * for (let step = 1; step <= 300; step++) bar.update(step, `loss ${(1 / step).toFixed(3)}`);
 * bar.done();
 * ```
 */
export class Progress {
  readonly #total: number;
  readonly #label: string;
  readonly #output: ProgressOutput;
  readonly #start: number;
  #step = 0;
  #text = "";
  #drawnAt = -Infinity;
  #drawnTenth = 0;
  #isDone = false;

  /** Starts the clock; nothing is drawn before the first update. */
  constructor({ total, label = "", output = standardError() }: ProgressOptions) {
    this.#total = total;
    this.#label = label;
    this.#output = output;
    this.#start = output.nowMilliseconds();
  }

  /**
   * Says that `step` steps are done; `text` stays until the next text. Draws when it is time to.
   */
  update(step: number, text?: string): void {
    if (this.#isDone) return;
    this.#step = step;
    if (text !== undefined) this.#text = text.replaceAll(/\s+/g, " ");
    if (this.#output.isTerminal) {
      const now = this.#output.nowMilliseconds();
      if (now - this.#drawnAt < REDRAW_MILLISECONDS) return;
      this.#drawnAt = now;
      this.#draw();
    } else {
      const tenth = Math.floor(this.#share * LINES);
      if (tenth <= this.#drawnTenth || tenth === LINES) return; // done() writes the last line
      this.#drawnTenth = tenth;
      this.#output.write(`${this.#plainLine()}\n`);
    }
  }

  /** Draws the last state and leaves it there; a second call does nothing. */
  done(text?: string): void {
    if (this.#isDone) return;
    if (text !== undefined) this.#text = text.replaceAll(/\s+/g, " ");
    if (this.#output.isTerminal) this.#draw();
    this.#output.write(this.#output.isTerminal ? "\n" : `${this.#plainLine()}\n`);
    this.#isDone = true;
  }

  /** Same as {@link Progress.done}, for `using`. */
  [Symbol.dispose](): void {
    this.done();
  }

  get #share(): number {
    return this.#total > 0 ? Math.min(1, Math.max(0, this.#step / this.#total)) : 1;
  }

  get #seconds(): number {
    return (this.#output.nowMilliseconds() - this.#start) / 1000;
  }

  #draw(): void {
    const width = this.#output.columns() - 1; // the last column would wrap on some terminals
    this.#output.write(`\r${this.#barLine(width)}\x1b[K`);
  }

  /** Parts in the order of reading; the least important ones go first when the line is too long. */
  #barLine(width: number): string {
    const percent = `${Math.floor(this.#share * 100)}%`.padStart(4);
    const times = this.#step < this.#total
      ? `${duration(this.#seconds)}, ${this.#left()} left`
      : duration(this.#seconds);
    const lead = [this.#label, percent].filter((part) => part !== "").join(" ");
    for (
      const parts of [[this.#count(), this.#rate(), times], [this.#count(), times], [times], []]
    ) {
      const tail = [...parts, this.#text].filter((part) => part !== "").join("  ");
      const room = width - [...lead].length - [...tail].length - 4; // two bars' ends, two spaces
      if (room >= BAR_COLUMNS_MIN) {
        return `${lead} ${bar(this.#share, Math.min(room, BAR_COLUMNS_MAX))} ${tail}`;
      }
    }
    return [...`${lead} ${this.#text}`].slice(0, Math.max(0, width)).join("");
  }

  #plainLine(): string {
    const passed = duration(this.#seconds);
    const times = this.#step < this.#total ? `${passed}, ${this.#left()} left` : `${passed}, done`;
    const percent = `${Math.floor(this.#share * 100)}%`.padStart(4);
    const parts = [this.#label, percent, this.#count(), this.#rate(), times, this.#text];
    return parts.filter((part) => part !== "").join("  ");
  }

  #count(): string {
    const total = String(this.#total);
    return `${String(this.#step).padStart(total.length)}/${total}`;
  }

  #rate(): string {
    const perSecond = this.#step / this.#seconds;
    if (!Number.isFinite(perSecond) || perSecond === 0) return "";
    if (perSecond < 1) return `${(1 / perSecond).toFixed(1)} s each`;
    return `${perSecond.toFixed(perSecond < 100 ? 1 : 0)}/s`;
  }

  #left(): string {
    if (this.#step === 0) return "?";
    return duration(this.#seconds / this.#step * (this.#total - this.#step));
  }
}

function standardError(): ProgressOutput {
  return {
    isTerminal: isTerminal("stderr"),
    columns: () => columns("stderr"),
    write: (text) => write(text, "stderr"),
    nowMilliseconds,
  };
}

/** A bar with steps of an eighth of a character. */
function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const part = eighths % 8 === 0 ? "" : " ▏▎▍▌▋▊▉"[eighths % 8]!;
  return `▕${("█".repeat(Math.floor(eighths / 8)) + part).padEnd(width)}▏`;
}

/** `0:07`, `12:34` or `1:02:03`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
