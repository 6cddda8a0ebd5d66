/**
 * Style sheet of the report page.
 *
 * @module
 */

/** CSS for light and dark, wide and narrow. */
export const STYLE = `
:root {
  --page: #f6f7f9; --card: #fff; --text: #1c2430; --soft: #667085; --rule: #e4e7ec;
  --right: 37 99 235; --wrong: 220 60 50;
  --c0: #2563eb; --c1: #e0720c; --c2: #12925a; --c3: #8446e0; --c4: #d03a5e; --c5: #0e8fa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #171d25; --text: #e6eaf0; --soft: #93a0b2; --rule: #2a333f;
    --right: 70 130 246; --wrong: 240 90 76;
    --c0: #5b9bff; --c1: #ff9d4a; --c2: #43c98b; --c3: #b48cff; --c4: #ff7d97; --c5: #45c8de;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--page); color: var(--text); padding: clamp(12px, 3vw, 40px);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
header, main { max-width: 1160px; margin: 0 auto; }
h1 { font-size: clamp(22px, 4vw, 30px); line-height: 1.2; letter-spacing: -0.015em; }
header p { color: var(--soft); margin-top: 4px; }
h2 { font-size: 15px; font-weight: 600; margin-bottom: 12px; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 20px; }
.figures div, section {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px;
}
.figures div { flex: 1 1 130px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { font-size: 24px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.3; }
main {
  display: grid; gap: 16px; margin-top: 16px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
}
section { min-width: 0; }
section.pictures { grid-column: 1 / -1; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .rule { stroke: var(--rule); }
svg .axis, svg .tick { stroke: var(--soft); opacity: 0.6; }
svg path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
svg path.dense { stroke-width: 1.2; }
svg .dot { fill: currentColor; }
svg .target { fill: transparent; }
svg .target:hover { fill: currentColor; opacity: 0.35; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 18px; }
.legend { margin-top: 8px; font-size: 13px; justify-content: center; }
.legend li::before {
  content: ""; display: inline-block; width: 14px; height: 3px; border-radius: 2px;
  background: currentColor; margin-right: 7px; vertical-align: middle;
}
.legend b { color: var(--text); font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.table th, .table td { padding: 6px 0; border-top: 1px solid var(--rule); font-weight: 400; }
.table tr:first-child > * { border-top: 0; }
.table th { text-align: left; color: var(--soft); padding-right: 16px; }
.table td { text-align: right; font-weight: 550; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.confusion table { border-collapse: separate; border-spacing: 2px; font-size: 13px; }
.confusion th { font-weight: 600; padding: 2px 4px; text-align: center; }
.confusion td { text-align: center; padding: 5px 2px; border-radius: 4px; min-width: 26px; }
.confusion .corner {
  font-size: 10px; font-weight: 400; color: var(--soft); line-height: 1.3; width: 66px;
  text-align: right; white-space: nowrap;
}
.confusion tbody th { text-align: right; padding-right: 8px; }
.confusion td.recall, .confusion th.recall {
  color: var(--soft); font-size: 12px; font-weight: 400; text-align: right; white-space: nowrap;
}
.none { color: var(--rule); }
td.right { background: rgb(var(--right) / var(--strength)); }
td.wrong { background: rgb(var(--wrong) / var(--strength)); }
td.strong { color: #fff; }
.grid { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(72px, 1fr)); }
figure { text-align: center; }
img {
  display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 6px;
  border: 1px solid var(--rule);
}
figcaption { font-size: 12px; line-height: 1.3; margin-top: 4px; color: var(--soft); }
figure.wrong figcaption { color: rgb(var(--wrong)); font-weight: 600; }
figure.wrong img { border: 2px solid rgb(var(--wrong)); }
pre {
  font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-x: auto;
}
.empty { color: var(--soft); }
@media (max-width: 520px) {
  section, .figures div { padding: 12px; }
  svg text { font-size: 15px; }
  .figures div { flex-basis: 40%; }
  .confusion table { font-size: 11px; border-spacing: 1px; }
  .confusion td { min-width: 0; padding: 5px 0; }
  .confusion td.recall, .confusion th.recall { font-size: 10px; }
  .confusion .corner { width: 44px; font-size: 8px; padding: 0 2px; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`;
