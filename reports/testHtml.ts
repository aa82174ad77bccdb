import type { TestReport } from '../properties/report.js'
import { escaped } from './page.js'
import { addedUp, largeHistogram, smallHistogram } from './testHistogram.js'
import { testStyle } from './testHtmlStyle.js'
import { columnOf, columnsOf, gravest, kindNames, tally } from './testMatrix.js'
import {
  alike,
  detailsOf,
  findingOutcomes,
  type Outcome,
  outcomeMeanings,
  outcomeNames,
  outcomes,
  sentenceOf,
  type TestedLaw,
  type TestedOperator,
  type TestModel,
  testModel,
  totalsText,
} from './testModel.js'
import { multiple } from './words.js'

/** A sign for each outcome, so that no colour need be told from another. */
const signs: Readonly<Record<Outcome, string>> = {
  held: '✓',
  broken: '✗',
  errored: '!',
  suspicious: '?',
  xpassed: '▲',
  xfailed: '▽',
  unsupported: '·',
  skipped: '–',
}

/** So many findings are shown without being unfolded. */
const mostOpen = 20

/**
 * A conformance run as one page that needs nothing else and runs nothing: the totals, what to look at, the matrix of operators and
 * laws, and every law with its errors, its counterexample and how to replay it. Links lead within the page only.
 */
export function testHtml(report: TestReport): string {
  const model = testModel(report)
  const page = new TestPage(report, model)
  const title = escaped(`answerkey test: ${model.subject}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
${testStyle}
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${page.summary()}
${page.matrix()}
${page.findings()}
${page.operators()}
</main>
</body>
</html>
`
}

function sign(outcome: Outcome): string {
  return `<span class="sign" aria-hidden="true">${signs[outcome]}</span>`
}

/** The parts of the page of one run, its laws linked to each other. */
class TestPage {
  private readonly report: TestReport
  private readonly model: TestModel
  private readonly ids = new Map<TestedLaw | TestedOperator, string>()

  constructor(report: TestReport, model: TestModel) {
    this.report = report
    this.model = model
    model.operators.forEach((operator, i) => {
      this.ids.set(operator, `operator-${i + 1}`)
      operator.laws.forEach((law, j) => {
        this.ids.set(law, `law-${i + 1}-${j + 1}`)
      })
    })
  }

  summary(): string {
    const { conditions, totals, claim, notImplemented, spec } = this.model
    const rows = outcomes.map(
      (outcome) =>
        `<tr class="${outcome}"><th scope="row">${sign(outcome)} ${outcomeNames[outcome]}</th><td>${totals[outcome]}</td><td>${outcomeMeanings[outcome]}</td></tr>`,
    )
    return [
      '<section aria-labelledby="summary">',
      '<h2 id="summary">Summary</h2>',
      ...(spec === undefined ? [] : [`<p><code>answerkey test ${escaped(spec)}</code></p>`]),
      `<p>${conditions.map(([name, value]) => `${name} ${escaped(value)}`).join(' · ')}</p>`,
      `<table class="totals"><thead><tr><th scope="col">laws that</th><td>laws</td><td></td></tr></thead><tbody>${rows.join('\n')}</tbody></table>`,
      ...(claim === undefined ? [] : [`<p class="suspicious">${sign('suspicious')} Precision: ${escaped(claim)}.</p>`]),
      ...(notImplemented.length === 0 ? [] : [`<p>Not implemented: ${escaped(notImplemented.join(', '))}.</p>`]),
      '</section>',
    ].join('\n')
  }

  findings(): string {
    const items = alike(this.model.findings).map(([law, ...others]) => {
      const likewise = others.map((other) => this.link(other, other.law)).join(', ')
      return [
        `<li class="${law.outcome}">${sign(law.outcome)} ${outcomeNames[law.outcome]}: ${this.link(law, `${law.operator} ${law.law}`)}`,
        `<small>${escaped(sentenceOf(law))}${likewise === '' ? '' : `; likewise: ${likewise}`}</small></li>`,
      ].join(' ')
    })
    const list = items.length === 0 ? '<p>No law asks for a look.</p>' : `<ol class="findings">${items.join('\n')}</ol>`
    return `<section aria-labelledby="findings">\n<h2 id="findings">To look at</h2>\n${list}\n</section>`
  }

  matrix(): string {
    const { operators } = this.model
    if (operators.length === 0) return ''
    const columns = columnsOf(operators)
    const groups = [...new Set(columns.map(({ kind }) => kind))].map((kind) => {
      const width = columns.filter((column) => column.kind === kind).length
      return `<th scope="colgroup" colspan="${width}">${kindNames[kind]}</th>`
    })
    const heads = columns.map(({ title }, c) => `<th scope="col" title="${escaped(title)}">${c + 1}</th>`)
    const rows = operators.map((operator) => {
      const cells = columns.map((column) => this.cell(operator.laws.filter((law) => columnOf(law) === column)))
      return `<tr><th scope="row">${this.link(operator, operator.name)}</th>${cells.join('')}</tr>`
    })
    const legend = columns.map(({ title }) => `<li>${escaped(title)}</li>`)
    return [
      '<section aria-labelledby="matrix">',
      '<h2 id="matrix">Operators and laws</h2>',
      `<div class="wide"><table class="matrix"><thead><tr><td></td>${groups.join('')}</tr><tr><td></td>${heads.join('')}</tr></thead>`,
      `<tbody>${rows.join('\n')}</tbody></table></div>`,
      `<details open><summary>The laws by number</summary><ol class="legend">${legend.join('')}</ol></details>`,
      '</section>',
    ].join('\n')
  }

  /** A cell: the sign of its law, or the worst of several and how many held. */
  private cell(laws: readonly TestedLaw[]): string {
    const outcome = gravest(laws)
    if (outcome === undefined) return '<td></td>'
    const worst = laws.find((law) => law.outcome === outcome) ?? laws[0]
    const held = laws.filter((law) => law.outcome === 'held').length
    const shown = laws.length === 1 ? signs[outcome] : `${signs[outcome]} ${held}/${laws.length}`
    const told = tally(laws).map(([each, times]) =>
      laws.length === 1 ? outcomeNames[each] : `${times} ${outcomeNames[each]}`,
    )
    const title =
      laws.length === 1 ? `${worst.operator} ${worst.law}: ${told}` : `${worst.operator}: ${told.join(', ')}`
    return `<td class="${outcome}" title="${escaped(title)}">${this.link(worst, shown)}</td>`
  }

  operators(): string {
    const sections = this.model.operators.map((operator) => this.operator(operator))
    return `<section aria-labelledby="operators">\n<h2 id="operators">Every law</h2>\n${sections.join('\n')}\n</section>`
  }

  private operator(operator: TestedOperator): string {
    const { name, laws, limits, totals } = operator
    const outcome = gravest(laws) ?? 'skipped'
    const errors = addedUp(laws.map((law) => law.errors))
    return [
      `<details id="${this.ids.get(operator)}" class="operator"${this.openFor(outcome)}><summary class="${outcome}">${sign(outcome)} <strong>${escaped(name)}</strong> ${totalsText(totals)}</summary>`,
      ...(limits.length === 0
        ? []
        : [`<p>Not supported: ${limits.map(({ what, how }) => `${escaped(what)} (${how})`).join('; ')}.</p>`]),
      '<div class="wide"><table class="laws"><thead><tr><th scope="col">outcome</th><th scope="col">law</th><th scope="col">cases</th><th scope="col">worst</th><th scope="col">errors</th></tr></thead>',
      `<tbody>${laws.map((law) => this.law(law)).join('\n')}</tbody></table></div>`,
      ...(errors === undefined ? [] : [largeHistogram(errors, `Cases of ${name} by the error of their worst element`)]),
      '</details>',
    ].join('\n')
  }

  private law(law: TestedLaw): string {
    const { outcome, runs, ratio, errors } = law
    const some = addedUp([errors])
    const cells = [
      `${sign(outcome)} ${outcomeNames[outcome]}`,
      `${escaped(law.law)}${outcome === 'held' ? '' : this.explanation(law)}`,
      String(runs),
      ratio === undefined || outcome === 'errored' ? '' : multiple(ratio),
      some === undefined ? '' : smallHistogram(some),
    ]
    return `<tr id="${this.ids.get(law)}" class="${outcome}">${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  }

  /** Why a law did not simply hold; the counterexample can be unfolded. */
  private explanation(law: TestedLaw): string {
    const said = `<p>${escaped(sentenceOf(law))}</p>`
    if (law.counterexample === undefined && law.message === undefined) return said
    const details = detailsOf(law, this.report).filter(([name, text]) => name !== 'message' || text.includes('\n'))
    const rows = details.map(([name, text]) => `<dt>${escaped(name)}</dt><dd><pre>${escaped(text)}</pre></dd>`)
    const what = law.counterexample === undefined ? 'details' : 'counterexample'
    return `${said}<details${this.openFor(law.outcome)}><summary>${what}</summary><dl>${rows.join('')}</dl></details>`
  }

  /** What somebody has to look at lies open, unless it is too much for that. */
  private openFor(outcome: Outcome): string {
    return findingOutcomes.includes(outcome) && this.model.findings.length <= mostOpen ? ' open' : ''
  }

  private link(target: TestedLaw | TestedOperator, text: string): string {
    return `<a href="#${this.ids.get(target)}">${escaped(text)}</a>`
  }
}
