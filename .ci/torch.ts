/**
 * Runs a script with PyTorch beside it: `deno run -A .ci/torch.ts bench/main.ts`. The script gets
 * `--torch=<python>`, the path of a Python that has PyTorch: python3 if it has it, else one made in
 * .tools/torch.
 *
 * @module
 */
import { attached, capture, fail, lastLine, root } from "./tools.ts";

const own = `${root}.tools/torch/bin/python`;

async function hasTorch(python: string): Promise<boolean> {
  return (await capture([python, "-c", "import torch, numpy"])).ok;
}

async function install(): Promise<string> {
  console.log("installing PyTorch into .tools/torch (some GB, minutes, once)");
  const steps = [
    ["python3", "-m", "venv", `${root}.tools/torch`],
    [own, "-m", "pip", "install", "--quiet", "torch", "numpy"],
  ];
  for (const step of steps) {
    const result = await capture(step);
    if (!result.ok) fail(`Cannot install PyTorch: ${lastLine(result.text)}`);
  }
  return own;
}

async function findTorch(): Promise<string> {
  for (const python of ["python3", own]) if (await hasTorch(python)) return python;
  return await install();
}

const [script, ...rest] = Deno.args;
if (script === undefined) fail("Cannot run a script with PyTorch: none is named");
const python = await findTorch();
const isDone = await attached([Deno.execPath(), "run", "-A", script, `--torch=${python}`, ...rest]);
Deno.exit(isDone ? 0 : 1);
