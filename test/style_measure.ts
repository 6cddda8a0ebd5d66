/**
 * What the style test looks at: the project's own text files, and numbers that may only fall.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A text file of the project. */
export interface SourceFile {
  /** Path from the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Numbers with a limit in style_limits.json. */
export type Measures = Readonly<Record<string, number>>;

const rootPath = fileURLToPath(new URL("../", import.meta.url));
const ignored = new Set([".git", ".tools", ".zig-cache", "node_modules", "zig-out"]);
const textFile = /(^run|\.(ts|zig|c|h|rs|py|json|lock|md|toml))$/;
const generated = /^src\/ffi\/abi\.ts$|_data\.ts$/;

/** Columns that a line may have. */
const LINE_COLUMNS = 100;

/** Every text file below the root that is not built or installed. */
export function projectFiles(): readonly SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(rootPath + folder, { withFileTypes: true })) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory() && !ignored.has(entry.name)) visit(`${path}/`);
      else if (entry.isFile() && textFile.test(entry.name)) files.push(readSource(path));
    }
  };
  visit("");
  return files;
}

function readSource(path: string): SourceFile {
  const text = readFileSync(rootPath + path, "utf8");
  return { path, text, lines: text.split("\n") };
}

/** True for files written by hand in the given language. */
export function isHandwritten({ path }: SourceFile, extension: "ts" | "zig"): boolean {
  return path.endsWith(`.${extension}`) && !generated.test(path);
}

/** The text without what stands in comments and strings; good enough to look for names. */
export function codeOf(text: string): string {
  const inert =
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replaceAll(inert, (part) => part.startsWith("/") ? " " : '""');
}

/** Modules that a file imports when it runs: types and lazy imports are not among them. */
export function runtimeImports({ path, text }: SourceFile): string[] {
  const named = String.raw`(?:\w+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?)?\s*from\s+`;
  const statement = new RegExp(
    String.raw`^(?:import|export)\s+(?!type\b)(?:${named})?"(\.[^"]+)"`,
    "gm",
  );
  return [...text.matchAll(statement)].map((match) => {
    const url = new URL(match[1]!, `file:///${path}`);
    return url.pathname.slice(1);
  });
}

/** All numbers with a limit. */
export function measure(files: readonly SourceFile[]): Measures {
  const typescript = files.filter((file) => isHandwritten(file, "ts"));
  const zig = files.filter((file) => isHandwritten(file, "zig"));
  const sources = typescript.filter(({ path }) => path.startsWith("src/") || path === "mod.ts");
  const program = typescript.filter(({ path }) => !path.startsWith("test/"));
  const sum = (list: readonly SourceFile[], count: (file: SourceFile) => number) =>
    list.reduce((total, file) => total + count(file), 0);
  const most = (list: readonly SourceFile[], count: (file: SourceFile) => number) =>
    list.reduce((highest, file) => Math.max(highest, count(file)), 0);
  return {
    anyTypes: sum(sources, ({ text }) => countAny(text)),
    typescriptFileLines: most(typescript, ({ lines }) => lines.length),
    typescriptFunctionLines: most(program, ({ lines }) => longestFunction(lines, typescriptStart)),
    typescriptWideLines: sum(typescript, ({ lines }) => countWide(lines)),
    undocumentedExports: sum(sources, ({ lines }) => undocumentedExports(lines).length),
    zigFileLines: most(zig, ({ lines }) => linesBeforeTests(lines)),
    zigFunctionLines: most(zig, ({ lines }) => longestFunction(lines, zigStart)),
    zigWideLines: sum(zig, ({ lines }) => countWide(lines)),
  };
}

function countAny(text: string): number {
  return codeOf(text).match(/(?:[:<|&,(=]\s*|\bas\s+)any\b/g)?.length ?? 0;
}

function countWide(lines: readonly string[]): number {
  return lines.filter((line) => [...line].length > LINE_COLUMNS).length;
}

function linesBeforeTests(lines: readonly string[]): number {
  const first = lines.findIndex((line) => line.startsWith('test "'));
  return first === -1 ? lines.length : first;
}

const typescriptStart = new RegExp(
  "^( *)(?:export )?(?:async )?" +
    "(?:function\\b|(?!if|for|while|switch|catch|return)(?:get |set |static )*#?\\w+\\()",
);
const zigStart = /^( *)(?:pub )?(?:export )?(?:inline |noinline )?fn \w+\(/;

/** Lines of the longest function, by the indentation that formatters give its first and last line. */
function longestFunction(lines: readonly string[], start: RegExp): number {
  let longest = 0;
  lines.forEach((line, first) => {
    const indent = start.exec(line)?.[1];
    if (indent === undefined) return;
    const opening = bodyOpening(lines, first, indent);
    if (opening === -1 || lines[opening]!.endsWith(" type {")) return; // Zig's generic structs
    const end = lines.findIndex((other, i) => i > opening && isClosing(other, indent));
    longest = Math.max(longest, end - first + 1);
  });
  return longest;
}

/** The line that ends with the brace of the body; -1 for a call or a signature alone. */
function bodyOpening(lines: readonly string[], first: number, indent: string): number {
  if (lines[first]!.endsWith("{")) return first;
  if (!lines[first]!.endsWith("(")) return -1;
  const last = lines.findIndex((line, i) => i > first && line.startsWith(`${indent})`));
  return lines[last]?.endsWith("{") ? last : -1;
}

function isClosing(line: string, indent: string): boolean {
  return line === `${indent}}` || line === `${indent}},` || line === `${indent}});`;
}

/** Names that are exported without a comment before them. */
export function undocumentedExports(lines: readonly string[]): readonly string[] {
  const kinds = String.raw`function\*?|class|const|let|interface|type|enum`;
  const words = "(?:declare )?(?:abstract )?(?:async )?";
  const declaration = new RegExp(String.raw`^export ${words}(?:${kinds}) (\w+)`);
  const missing: string[] = [];
  let previous = "";
  lines.forEach((line, i) => {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) return;
    const isOverload = name === previous;
    previous = name;
    if (!isOverload && !commentEndsAbove(lines, i)) missing.push(name);
  });
  return missing;
}

function commentEndsAbove(lines: readonly string[], index: number): boolean {
  let at = index - 1;
  while (lines[at]?.startsWith("// ") || lines[at]?.startsWith("@")) at--; // directives of tools
  return lines[at]?.endsWith("*/") ?? false;
}
