import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  CustomOpBuilder,
  CustomOpRegistry,
  executeCustomOp,
  listCustomOps,
  ops,
  PluginError,
  registerCustomOp,
  tensor,
  unregisterCustomOp,
  VersionMismatchError,
} from "../mod.ts";
import { ReLU } from "../src/nn/mod.ts";
import {
  createLayer,
  CustomLayer,
  CustomPlugin,
  getPluginInfo,
  isPluginLoaded,
  listLayers,
  listPlugins,
  type Plugin,
  PluginRegistry,
  registerPlugin,
  unloadPlugin,
  VersionInfo,
} from "../src/plugin/mod.ts";

function op(name: string, factor = 2) {
  return new CustomOpBuilder(name, 1).forward(([x]) => x.mul(factor)).build();
}

function plugin(name = "p", min = "0.1.0", max: string | null = null): CustomPlugin {
  return new CustomPlugin(name, "1.0.0", "A plugin.", "me", min, max);
}

/** A registry with the ops that are to be looked at. */
function registries() {
  const operations = new CustomOpRegistry();
  return { operations, plugins: new PluginRegistry(operations) };
}

describe("PluginRegistry", () => {
  test("calls a plugin's functions in order, and has its ops and layers", () => {
    const { operations, plugins } = registries();
    const calls: string[] = [];
    const made = plugin()
      .setInitializeFn((registry) => {
        assert(registry === operations);
        calls.push(`initialize ${registry.isRegistered("double")}`);
      })
      .setCustomOperationsFn(() => {
        calls.push("operations");
        return [op("double"), op("p/triple", 3)];
      })
      .setCustomLayersFn(() => ({ rectifier: () => new ReLU() }))
      .setCleanupFn(() => calls.push(`cleanup ${operations.isRegistered("double")}`));
    plugins.register(made);
    assertEquals(operations.listOperations(), ["double", "p/triple"]);
    assertEquals(operations.execute("p/triple", [2]).item(), 6);
    assertEquals(plugins.listPlugins(), [made.info]);
    assertEquals([plugins.getPlugin("p") === made, plugins.isRegistered("p")], [true, true]);
    assertEquals(plugins.listLayers(), ["rectifier"]);
    assert(plugins.createLayer("rectifier") instanceof ReLU);
    plugins.unregister("p");
    assertEquals(calls, ["operations", "initialize false", "cleanup false"]);
    assertEquals([operations.listOperations(), plugins.listLayers()], [[], []]);
    assertEquals([plugins.isRegistered("p"), plugins.listPlugins()], [false, []]);
  });

  test("made with new has ops of its own", () => {
    new PluginRegistry().register(plugin().setCustomOperationsFn(() => [op("double")]));
    assertEquals(ops.has("double"), false);
  });

  test("takes the versions from the earliest to the latest, both included", () => {
    const current = VersionInfo.current();
    const { major, minor, patch } = current;
    const later = new VersionInfo(major, minor, patch + 1);
    const attempt = (min: VersionInfo, max: VersionInfo | null) => {
      const { plugins } = registries();
      plugins.register(plugin("p", `${min}`, max === null ? null : `${max}`));
    };
    attempt(current, current);
    attempt(current, later);
    const refused = (min: VersionInfo, max: VersionInfo | null) =>
      assertThrows(() => attempt(min, max), VersionMismatchError);
    const { required, actual, message } = refused(later, null);
    assertEquals([required, actual], [`${later}`, `${current}`]);
    assert(message.includes(`it needs minitensor ${later} or a later one of ${major}.x`));
    refused(new VersionInfo(major + 1, 0, 0), null);
    const early = refused(current, new VersionInfo(0, 0, 9));
    assert(early.message.includes(`needs minitensor 0.0.9 or an earlier one, this is ${current}`));
    assert(early instanceof PluginError);
  });

  test("checks versions before it calls anything", () => {
    const { plugins } = registries();
    const never = () => {
      throw new Error("called");
    };
    const made = plugin("p", "9.0.0").setInitializeFn(never).setCustomOperationsFn(never);
    assertThrows(() => plugins.register(made), VersionMismatchError);
  });

  test("refuses a name that is taken, by a plugin, an op or a layer", () => {
    const { operations, plugins } = registries();
    let initialized = 0;
    const made = (name: string, ops: string[], layers: string[] = []) =>
      plugin(name).setInitializeFn(() => void initialized++)
        .setCustomOperationsFn(() => ops.map((name) => op(name)))
        .setCustomLayersFn(() =>
          Object.fromEntries(layers.map((name) => [name, () => new ReLU()]))
        );
    plugins.register(made("p", ["double"], ["flat"]));
    const refused = (plugin: Plugin, text: string) =>
      assertThrows(() => plugins.register(plugin), PluginError, text);
    refused(made("p", []), "Cannot register plugin p: a plugin of that name is registered");
    refused(made("q", ["free", "double"], ["flat"]), "taken: op double, layer flat");
    refused(made("q", ["free", "free"]), "Cannot register op free: the name is taken");
    refused(made("q", ["bad name"]), "bad name");
    assertEquals([initialized, operations.listOperations()], [1, ["double"]]);
    plugins.register(made("q", ["free"]));
    plugins.unregister("p");
    plugins.register(made("p", ["double"], ["flat"]));
  });

  test("keeps nothing of a plugin whose initialize fails", () => {
    const { operations, plugins } = registries();
    const cause = new RangeError("no room");
    let cleaned = 0;
    const made = plugin().setCustomOperationsFn(() => [op("double")])
      .setInitializeFn((registry) => {
        registry.register(op("early"));
        throw cause;
      })
      .setCleanupFn(() => void cleaned++);
    const error = assertThrows(() => plugins.register(made), PluginError, "no room");
    assertEquals(error.message, "Cannot register plugin p: its initialize failed: no room");
    assertEquals([error.cause === cause, cleaned], [true, 0]);
    assertEquals([operations.listOperations(), plugins.listPlugins()], [[], []]);
    plugins.register(plugin());
  });

  test("counts what initialize registers as the plugin's", () => {
    const { operations, plugins } = registries();
    operations.register(op("before"));
    const double = op("double");
    plugins.register(
      plugin().setCustomOperationsFn(() => [double, op("triple")]).setInitializeFn((registry) => {
        registry.register(double);
        registry.register(op("early"));
      }),
    );
    assertEquals(operations.listOperations(), ["before", "double", "early", "triple"]);
    plugins.unregister("p");
    assertEquals(operations.listOperations(), ["before"]);
  });

  test("rolls back, and cleans up, when initialize takes a name of the plugin's own", () => {
    const { operations, plugins } = registries();
    let cleaned = 0;
    const made = plugin().setCustomOperationsFn(() => [op("first"), op("double")])
      .setInitializeFn((registry) => registry.register(op("double")))
      .setCleanupFn(() => {
        cleaned++;
        throw new Error("hidden by the first");
      });
    assertThrows(() => plugins.register(made), PluginError, "Cannot register op double");
    assertEquals([cleaned, operations.listOperations()], [1, []]);
    assertEquals([plugins.isRegistered("p"), plugins.listLayers()], [false, []]);
  });

  test("lets initialize register another plugin, which keeps its ops", () => {
    const { operations, plugins } = registries();
    const inner = plugin("inner").setCustomOperationsFn(() => [op("in")]);
    const outer = plugin("outer").setCustomOperationsFn(() => [op("out")])
      .setInitializeFn(() => plugins.register(inner));
    plugins.register(outer);
    plugins.unregister("outer");
    assertEquals(operations.listOperations(), ["in"]);
    const self: CustomPlugin = plugin("self").setInitializeFn(() => plugins.register(self));
    assertThrows(() => plugins.register(self), PluginError, "a plugin of that name");
  });

  test("removes everything even when cleanup fails", () => {
    const { operations, plugins } = registries();
    const made = plugin().setCustomOperationsFn(() => [op("double")])
      .setCustomLayersFn(() => ({ flat: () => new ReLU() }))
      .setCleanupFn(() => {
        throw new Error("stuck");
      });
    plugins.register(made);
    const error = assertThrows(() => plugins.unregister("p"), PluginError);
    assertEquals(error.message, "Cannot unload plugin p: its cleanup failed: stuck");
    assertEquals((error.cause as Error).message, "stuck");
    assertEquals([operations.listOperations(), plugins.listLayers()], [[], []]);
    assertEquals(plugins.isRegistered("p"), false);
  });

  test("minds ops that somebody else has taken out", () => {
    const { operations, plugins } = registries();
    plugins.register(plugin().setCustomOperationsFn(() => [op("double")]));
    operations.unregister("double");
    plugins.unregister("p");
    assertEquals(plugins.listPlugins(), []);
  });

  test("refuses functions that are async, wrong answers, and what is no plugin", () => {
    const { plugins } = registries();
    const refused = (made: unknown, text: string) =>
      assertThrows(() => plugins.register(made as Plugin), PluginError, text);
    refused(plugin().setInitializeFn(async () => {}), "its initialize is async");
    refused(plugin().setCustomOperationsFn(() => 3 as never), "its customOperations failed");
    refused(plugin().setCustomOperationsFn(() => [{}] as never), "it is no custom op");
    refused(plugin().setCustomLayersFn(() => ({ a: 3 as never })), "Cannot register layer a");
    refused(plugin().setCustomLayersFn(() => null as never), "its customLayers failed");
    refused({}, "it is no plugin");
    refused(null, "Cannot register null: it is no plugin");
    assertThrows(() => plugin().setCleanupFn(3 as never), ArgumentError, "it is no function");
    assertEquals(plugins.listPlugins(), []);
  });

  test("refuses to create a layer that is no module", () => {
    const { plugins } = registries();
    plugins.register(plugin().setCustomLayersFn(() => ({ odd: () => 3 as never })));
    assertThrows(() => plugins.createLayer("odd"), PluginError, "its factory gave no module");
  });

  test("tells the nearest name when there is none", () => {
    const { plugins } = registries();
    plugins.register(
      plugin("vision").setCustomLayersFn(() => ({ attention: () => new ReLU() })),
    );
    assertThrows(() => plugins.getPlugin("visions"), PluginError, "the nearest is vision");
    assertThrows(() => plugins.unregister("x"), PluginError, 'Cannot unload plugin "x"');
    assertThrows(
      () => plugins.createLayer("atention"),
      ArgumentError,
      'Cannot create layer "atention": no plugin has a layer of that name, the nearest is ' +
        "attention",
    );
  });
});

describe("registerPlugin()", () => {
  afterEach(() => {
    for (const { name } of listPlugins()) unloadPlugin(name);
    listCustomOps().forEach(unregisterCustomOp);
  });

  test("adds ops to those that everybody runs, and unloadPlugin() removes them", () => {
    const made = plugin("doubles").setCustomOperationsFn(() => [op("double")]);
    registerPlugin(made);
    assertEquals([isPluginLoaded("doubles"), isPluginLoaded("p")], [true, false]);
    assertEquals(getPluginInfo("doubles"), made.info);
    assertEquals([listCustomOps(), ops.has("double")], [["double"], true]);
    const x = tensor([3], { requiresGrad: true });
    const y = executeCustomOp("double", [x]);
    unloadPlugin("doubles");
    assertEquals([listPlugins(), ops.has("double")], [[], false]);
    y.backward();
    assertEquals(x.grad!.item(), 2);
    assertThrows(() => unloadPlugin("doubles"), PluginError, "no plugin of that name");
    assertThrows(() => getPluginInfo("doubles"), PluginError, "no plugin of that name");
  });

  test("refuses names of built-in and custom ops", () => {
    registerCustomOp(op("double"));
    const made = plugin().setCustomOperationsFn(() => [op("mul"), op("double"), op("free")]);
    assertThrows(() => registerPlugin(made), PluginError, "names are taken: op mul, op double");
    assertEquals(listCustomOps(), ["double"]);
  });

  test("brings layers that createLayer() makes with what they take", () => {
    const scale = (name: string, factor: number) => {
      const layer = new CustomLayer(name);
      layer.addParameter("factor", factor);
      return layer.setForward(([x]) => x!.mul(layer.getParameter("factor")));
    };
    registerPlugin(plugin().setCustomLayersFn(() => ({ scale })));
    assertEquals(listLayers(), ["scale"]);
    const layer = createLayer<CustomLayer>("scale", "by three", 3);
    assertEquals([layer.name, layer.forward(tensor([2])).item()], ["by three", 6]);
    unloadPlugin("p");
    assertEquals(listLayers(), []);
    assertThrows(() => createLayer("scale"), ArgumentError, "no plugin has a layer of that name");
    assertEquals(layer.forward(tensor([2])).item(), 6);
  });
});
