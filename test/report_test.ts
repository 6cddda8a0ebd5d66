import { describe, test } from "node:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { inflateSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport, type ReportSection, writeReport } from "../src/debug/mod.ts";
import { niceStep } from "../src/debug/report_chart.ts";
import { encodePng } from "../src/debug/report_picture.ts";

const hostile = `<script>alert("1" & '2')</script>`;

/** One section of each kind, with `text` wherever text may stand. */
function sections(text: string): ReportSection[] {
  const picture = { width: 2, height: 1, pixels: [0, 1], caption: text };
  return [
    {
      kind: "chart",
      title: text,
      xLabel: text,
      yLabel: text,
      series: [{ name: text, points: [3, 2, NaN, 1] }, { name: text, points: [[1, 5], [4, 2]] }],
    },
    { kind: "confusion", title: text, labels: [text, text], counts: [[8, 2], [0, 10]] },
    { kind: "pictures", title: text, pictures: [picture, { ...picture, isRight: false }] },
    { kind: "table", title: text, rows: [[text, text], [text, 3]] },
    { kind: "text", title: text, text },
  ];
}

/** Every opened element is closed in turn; void elements and self-closed ones aside. */
function assertBalanced(html: string): void {
  const open: string[] = [];
  const isVoid = /^(meta|img|br|!doctype)$/;
  for (const [, slash, name, rest] of html.matchAll(/<(\/?)([a-z!]+)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === "/") assertEquals(open.pop(), name);
    else if (!rest!.endsWith("/") && !isVoid.test(name!)) open.push(name!);
  }
  assertEquals(open, []);
}

describe("renderReport()", () => {
  const html = renderReport({
    title: hostile,
    subtitle: hostile,
    figures: [[hostile, hostile]],
    sections: sections(hostile),
  });

  test("escapes all text", () => {
    assert(!html.includes("<script"));
    assert(!html.includes(`alert("`) && !html.includes(`'2'`));
    assertBalanced(html);
  });

  test("loads nothing from elsewhere", () => {
    assert(!/https?:|src="(?!data:)|url\(|@import|<link/.test(html));
  });

  test("shows values, counts and gaps", () => {
    const page = renderReport({ title: "t", sections: sections("a") });
    assertStringIncludes(page, "<title>a: 3 at 1</title>");
    assertStringIncludes(page, `title="a taken for a: 2 (20.0 %)">2</td>`);
    assertStringIncludes(page, "80.0 %");
    const path = /<path d="([^"]*)"/.exec(page)![1]!;
    assertEquals(path.match(/M/g)?.length, 2); // the line is broken at NaN
  });

  test("draws charts of no, one, equal, huge, tiny and many values", () => {
    const cases: number[][] = [
      [],
      [NaN, Infinity],
      [5],
      [0],
      [2, 2, 2],
      [-1e300, 1e300],
      [1e-12, 3e-12],
      Array.from({ length: 200_000 }, (_, i) => Math.sin(i)),
    ];
    for (const points of cases) {
      for (const isLogarithmic of [false, true]) {
        const chart: ReportSection = {
          kind: "chart",
          title: "c",
          series: [{ name: "s", points }],
          isLogarithmic,
        };
        const page = renderReport({ title: "t", sections: [chart] });
        assert(!/NaN|Infinity|undefined/.test(page), `${points.slice(0, 3)} ${isLogarithmic}`);
        assert(page.length < 60_000);
        assertBalanced(page);
      }
    }
  });

  test("niceStep() is 1, 2 or 5 times a power of ten", () => {
    assertEquals([0.03, 1, 1.1, 2.5, 7, 40].map(niceStep), [0.05, 1, 2, 5, 10, 50]);
  });
});

test("encodePng() gives the picture's grey levels", () => {
  const pixels = [0, 0.5, 1, 2, -1, NaN];
  const png = encodePng({ width: 3, height: 2, pixels, caption: "" });
  const view = new DataView(png.buffer, png.byteOffset);
  assertEquals(view.getUint32(0), 0x89504e47);
  assertEquals([view.getUint32(16), view.getUint32(20), png[24], png[25]], [3, 2, 8, 0]);
  const rows = inflateSync(png.subarray(41, 41 + view.getUint32(33)));
  assertEquals([...rows], [0, 0, 128, 255, 0, 255, 0, 0]);
});

test("writeReport() writes the page", () => {
  const folder = mkdtempSync(`${tmpdir()}/report-`);
  try {
    const report = { title: "t", sections: sections("a") };
    writeReport(`${folder}/report.html`, report);
    assertEquals(readFileSync(`${folder}/report.html`, "utf8"), renderReport(report));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
