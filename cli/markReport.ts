import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { asOneReport, type ClassSummary, classSummary, type SolutionPoints, type Submission } from '../marking/class.js'
import type { Repair } from '../marking/repair.js'
import type { FileReport } from '../marking/report.js'
import type { Scheme } from '../marking/scheme.js'
import { pointsOf } from '../marking/schemePoints.js'
import { classText, pointsText } from '../reports/classText.js'
import { githubAnnotations } from '../reports/markGithub.js'
import { totalsText } from '../reports/markModel.js'
import { type RevealLevel, revealed } from '../reports/markReveal.js'
import { markText } from '../reports/markText.js'
import type { MarkOptions } from './mark.js'
import { colorsFor, writeReport, writeTextFile } from './output.js'
import { UsageError } from './usage.js'
import { packageVersion } from './version.js'

/** A file that was marked, the solution that it belongs to, and its text. */
export interface MarkedFile {
  readonly solution: string
  readonly report: FileReport
  readonly source: string
  readonly repair?: Repair
}

/** Writes what was found, in the format that is asked for, and nothing that --reveal keeps back. */
export async function writeMarking(
  marked: readonly MarkedFile[],
  scheme: Scheme | undefined,
  options: MarkOptions,
  annotate: boolean,
): Promise<void> {
  const shown = marked.map((file) => ({ ...file, report: revealed(file.report, options.reveal) }))
  const reports = shown.map(({ report }) => report)
  const solutions = bySolution(shown)
  const points =
    scheme &&
    bySolution(marked).map(({ name, reports }): SolutionPoints => ({ solution: name, ...pointsOf(reports, scheme) }))
  const summary =
    marked.length > 1
      ? kept(classSummary(summarised(options.reveal, marked, shown), points), options.reveal)
      : undefined
  const colors = colorsFor(options)
  if (options.format === 'html' && summary !== undefined) await writePages(shown, summary, points, options.output)
  else
    await writeReport(options, {
      json: {
        version: 1,
        files: reports,
        ...(points !== undefined && { points }),
        ...(summary !== undefined && { class: summary }),
      },
      text: () =>
        [
          ...shown.map(({ report, source }) => markText(report, colors, options.quiet === true, source)),
          ...(summary === undefined ? (points ?? []).map((one) => pointsText(one, colors)) : []),
          ...(summary === undefined ? [] : [classText(summary, points, colors)]),
        ].join('\n'),
      html: async () => {
        const { markHtml } = await import('../reports/markHtml.js')
        return markHtml(reports[0], shown[0].source, points?.[0])
      },
      junit: async () => (await import('../reports/markJunit.js')).markJunit(reports),
      sarif: async () => (await import('../reports/markSarif.js')).markSarif(reports, { version: packageVersion() }),
      csv: async () => (await import('../reports/markCsv.js')).markCsv(solutions.map(asOneReport), points),
      gradescope: async () => {
        if (solutions.length > 1) throw new UsageError('results for Gradescope are those of one solution')
        return (await import('../reports/markGradescope.js')).gradescope(asOneReport(solutions[0]), points?.[0])
      },
      github: () => githubAnnotations(reports),
    })
  if (annotate && options.format !== 'github') process.stderr.write(githubAnnotations(reports))
}

/** Writes mended solutions: as one diff, and on standard error what is not mended. */
export async function writeRepairs(marked: readonly MarkedFile[], options: MarkOptions): Promise<void> {
  const repairs = marked.flatMap(({ repair }) => repair ?? [])
  await writeReport(options, {
    json: { version: 1, files: repairs.map(({ file, diff, unmended }) => ({ file, diff, unmended })) },
    text: () => repairs.map(({ diff }) => diff).join(''),
  })
  if (options.format === 'text')
    for (const { file, unmended } of repairs)
      for (const { line, why } of unmended) process.stderr.write(`answerkey: not mended, ${file}:${line}: ${why}\n`)
}

/** Files by the solution that they belong to, in the order of the files. */
function bySolution(files: readonly MarkedFile[]): readonly Submission[] {
  const found = new Map<string, FileReport[]>()
  for (const { solution, report } of files) {
    const reports = found.get(solution)
    if (reports === undefined) found.set(solution, [report])
    else reports.push(report)
  }
  return [...found].map(([name, reports]) => ({ name, reports }))
}

/** What a class is summed up from: where mistakes are shown without right values, they are counted without them. */
function summarised(
  level: RevealLevel,
  marked: readonly MarkedFile[],
  shown: readonly MarkedFile[],
): readonly Submission[] {
  return bySolution(level === 'cause' ? shown : marked)
}

/** The summary without what a level keeps back. */
function kept(summary: ClassSummary, level: RevealLevel): ClassSummary {
  if (level === 'answer' || level === 'cause') return summary
  return { ...summary, lookalikes: [], steps: summary.steps.map((step) => ({ ...step, mistakes: [] })) }
}

/** A page a file and one of the class, in a folder. */
async function writePages(
  files: readonly MarkedFile[],
  summary: ClassSummary,
  points: readonly SolutionPoints[] | undefined,
  folder: string | undefined,
): Promise<void> {
  if (folder === undefined)
    throw new UsageError('several pages need a folder: --output FOLDER, where index.html leads to each')
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new UsageError(`cannot make the folder ${folder}: ${error instanceof Error ? error.message : error}`)
  }
  const [{ markHtml }, { classHtml }] = await Promise.all([
    import('../reports/markHtml.js'),
    import('../reports/classHtml.js'),
  ])
  const pages = []
  for (const [i, { report, source, solution }] of files.entries()) {
    const page = `${i + 1}-${report.file.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').slice(-80)}.html`
    const own = points?.find((one) => one.solution === solution)
    writeTextFile(join(folder, page), await markHtml(report, source, own))
    pages.push({ file: report.file, page, totals: totalsText(report.summary) })
  }
  writeTextFile(join(folder, 'index.html'), classHtml(summary, points, pages))
}
