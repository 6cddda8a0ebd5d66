/**
 * The PyTorch process: alive during the whole comparison, asked for one thing at a time.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Work } from "./works.ts";

/** A request of torch_rows.py. */
type Request =
  | { readonly do: "about" }
  | { readonly do: "prepare"; readonly work: Work }
  | { readonly do: "threads"; readonly count: number }
  | { readonly do: "calibrate"; readonly milliseconds: number }
  | { readonly do: "slice"; readonly calls: number; readonly milliseconds: number };

/** A running torch_rows.py. */
export class TorchProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    child.stdin!.on("error", () => {}); // it has ended: the missing answer says so
  }

  /** Starts it in a Python that has PyTorch. */
  static async start(python: string): Promise<TorchProcess> {
    const script = fileURLToPath(new URL("torch_rows.py", import.meta.url));
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child, "spawn"); // rejects when there is no such program
    return new TorchProcess(child);
  }

  async #ask<T>(request: Request): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("Cannot ask PyTorch's process: it has ended");
    const answer = JSON.parse(value) as T & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`PyTorch: ${answer.error}`);
    return answer;
  }

  /** Version of PyTorch and the CPU level that it uses. */
  about(): Promise<{ readonly version: string; readonly level: string }> {
    return this.#ask({ do: "about" });
  }

  /** Makes a row's inputs and runs it once; the fingerprint of its result. */
  async prepare(work: Work): Promise<number | null> {
    const answer = await this.#ask<{ fingerprint: number | null }>({ do: "prepare", work });
    return answer.fingerprint;
  }

  /** Sets the number of threads. */
  async setThreads(count: number): Promise<void> {
    await this.#ask({ do: "threads", count });
  }

  /** Number of calls that fill a slice. */
  async calibrate(milliseconds: number): Promise<number> {
    return (await this.#ask<{ calls: number }>({ do: "calibrate", milliseconds })).calls;
  }

  /** Nanoseconds a call of one slice. */
  async timeSlice(calls: number, milliseconds: number): Promise<number> {
    const answer = await this.#ask<{ nanoseconds: number }>({ do: "slice", calls, milliseconds });
    return answer.nanoseconds;
  }

  /** Lets it end. */
  stop(): void {
    this.#child.stdin!.end();
  }
}
