/** Plugins that lie: each is refused by name, with what was found, and leaves nothing behind. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  executeCustomOp,
  KernelError,
  ops,
  PluginError,
  tensor,
  VersionMismatchError,
} from "../../mod.ts";
import {
  inspectPlugin,
  listPlugins,
  loadPlugin,
  loadPlugins,
  unloadPlugin,
} from "../../src/plugin/mod.ts";
import { compile } from "./compile.ts";

const folder = mkdtempSync(`${tmpdir()}/minitensor-hostile-`);
const patience = { timeout: 60_000 };
// At the very end: Bun runs an after() of the file when a test of another file has failed.
process.on("exit", () => rmSync(folder, { recursive: true }));

/** The library that lies in that way. */
function lying(way: string): string {
  const path = `${folder}/${way.toLowerCase()}.so`;
  compile("hostile.c", path, [`-DCASE=${way}`, "-O0"]);
  return path;
}

/** Loading `path` is refused in these words, and everything is as it was. */
function refused(path: string, says: string, error: typeof PluginError = PluginError): void {
  const before = [...ops.keys()];
  const thrown = assertThrows(() => loadPlugin(path), error, says);
  assert(thrown.message.includes(path), `${thrown.message} does not name the file`);
  assertEquals(thrown.path, path);
  assertEquals([...ops.keys()], before);
  assertEquals(listPlugins(), []);
}

const lies: Readonly<Record<string, string>> = {
  NO_SYMBOLS: "it exports no minitensor_plugin_",
  NO_DESCRIBE: "it exports no minitensor_plugin_describe",
  SMALL_STRUCT: "its struct_size is 8, expected 88 or more",
  NULL_NAME: "its name is null",
  EMPTY_NAME: "its name is empty",
  UNMAPPED_NAME: "its name lies outside the process's memory",
  NOT_UTF8: "its name is not UTF-8",
  LONG_NAME: "its name is longer than 128 bytes",
  UNKNOWN_DTYPE: "its op hostile/copy has dtypes 0x8001, of which 0x3ff are known",
  NO_DTYPE: "its op hostile/copy has dtypes 0x0",
  UNKNOWN_FLAG: "its op hostile/copy has unknown flags 0x80",
  MANY_OPS: "its op_count is 4294967295, at most 1024",
  NULL_OPS: "its ops is null",
  UNMAPPED_OPS: "its ops at 0x7ead00000000 lies outside the process's memory",
  SMALL_OP: "its op_size is 16, expected",
  NO_FORWARD: "its op hostile/copy has no forward kernel",
  NO_OUTPUT: "its op hostile/copy has no output",
  MANY_INPUTS: "its op hostile/copy has 4000000001 inputs and outputs, at most 12",
  NULL_ATTRIBUTE: "its attributes[0].name of op hostile/copy is null",
  TWO_GRADIENTS: "its op hostile/copy has both backward and gradient",
  DUPLICATE: "it has two ops of the name hostile/copy",
  BUILT_IN: "names are taken: op add",
  BAD_OP_NAME: '"a b;c"',
  BAD_VERSION: 'its version is "one", expected three numbers',
  BAD_MINIMUM: 'its min_minitensor_version is "1.2", expected three numbers',
  INITIALIZE_SAYS: "its initialize failed: the licence has expired",
  INITIALIZE_SILENT: "its initialize failed: it gave no reason",
  UNKNOWN_RULE: "op hostile/copy infers by the rule guess, which is none of same, broadcast",
  NO_GRADIENT: "op hostile/copy has the gradient hostile/absent, which the plugin lacks",
  NULL_DESCRIPTION: "its description is null",
  WILD_DESCRIPTION: "its description at 0x10 lies outside the process's memory",
};

describe("loadPlugin() refuses", () => {
  for (const [way, says] of Object.entries(lies)) {
    test(`${way}: ${says}`, patience, () => refused(lying(way), says));
  }

  test("another version of the interface, of which it calls nothing", patience, () => {
    refused(lying("ABI_999"), "version 999 of the plugin interface", VersionMismatchError);
    refused(lying("STRUCT_ABI"), "version 7 of the plugin interface", VersionMismatchError);
  });

  test("plugins for other versions of minitensor", patience, () => {
    refused(lying("FUTURE"), "it needs minitensor 99.0.0 or a later one", VersionMismatchError);
    refused(lying("PAST"), "it needs minitensor 0.0.1 or an earlier one", VersionMismatchError);
    const path = lying("FUTURE");
    const error = assertThrows(() => loadPlugin(path), VersionMismatchError);
    assertEquals([error.required, error.actual], ["99.0.0", "0.1.0"]);
  });

  test("what is no library: text, half a library, a directory, nothing", patience, () => {
    const text = `${folder}/text.so`;
    writeFileSync(text, "not a library\n");
    refused(text, "it is no library that can be opened here");
    const half = `${folder}/half.so`;
    writeFileSync(half, readFileSync(lying("NONE")).subarray(0, 1000));
    refused(half, "it ends after 1000 bytes, its header promises");
    mkdirSync(`${folder}/folder.so`);
    refused(`${folder}/folder.so`, "it is a directory");
    refused(`${folder}/absent.so`, "there is no such file");
  });

  test("a second plugin of the same name", patience, () => {
    const path = lying("NONE");
    loadPlugin(path);
    assertThrows(() => loadPlugin(path), PluginError, "a plugin of that name is registered");
    assertEquals(executeCustomOp("hostile/copy", [[1, 2]]).toArray(), [1, 2]);
    unloadPlugin("hostile");
    assert(!ops.has("hostile/copy"));
  });
});

describe("a kernel of a plugin that fails", () => {
  const use = (way: string, fn: () => void) => {
    using _ = loadPlugin(lying(way));
    fn();
  };
  const run = () => executeCustomOp("hostile/copy", [[1, 2]]);

  test("throws KernelError with the op and the plugin's reason", patience, () => {
    use("KERNEL_SAYS", () => {
      const words = "Cannot hostile/copy: the moon is in the wrong phase";
      const error = assertThrows(run, KernelError, words);
      assertEquals(error.op, "hostile/copy");
    });
    use(
      "STATUS_77",
      () => assertThrows(run, KernelError, "hostile/copy: the kernel reported status 77"),
    );
  });

  test("throws it from inside backward as well", patience, () => {
    use("BACKWARD_FAILS", () => {
      const x = tensor([1, 2], { requiresGrad: true });
      const loss = executeCustomOp("hostile/copy", [x]).sum();
      assertThrows(
        () => loss.backward(),
        KernelError,
        "Cannot hostile/copy: the way back is closed",
      );
      assertEquals(x.grad, null);
    });
  });

  test("infers what cannot be", patience, () => {
    use("INFER_RANK", () => assertThrows(run, KernelError, "inferred rank 99 and dtype 0"));
    use("INFER_DTYPE", () => assertThrows(run, KernelError, "inferred rank 1 and dtype 42"));
    use("INFER_SIZE", () => assertThrows(run, KernelError, "inferred the shape [-3]"));
    use("INFER_SHAPE", () => {
      const words = "inferred [2] for inputs of shapes [3]";
      assertThrows(() => executeCustomOp("hostile/copy", [[1, 2, 3]]), KernelError, words);
    });
  });
});

describe("inspectPlugin()", () => {
  test("tells what a plugin would register, and loads nothing here", patience, async () => {
    const { info, ops: found, error } = await inspectPlugin(lying("NONE"));
    assertEquals(error, null);
    assertEquals(info!.toString(), "hostile 1.0.0");
    assertEquals(found.map(({ name }) => name), ["hostile/copy", "hostile/other"]);
    assertEquals(found[0]!.dtypes, ["float32"]);
    assert(found[0]!.differentiable && !found[1]!.differentiable);
    assertEquals(listPlugins(), []);
  });

  test("survives plugins that abort, crash and hang", patience, async () => {
    const aborts = await inspectPlugin(lying("ABORTS"));
    assert(/SIGABRT|code 134/.test(aborts.error!), aborts.error!);
    const crashes = await inspectPlugin(lying("SEGFAULTS"));
    assert(/SIGSEGV|SIGTRAP|SIGILL|code 1\d\d/.test(crashes.error!), crashes.error!);
    const hangs = await inspectPlugin(lying("HANGS"), { timeout: 3000 });
    assertEquals(hangs.error, "it did not answer within 3000 ms");
    for (const { info, ops: found } of [aborts, crashes, hangs]) {
      assertEquals([info, found], [null, []]);
    }
  });

  test("tells why a plugin is refused", patience, async () => {
    const { error } = await inspectPlugin(lying("NOT_UTF8"));
    assert(error!.includes("its name is not UTF-8"), error!);
  });
});

describe("loadPlugins()", () => {
  test("loads what it can, in name order, and reports the rest", patience, () => {
    const own = `${folder}/several`;
    mkdirSync(own);
    compile("hostile.c", `${own}/b.so`);
    compile("hostile.c", `${own}/a.so`, ["-DCASE=NULL_NAME"]);
    compile("hostile.c", `${own}/c.so`);
    writeFileSync(`${own}/notes.txt`, "no plugin");
    const { loaded, failed } = loadPlugins(own);
    assertEquals(loaded.map(({ path }) => path), [`${own}/b.so`]);
    assertEquals(failed.map(({ path }) => path), [`${own}/a.so`, `${own}/c.so`]);
    assert(failed[1]!.error.message.includes("a plugin of that name is registered"));
    loaded[0]![Symbol.dispose]();
    assertEquals(listPlugins(), []);
  });

  test("refuses a folder that is not there, and needs no default one", () => {
    assertThrows(() => loadPlugins(`${folder}/absent`), TypeError, "there is no such folder");
  });
});
