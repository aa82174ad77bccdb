/** How a marked solution looks: on paper, on light and on dark screens; each kind of mark has a colour and a sign. */
export const markStyle = `:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --soft: #595959; --rule: #d0d0d0;
  --right: #1a6b2d; --right-page: #e9f6ec; --error: #a8071a; --error-page: #fdecee; --warning: #7a4d00; --warning-page: #fff5e0;
  --note: #34548a; --note-page: #edf3fc; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --page: #16181c; --soft: #a6a6a6; --rule: #44474d;
  --right: #7fd495; --right-page: #16301d; --error: #ff9aa5; --error-page: #43181e; --warning: #ffcc7a; --warning-page: #3b2c0d;
  --note: #a9c7ff; --note-page: #1d2a41; } }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; border-bottom: 1px solid var(--rule); } h3 { font-size: 1.05rem; }
a { color: var(--note); }
small, .number { color: var(--soft); }
table { border-collapse: collapse; }
td, th { padding: 0.2rem 0.7rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
.totals td:nth-child(2) { text-align: right; }
.wide { overflow-x: auto; }
.score { font-size: 1.15rem; }
.solution { position: relative; overflow: clip; }
.solution p { white-space: pre-line; }
pre { overflow-x: auto; white-space: pre-wrap; }
.line { display: grid; grid-template-columns: 3.5rem 1fr; gap: 0.5rem; }
.line .number { text-align: right; font-variant-numeric: tabular-nums; user-select: none; }
.line.blank { height: 0.7rem; }
.katex .eqn-num { display: none !important; }
.line .text { white-space: pre-wrap; min-width: 0; }
.katex-display { text-align: left; overflow-x: auto; overflow-y: hidden; padding: 0.7em 0 0.2em; margin: 0.3em 0; }
.katex-display > .katex { text-align: left; }
code.math { color: var(--soft); } code.display { display: block; white-space: pre-wrap; }
.mark { color: inherit; border-radius: 0.2em; padding: 0 0.15em; border-bottom: 2px solid; }
.mark::after { font: 700 0.7rem/1 system-ui, sans-serif; vertical-align: super; margin-left: 0.15em; }
.mark.right { background: none; border-bottom: 1px solid var(--right); } .mark.right::after { content: "✓"; color: var(--right); }
.mark.error { background: var(--error-page); border-color: var(--error); } .mark.error::after { content: "✗"; color: var(--error); }
.mark.warning { background: var(--warning-page); border-color: var(--warning); border-bottom-style: dashed; }
.mark.warning::after { content: "!"; color: var(--warning); }
.mark.note { background: var(--note-page); border-color: var(--note); border-bottom-style: dotted; }
.mark.note::after { content: "↳"; color: var(--note); }
.katex .mark { display: inline-block; line-height: 1.2; }
.mark.whole { display: inline-block; max-width: 100%; }
.remark { margin: 0.3rem 0 0.8rem 1.5rem; padding: 0.25rem 0.8rem; border-left: 4px solid var(--rule); break-inside: avoid; }
.remark.note + .remark.note { margin-top: -0.6rem; }
.remark p { margin: 0.15rem 0; }
.remark p:target, tr:target { outline: 2px solid var(--note); }
.remark.error { border-color: var(--error); background: var(--error-page); } .error .sign { color: var(--error); }
.remark.warning { border-color: var(--warning); background: var(--warning-page); } .warning .sign { color: var(--warning); }
.remark.note { border-color: var(--note); background: var(--note-page); } .note .sign { color: var(--note); }
.remark.right, .remark.unread { color: var(--soft); } .right .sign { color: var(--right); }
td, th { overflow-wrap: normal; }
.sheet td:nth-child(4) { white-space: nowrap; } .sheet td:nth-child(3), .sheet td:nth-child(5) { overflow-wrap: break-word; }
.sheet p { margin: 0 0 0.2rem; }
.sheet tr.error { background: var(--error-page); } .sheet tr.warning { background: var(--warning-page); }
.sheet tr.note { background: var(--note-page); }
.sign { font-weight: 700; }
@media print { main { margin: 0; max-width: none; } a { color: inherit; text-decoration: none; } details { display: block; }
  .mark, .remark, .sheet tr { print-color-adjust: exact; } }`
