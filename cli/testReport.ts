import { existsSync, statSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
import type { TestReport } from '../properties/index.js'
import { testHtml } from '../reports/testHtml.js'
import { testJunit } from '../reports/testJunit.js'
import { testMarkdown } from '../reports/testMarkdown.js'
import { testSarif } from '../reports/testSarif.js'
import { testText } from '../reports/testText.js'
import { addToJobSummary, type CommonOptions, colorsFor, writeReport } from './output.js'
import { packageVersion } from './version.js'

/** Writes the report of a conformance run in the form that is asked for, and on GitHub Actions into the summary of the job. */
export async function writeTestReport(report: TestReport, options: CommonOptions): Promise<void> {
  const file = subjectFile(report.spec ?? '')
  await writeReport(options, {
    json: report,
    text: () => testText(report, colorsFor(options), options.quiet === true),
    junit: () => testJunit(report, file),
    sarif: () => testSarif(report, { version: packageVersion(), ...(file !== undefined && { file }) }),
    html: async () => testHtml(report),
  })
  addToJobSummary(() => testMarkdown(report))
}

/**
 * 0 where nothing is wrong, 1 where a law is broken or errored and nobody expected it; `strict` takes what is suspicious, and what
 * held although its failure was expected, for wrong too.
 */
export function testStatus({ summary }: TestReport, strict: boolean): 0 | 1 {
  const { broken, errored, suspicious, xpassed } = summary
  return broken + errored + (strict ? suspicious + xpassed : 0) > 0 ? 1 : 0
}

/**
 * The file that a subject is: the module, or the first file that a command names as an argument. As a path from the working
 * directory where it is inside; `undefined` where there is none.
 */
function subjectFile(spec: string): string | undefined {
  const words = spec.split(/\s+/).map((word) => word.replaceAll(/^['"]|['"]$/g, ''))
  const file = [spec, ...words.slice(1)].find((path) => path !== '' && existsSync(path) && statSync(path).isFile())
  if (file === undefined || !isAbsolute(file)) return file
  const inside = relative(process.cwd(), file)
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? file : inside
}
