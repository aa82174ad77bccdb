import type { Claim, FileReport, UnreadLine } from '../marking/report.js'
import type { Points } from '../marking/schemePoints.js'
import { isRight } from '../marking/verdict.js'
import {
  explanationText,
  followersText,
  legible,
  type MarkModel,
  markModel,
  meanings,
  type RootError,
  rootFinder,
  type Severity,
  sentenceOf,
  severityOf,
  subjectOf,
  tallies,
  valuesText,
} from './markModel.js'
import { escaped } from './page.js'
import type { Remark } from './solutionText.js'
import { count, oneLine, printable, toNestedText } from './words.js'

/** How a claim is marked where it stands; each kind has a colour and a sign. */
type Kind = 'right' | Severity

const signs: Readonly<Record<Kind, string>> = { right: '✓', error: '✗', warning: '!', note: '↳' }

function kindOf(claim: Claim): Kind {
  return isRight(claim.verdict) ? 'right' : severityOf(claim)
}

/** A text of a report as HTML. */
function html(text: string): string {
  return escaped(printable(text))
}

function sign(kind: Kind): string {
  return `<span class="sign" aria-hidden="true">${signs[kind]}</span>`
}

/** The parts of a page that come from the report of a solution, its claims linked to each other. */
export class ReportParts {
  private readonly report: FileReport
  private readonly model: MarkModel
  private readonly ids: ReadonlyMap<Claim, string>
  private readonly errors: ReadonlyMap<Claim, RootError>
  private readonly rootOf: (claim: Claim) => Claim | undefined

  constructor(report: FileReport) {
    this.report = legible(report)
    this.model = markModel(this.report)
    const { claims } = this.report
    this.errors = new Map(this.model.roots.map((error) => [error.root, error]))
    this.rootOf = rootFinder(claims)
    this.ids = new Map(claims.filter((claim) => kindOf(claim) !== 'right').map((claim, i) => [claim, `claim-${i + 1}`]))
  }

  /** Exercises, what to mend first, totals and points. */
  summary(points: Points | undefined): string {
    const exercises = this.report.exercises.map(
      ({ exercise, convention }) =>
        `<li>${html(exercise)}${convention === null ? '' : `, with the convention ${html(convention)}`}</li>`,
    )
    return [
      '<section aria-labelledby="summary">',
      '<h2 id="summary">Summary</h2>',
      ...(points === undefined ? [] : [pointsHtml(points)]),
      this.toMend(),
      ...(exercises.length === 0 ? [] : [`<h3>Exercises</h3>\n<ul>${exercises.join('')}</ul>`]),
      this.totals(),
      this.findings(),
      '</section>',
    ].join('\n')
  }

  private toMend(): string {
    const { roots } = this.model
    if (roots.length === 0) return '<p>No error was found.</p>'
    const items = roots.map(({ root, entries, followers }) => {
      const more = [
        ...(entries.length === 0 ? [] : [`${count(entries.length, 'more entry', 'more entries')} of it not right`]),
        ...(followers.length === 0 ? [] : [followersText(followers)]),
      ]
      const follow = more.length === 0 ? '' : ` <small>(${more.join('; ')})</small>`
      return `<li>${this.link(root, `line ${root.line}`)}: ${html(root.verdict)}, ${html(sentenceOf(root))}${follow}</li>`
    })
    return `<h3>${count(roots.length, 'error')} to mend</h3>\n<ol>${items.join('\n')}</ol>`
  }

  private totals(): string {
    const rows = tallies
      .filter((tally) => this.report.summary[tally] > 0)
      .map(
        (tally) =>
          `<tr><th scope="row">${tally}</th><td>${this.report.summary[tally]}</td><td>${meanings[tally]}</td></tr>`,
      )
    return `<h3>Totals</h3>
<table class="totals"><thead><tr><th scope="col">verdict</th><th scope="col">claims</th><th scope="col">what it means</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`
  }

  private findings(): string {
    const items = this.report.findings.map(
      ({ exercise, line, finding }) =>
        `<li>${line === null ? '' : `line ${line}, `}${html(exercise)}: ${html(finding)}</li>`,
    )
    return items.length === 0 ? '' : `<h3>Remarks</h3>\n<ul>${items.join('')}</ul>`
  }

  /** What was asked for and not found. */
  missing(): string {
    if (this.model.missing.length === 0) return ''
    const lists = this.model.missing.map(({ exercise, claims }) => {
      const items = claims.map(
        (claim) =>
          `<li id="${this.ids.get(claim)}">${sign('warning')} ${html(claim.message)}${claim.expected === null ? '' : `: ${html(toNestedText(claim.expected))}`}</li>`,
      )
      return `<h3>${html(exercise ?? '')}</h3>\n<ul>${items.join('\n')}</ul>`
    })
    return `<section aria-labelledby="missing">\n<h2 id="missing">Asked for and not found</h2>\n${lists.join('\n')}\n</section>`
  }

  /** What is said of places in the text; claims that stand at the same place, as the cells of a matrix do, together. */
  remarks(offsetOf: (line: number, column: number) => number): readonly Remark[] {
    const places = new Map<string, Claim[]>()
    for (const claim of this.report.claims) {
      if (claim.verdict === 'missing') continue
      const key = [claim.line, claim.column, claim.endLine, claim.endColumn].join(' ')
      const there = places.get(key)
      if (there === undefined) places.set(key, [claim])
      else there.push(claim)
    }
    const claims = [...places.values()].map((there): Remark => {
      const [{ line, column, endLine, endColumn }] = there
      const kinds = there.map(kindOf)
      const worst = (['error', 'warning', 'note'] as const).find((kind) => kinds.includes(kind)) ?? 'right'
      return {
        start: offsetOf(line, column),
        end: offsetOf(endLine, endColumn),
        className: `mark ${worst}`,
        html: this.remark(worst, there),
      }
    })
    const unread = this.report.unread.map((line): Remark => {
      const start = offsetOf(line.line, 1)
      return { start, end: start, className: undefined, html: unreadHtml(line) }
    })
    return [...claims, ...unread].sort((a, b) => a.start - b.start)
  }

  /** What is said of the claims at one place, below its block: nothing of what is simply right. */
  private remark(kind: Kind, claims: readonly Claim[]): string {
    const notes = unique(claims.flatMap((claim) => claim.notes.map(html)))
    const lines =
      kind === 'right'
        ? notes.map((note) => `<p>${note}</p>`)
        : [
            ...claims.filter((claim) => this.ids.has(claim)).map((claim) => this.verdictOn(claim)),
            ...unique([...claims.flatMap((claim) => this.reasons(claim)), ...notes]).map((line) => `<p>${line}</p>`),
          ]
    return lines.length === 0 ? '' : `<div class="remark ${kind}" role="note">\n${lines.join('\n')}\n</div>\n`
  }

  private verdictOn(claim: Claim): string {
    const subject = subjectOf(claim)
    const about = subject === '' ? '' : ` (${html(subject)})`
    return `<p id="${this.ids.get(claim)}">${sign(kindOf(claim))} <strong>${html(claim.verdict)}</strong>, line ${claim.line}${about}: ${this.sentence(claim)}</p>`
  }

  /** What is said of a claim, with the right value and a link to what it follows from. */
  private sentence(claim: Claim): string {
    const values = valuesText(claim)
    const root = this.rootOf(claim)
    return [
      html(sentenceOf(claim)),
      ...(values === undefined ? [] : [html(values)]),
      ...(root === undefined ? [] : [`see ${this.link(root, `line ${root.line}`)}`]),
    ].join('; ')
  }

  /** What explains an error, and links to what follows from it. */
  private reasons(claim: Claim): readonly string[] {
    const error = this.errors.get(claim)
    const followers = new Map((error?.followers ?? []).toReversed().map((follower) => [follower.line, follower]))
    const links = [...followers.values()].toReversed().map((follower) => this.link(follower, `line ${follower.line}`))
    return [
      ...claim.explanations.map((explanation) => html(explanationText(explanation))),
      ...(links.length === 0 ? [] : [`from it follows ${links.join(', ')}`]),
    ]
  }

  private link(claim: Claim, text: string): string {
    return `<a href="#${this.ids.get(claim)}">${html(text)}</a>`
  }

  /** An answer sheet, of which these are the lines, as a table: a row a claim, and one for each line that was not read, in the order of the file. */
  sheet(lines: readonly string[]): string {
    const writtenOn = ({ line, text }: { readonly line: number; readonly text: string }): string =>
      oneLine(lines[line - 1] ?? text, 100)
    const claims = this.report.claims
      .filter(({ verdict }) => verdict !== 'missing')
      .map((claim) => {
        const kind = kindOf(claim)
        const id = this.ids.get(claim)
        const said =
          kind === 'right'
            ? claim.notes.map((note) => `<p>${html(note)}</p>`).join('')
            : [this.sentence(claim), ...this.reasons(claim)].map((line) => `<p>${line}</p>`).join('')
        return {
          line: claim.line,
          row: `<tr${id === undefined ? '' : ` id="${id}"`} class="${kind}"><td>${claim.line}</td><td>${html(subjectOf(claim))}</td><td><code>${html(writtenOn(claim))}</code></td><td>${sign(kind)} ${html(claim.verdict)}</td><td>${said}</td></tr>`,
        }
      })
    const unread = this.report.unread.map(({ line, text, why }) => ({
      line,
      row: `<tr class="unread"><td>${line}</td><td></td><td><code>${html(writtenOn({ line, text }))}</code></td><td>? unread</td><td>${html(why)}</td></tr>`,
    }))
    const rows = [...claims, ...unread].sort((a, b) => a.line - b.line).map(({ row }) => row)
    return `<div class="wide"><table class="sheet"><thead><tr>${['line', 'quantity', 'written', 'mark', 'remarks'].map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`
  }
}

function unique(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)]
}

function unreadHtml({ line, text, why }: UnreadLine): string {
  return `<div class="remark unread" role="note"><p><span class="sign" aria-hidden="true">?</span> <strong>unread</strong>, line ${line}: <code>${html(oneLine(text, 160))}</code> (${html(why)})</p></div>\n`
}

function pointsHtml({ score, maximum, quantities }: Points): string {
  const rows = quantities.map(
    ({ exercise, quantity, score: given, maximum: most, why }) =>
      `<tr><td>${html(exercise)}</td><td>${html(quantity)}</td><td>${given}</td><td>${most}</td><td>${html(why)}</td></tr>`,
  )
  return `<p class="score"><strong>${score}</strong> of ${maximum} points</p>
<details><summary>Points by quantity</summary><div class="wide"><table><thead><tr><th scope="col">exercise</th><th scope="col">quantity</th><th scope="col">points</th><th scope="col">of</th><th scope="col">why</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`
}
