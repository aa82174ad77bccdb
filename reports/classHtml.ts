import type { ClassSummary, SolutionPoints } from '../marking/class.js'
import { errorsText, lookalikeText, missingText, pointsSummaryText, pointsTable, stepText } from './classText.js'
import { escaped } from './page.js'
import { count } from './words.js'

/** A page of the class: one solution's file as it is called, and where its own page is. */
export interface ClassPage {
  readonly file: string
  readonly page: string
  /** `12 correct, 1 wrong`. */
  readonly totals: string
}

/** What the solutions of a class have in common, as a page that leads to the page of each. */
export function classHtml(
  summary: ClassSummary,
  points: readonly SolutionPoints[] | undefined,
  pages: readonly ClassPage[],
): string {
  const { steps, lookalikes, missing, conventions } = summary
  const list = (title: string, entries: readonly string[]): string =>
    entries.length === 0
      ? ''
      : `<h2>${escaped(title)}</h2>\n<ol>${entries.map((entry) => `<li>${escaped(entry)}</li>`).join('\n')}</ol>`
  const parts = [
    `<h1>${escaped(`The class: ${count(summary.solutions, 'solution')}`)}</h1>`,
    `<p>${escaped(errorsText(summary.errors))}</p>`,
    ...(summary.points === null ? [] : [`<p>Points: ${escaped(pointsSummaryText(summary.points))}</p>`]),
    list('Where most go wrong', steps.map(stepText)),
    list('Wrong values that look alike; nothing known explains them', lookalikes.map(lookalikeText)),
    list('What most leave out', missing.map(missingText)),
    list(
      'Conventions',
      conventions.map(
        ({ exercise, convention, solutions }) => `${exercise}: ${convention}, ${count(solutions, 'solution')}`,
      ),
    ),
    '<h2>Files</h2>',
    table(
      ['file', 'claims'],
      pages.map(({ file, page, totals }) => [
        `<a href="${escaped(encodeURI(page))}">${escaped(file)}</a>`,
        escaped(totals),
      ]),
    ),
    ...(points === undefined ? [] : ['<h2>Points</h2>', textTable(pointsTable(points))]),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The class</title>
<style>
${pageStyle}
</style>
</head>
<body>
${parts.filter((part) => part !== '').join('\n')}
</body>
</html>
`
}

const pageStyle = `:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; }
td, th { padding: 0.2rem 0.8rem; border-bottom: 1px solid #8888; text-align: right; overflow-wrap: anywhere; }
td:first-child, th:first-child { text-align: left; }`

/** A table of cells that are HTML already, under columns that are text. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`
}

function textTable([columns, ...rows]: readonly (readonly string[])[]): string {
  return table(
    columns,
    rows.map((row) => row.map(escaped)),
  )
}
