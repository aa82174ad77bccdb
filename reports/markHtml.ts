import { extname } from 'node:path'
import { findMath } from '../marking/document/mathRegions.js'
import { notebookMarkdown } from '../marking/document/notebook.js'
import type { FileReport } from '../marking/report.js'
import type { Points } from '../marking/schemePoints.js'
import { latexRegions, linesHtml } from './linesHtml.js'
import { markdownHtml } from './markdownHtml.js'
import { ReportParts } from './markHtmlParts.js'
import { markStyle } from './markHtmlStyle.js'
import { macrosOf } from './mathHtml.js'
import { escaped, katexStyle } from './page.js'
import { firstOf, type Remark, SolutionText } from './solutionText.js'
import { printable } from './words.js'

/**
 * The marking of a solution as one page that needs nothing else and runs nothing: summary, the solution as it was written with each
 * claim marked and what is said of it below, what is missing. `source` is the text of the file. Links lead within the page only.
 */
export async function markHtml(report: FileReport, source: string, points?: Points): Promise<string> {
  const parts = new ReportParts(report)
  const title = escaped(printable(report.file))
  const solution = solutionHtml(report, plainLines(source), parts)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
${katexStyle(solution)}
${markStyle}
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${parts.summary(points)}
<section aria-labelledby="solution" class="solution">
<h2 id="solution">Solution</h2>
${solution}
</section>
${parts.missing()}
</main>
</body>
</html>
`
}

/** Every line ended by one line feed; offsets stay. */
function plainLines(source: string): string {
  return source
    .replace(/^\ufeff/, '')
    .replaceAll(/\r(?=\n)/g, ' ')
    .replaceAll('\r', '\n')
}

function solutionHtml({ file }: FileReport, source: string, parts: ReportParts): string {
  const ending = extname(file).toLowerCase()
  if (ending === '.yaml' || ending === '.yml' || ending === '.json') return parts.sheet(source.split('\n'))
  const starts = lineStarts(source)
  const remarks = parts.remarks((line, column) => (starts[line - 1] ?? source.length) + column - 1)
  if (ending === '.tex') return linesHtml(new SolutionText(source, latexRegions(source), remarks, macrosOf(source)))
  if (ending === '.ipynb') return notebookHtml(file, source, remarks)
  const solution = new SolutionText(source, findMath(source).regions, remarks, {})
  return ending === '.txt' ? linesHtml(solution) : markdownOrLines(solution)
}

/** The Markdown cells of a notebook, with what is said of places in its file. */
function notebookHtml(file: string, source: string, remarks: readonly Remark[]): string {
  const markdown = notebookMarkdown(file, source)
  const { text } = markdown
  const offsetOf = (place: number): number => firstOf(text.length, (offset) => markdown.originOf(offset) >= place)
  const mapped = remarks.map((remark) => ({ ...remark, start: offsetOf(remark.start), end: offsetOf(remark.end) }))
  return markdownOrLines(new SolutionText(text, findMath(text).regions, mapped, {}))
}

/** As Markdown; line by line where its blocks are nested too deeply for that. */
function markdownOrLines(solution: SolutionText): string {
  try {
    return markdownHtml(solution)
  } catch (error) {
    if (error instanceof RangeError) return linesHtml(solution)
    throw error
  }
}

function lineStarts(source: string): readonly number[] {
  const starts = [0]
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
