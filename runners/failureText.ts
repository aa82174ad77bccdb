import { relative } from 'node:path'
import type { Precision } from '../oracle/contract.js'
import type { LawReport } from '../properties/index.js'
import { callText, isCut, type Language } from '../reports/callText.js'
import { multiple } from '../reports/words.js'
import { inOwnTerms } from '../subjects/dialects.js'
import { shellWord } from '../subjects/shell.js'

/** A test of a law, and how it was run. */
export interface LawTest {
  readonly operator: string
  readonly precision: Precision
  /** Those of the subject: its calls are printed in them. */
  readonly dialects: readonly string[]
  readonly language: Language
  readonly seed: number
  /** Absolute path of the test file. */
  readonly file: string
}

/** A test of a law failed: the law does not hold, or holds against all expectations. */
export class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw'

  /** Points at `site`, where the tests were registered: there is nothing to see where it is thrown. */
  constructor(message: string, site: Error) {
    super(message)
    const [, ...frames] = (site.stack ?? '').split('\n')
    this.stack = [`${this.name}: ${message}`, ...frames].join('\n')
  }
}

/** All that is known of a law that did not hold, several lines. */
export function failureText(test: LawTest, law: LawReport): string {
  const { operator, precision, dialects, language } = test
  const lines = [`${operator} ${law.law}: ${law.status} in case ${law.runs}`]
  if (law.message !== undefined) lines.push(law.message)
  if (law.ratio !== undefined && Number.isFinite(law.ratio) && law.ratio > 0)
    lines.push(`${multiple(law.ratio)} of the acceptance bound`)
  if (law.mistake !== undefined) lines.push(`looks like: ${law.mistake}`)
  if (law.counterexample !== undefined) {
    const own = inOwnTerms(dialects, operator, law.counterexample)
    lines.push('', 'counterexample:', callText(own.operator, own.call, language, precision))
    if (isCut(law.counterexample)) lines.push('(tensors of more than 64 numbers are not written out)')
  }
  lines.push('', `replay: ${replayCommand(test, law)}`)
  return lines.join('\n')
}

/** The command that runs this test again, straight on the failing case. */
export function replayCommand({ operator, seed, file }: LawTest, { law, path }: LawReport): string {
  const variables = [`ANSWERKEY_SEED=${seed}`, ...(path === undefined ? [] : [`ANSWERKEY_PATH=${path}`])]
  const name = `${operator} ${law}`.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return `${variables.join(' ')} npx vitest run ${shellWord(relative(process.cwd(), file))} -t ${shellWord(name)}`
}
