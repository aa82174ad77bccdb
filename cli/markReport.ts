import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { asOneReport, type ClassSummary, classSummary, type SolutionPoints } from '../marking/class.js'
import type { Scheme } from '../marking/scheme.js'
import { pointsOf } from '../marking/schemePoints.js'
import type { ClassPage } from '../reports/classHtml.js'
import { classText, pointsText } from '../reports/classText.js'
import { flatMapped, mapped } from '../reports/lazily.js'
import { githubAnnotations } from '../reports/markGithub.js'
import { totalsText } from '../reports/markModel.js'
import type { RevealLevel } from '../reports/markReveal.js'
import { markText } from '../reports/markText.js'
import type { MarkOptions } from './mark.js'
import { type MarkedFile, MarkedFiles, type PackedFile } from './markedFiles.js'
import { colorsFor, writeReport, writeTextFile } from './output.js'
import { UsageError } from './usage.js'
import { packageVersion } from './version.js'

/** Writes what was found, in the format that is asked for, and nothing that --reveal keeps back. */
export async function writeMarking(
  packed: readonly PackedFile[],
  scheme: Scheme | undefined,
  options: MarkOptions,
  annotate: boolean,
): Promise<void> {
  const marked = new MarkedFiles(packed, 'answer')
  const shown = new MarkedFiles(packed, options.reveal)
  const { reports, solutions } = shown
  const points =
    scheme &&
    Array.from(
      marked.solutions,
      ({ name, reports }): SolutionPoints => ({ solution: name, ...pointsOf(reports, scheme) }),
    )
  // Where mistakes are shown without right values, they are counted without them.
  const counted = options.reveal === 'cause' ? shown : marked
  const summary = packed.length > 1 ? kept(classSummary(counted.solutions, points), options.reveal) : undefined
  const colors = colorsFor(options)
  if (options.format === 'html' && summary !== undefined) await writePages(shown.files, summary, points, options.output)
  else
    await writeReport(options, {
      json: {
        version: 1,
        files: reports,
        ...(points !== undefined && { points }),
        ...(summary !== undefined && { class: summary }),
      },
      text: function* () {
        let before = ''
        for (const { report, source } of shown.files) {
          yield `${before}${markText(report, colors, options.quiet === true, source)}`
          before = '\n'
        }
        if (summary !== undefined) yield `\n${classText(summary, points, colors)}`
        else for (const one of points ?? []) yield `\n${pointsText(one, colors)}`
      },
      html: async () => {
        const { markHtml } = await import('../reports/markHtml.js')
        const [{ report, source }] = shown.files
        return markHtml(report, source, points?.[0])
      },
      junit: async () => (await import('../reports/markJunit.js')).junitPieces(reports),
      sarif: async () => (await import('../reports/markSarif.js')).markSarif(reports, { version: packageVersion() }),
      csv: async () => (await import('../reports/markCsv.js')).markCsv(mapped(solutions, asOneReport), points),
      gradescope: async () => {
        const [first, second] = solutions
        if (second !== undefined) throw new UsageError('results for Gradescope are those of one solution')
        return (await import('../reports/markGradescope.js')).gradescope(asOneReport(first), points?.[0])
      },
      github: () => githubAnnotations(reports),
    })
  if (annotate && options.format !== 'github') process.stderr.write(githubAnnotations(reports))
}

/** Writes mended solutions: as one diff, and on standard error what is not mended. */
export async function writeRepairs(packed: readonly PackedFile[], options: MarkOptions): Promise<void> {
  const { files } = new MarkedFiles(packed, 'answer')
  const repairs = flatMapped(files, ({ repair }) => (repair === undefined ? [] : [repair]))
  await writeReport(options, {
    json: { version: 1, files: mapped(repairs, ({ file, diff, unmended }) => ({ file, diff, unmended })) },
    text: () => mapped(repairs, ({ diff }) => diff),
  })
  if (options.format === 'text')
    for (const { file, unmended } of repairs)
      for (const { line, why } of unmended) process.stderr.write(`answerkey: not mended, ${file}:${line}: ${why}\n`)
}

/** The summary without what a level keeps back. */
function kept(summary: ClassSummary, level: RevealLevel): ClassSummary {
  if (level === 'answer' || level === 'cause') return summary
  return { ...summary, lookalikes: [], steps: summary.steps.map((step) => ({ ...step, mistakes: [] })) }
}

/** A page a file and one of the class, in a folder. */
async function writePages(
  files: Iterable<MarkedFile>,
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
  const pages: ClassPage[] = []
  for (const { report, source, solution } of files) {
    const page = `${pages.length + 1}-${report.file.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').slice(-80)}.html`
    const own = points?.find((one) => one.solution === solution)
    writeTextFile(join(folder, page), await markHtml(report, source, own))
    pages.push({ file: report.file, page, totals: totalsText(report.summary) })
  }
  writeTextFile(join(folder, 'index.html'), classHtml(summary, points, pages))
}
