/**
 * How the page of a run looks, on paper, on light and on dark screens. Each outcome has a sign and a colour: blue for what holds and
 * orange for what does not, which also people tell apart who do not tell red from green.
 */
export const testStyle = `:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --soft: #595959; --rule: #d0d0d0; --link: #34548a;
  --held: #00517f; --held-page: #e3f1fa; --broken: #8f2a00; --broken-page: #ffe4d6; --errored: #7a2a5e; --errored-page: #fbe6f3;
  --suspicious: #634c00; --suspicious-page: #fff3c4; --apart: #505050; --apart-page: #f0f0f0; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --page: #16181c; --soft: #a6a6a6; --rule: #44474d; --link: #a9c7ff;
  --held: #8fcaf5; --held-page: #12293a; --broken: #ffb48f; --broken-page: #4a2210; --errored: #f7b1dd; --errored-page: #431a37;
  --suspicious: #ffdf70; --suspicious-page: #3a3000; --apart: #b8b8b8; --apart-page: #282b30; } }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; border-bottom: 1px solid var(--rule); }
a { color: var(--link); }
small, caption { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; overflow-wrap: normal; }
.wide { overflow-x: auto; }
.sign { display: inline-block; min-width: 1em; font-weight: 700; text-align: center; }
.totals td:nth-child(2) { text-align: right; }
.findings li { padding: 0.15rem 0.5rem; margin: 0.2rem 0; border-left: 4px solid currentColor; }
.findings a, .findings small { color: inherit; }
.matrix td, .matrix th { border: 1px solid var(--rule); padding: 0.1rem 0.35rem; text-align: center; white-space: nowrap; }
.matrix th[scope=row] { text-align: left; position: sticky; left: 0; background: var(--page); }
.matrix td a { display: block; min-width: 1.2em; color: inherit; text-decoration: none; font-weight: 700; }
.legend { columns: 2 24rem; }
.held { color: var(--held); background: var(--held-page); }
.broken { color: var(--broken); background: var(--broken-page); }
.errored { color: var(--errored); background: var(--errored-page); }
.suspicious, .xpassed { color: var(--suspicious); background: var(--suspicious-page); }
.xfailed, .unsupported, .skipped { color: var(--apart); background: var(--apart-page); }
.laws tr.held { background: none; color: inherit; }
.laws td:nth-child(1) { white-space: nowrap; } .laws td:nth-child(3), .laws td:nth-child(4) { text-align: right; white-space: nowrap; }
.laws p { margin: 0; }
.operator { margin: 0.6rem 0; } .operator > summary { padding: 0.2rem 0.6rem; cursor: pointer; }
.errors { margin: 0.6rem 0; } .errors caption { text-align: left; } .errors td { text-align: right; } .errors th { font-weight: 400; }
.errors td, .errors th { padding: 0 0.6rem; border: 0; white-space: nowrap; }
.histogram .bars { fill: var(--held); } .histogram .axis { stroke: var(--soft); fill: none; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 0.8rem; margin: 0.3rem 0; }
dt { font-weight: 600; } dd { margin: 0; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
tr:target, details:target > summary { outline: 2px solid var(--link); }
@media print { details::details-content { content-visibility: visible; block-size: auto; } main { margin: 0; max-width: none; } a { color: inherit; text-decoration: none; } .wide { overflow: visible; }
  .matrix { font-size: 0.6rem; } .matrix th[scope=row] { position: static; } tr, .findings li { break-inside: avoid; }
  td, tr, li, summary, svg { print-color-adjust: exact; } }`
