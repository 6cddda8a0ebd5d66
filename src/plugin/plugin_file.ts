/**
 * A plugin's opened library and how long it stays open.
 *
 * @module
 */
import { PluginError } from "../errors.ts";
import type { PluginLibrary } from "../ffi/adapter.ts";
import { library } from "../ffi/library.ts";
import type { KernelOwner } from "../op.ts";

/** What is done when nothing can call into a library any more. */
interface End {
  readonly cleanup: number;
  readonly close: () => void;
}

/** Libraries of unloaded plugins that a graph may still call: closed when the graph is gone. */
const unused = new FinalizationRegistry<End>(end);

function end({ cleanup, close }: End): void {
  if (cleanup !== 0) library().cleanupPlugin(cleanup);
  close();
}

/**
 * A plugin's library. Every node that a plugin's op recorded refers to it through the op, so it is
 * reclaimed no sooner than they are.
 */
export class PluginFile implements KernelOwner {
  /** False once the plugin was unloaded: no new call may be made. */
  isOpen = true;
  /** Nodes recorded and not consumed by backward: those that were dropped instead count as well. */
  #nodes = 0;
  /** What is to be done at the end, once the plugin was unloaded. */
  #end: End | null = null;
  readonly #opened: PluginLibrary;

  constructor(readonly path: string, readonly plugin: string, opened: PluginLibrary) {
    this.#opened = opened;
  }

  retain(): void {
    this.#nodes++;
  }

  release(): void {
    this.#nodes--;
    if (this.#end !== null && this.#nodes === 0) {
      unused.unregister(this);
      end(this.#end);
    }
  }

  /** Throws for an op of a plugin that was unloaded. */
  refuse(op: string): never {
    throw new PluginError(`Cannot ${op}: its plugin ${this.plugin} was unloaded`, {
      op,
      path: this.path,
    });
  }

  /**
   * Ends the plugin: runs its `cleanup` and closes the library, now, or when no graph is left that
   * may call it: its nodes were all consumed, or were reclaimed.
   */
  unload(cleanup: number): void {
    this.isOpen = false;
    const last: End = { cleanup, close: this.#opened.close };
    if (this.#nodes === 0) return end(last);
    this.#end = last;
    unused.register(this, last, this);
  }

  /** Closes a library that never came into use, unless it was unloaded already. */
  abandon(): void {
    if (this.isOpen) this.#opened.close();
    this.isOpen = false;
  }
}
