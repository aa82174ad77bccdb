import { createTwoFilesPatch } from 'diff'
import type { Document } from './document/document.js'
import { readDocument, readDocumentFile } from './document/reader.js'
import { type Examination, examineDocument, type MarkOptions } from './mark.js'
import { symbolsOf } from './markFile.js'
import { editsOf, type Mend, planOf } from './repair/plan.js'
import type { Claim, FileReport } from './report.js'
import { isRight } from './verdict.js'

/** A claim that nothing mechanical mends. */
export interface Unmended {
  readonly line: number
  readonly text: string
  readonly why: string
}

/** A solution with its errors mended. */
export interface Repair {
  readonly file: string
  /** The mended solution; the file's own text where nothing is mended. */
  readonly text: string
  /** What is mended, as a unified diff; empty where nothing is. */
  readonly diff: string
  /** What is still not right, by the lines of the mended solution. */
  readonly unmended: readonly Unmended[]
  /** The marking of the mended solution. */
  readonly report: FileReport
}

/** So many rounds of marking and mending are made at most. */
const mostRounds = 6

/** So many statements are mended one by one at most. */
const mostSingle = 24

/**
 * Repairs a hand solution: every root error mended and all that follows from it recomputed, in the solution's own precision and
 * notation; what is right stays byte for byte as it is, what is missing is not invented, and what could not be read is left.
 * Throws UnreadableFile where nothing of the file can be read.
 */
export async function repair(path: string, options: MarkOptions): Promise<Repair> {
  const reading = { symbolsOf: (answered: Parameters<typeof symbolsOf>[0]) => symbolsOf(answered, options) }
  const document = await readDocumentFile(path, reading)
  return repairDocument(document, options, (text) => readDocument(path, text, reading))
}

/** Repairs a document that has been read (see repair); `read` reads it again after it has been edited. */
export async function repairDocument(
  original: Document,
  options: MarkOptions,
  read: (text: string) => Document,
): Promise<Repair> {
  const before = original.edited([])
  const attempts = new Map<string, number>()
  let document = original
  let { report, worlds } = await examineDocument(document, options)
  for (let round = 0; round < mostRounds && faults(report).length > 0; round++) {
    const mends = await planOf(document, report, worlds, attempts)
    if (mends.length === 0) break
    for (const side of mends.flatMap(({ sides }) => sides)) attempts.set(side, (attempts.get(side) ?? 0) + 1)
    const together = await tried(mends)
    if (together !== undefined) {
      ;({ document, report, worlds } = together)
      continue
    }
    // One of them makes something worse: the others are made one by one, from the end, so that places stay.
    for (const mend of mends.slice(-mostSingle).toReversed()) {
      const single = await tried([mend])
      if (single !== undefined) ({ document, report, worlds } = single)
    }
  }
  async function tried(mends: readonly Mend[]): Promise<(Examination & { readonly document: Document }) | undefined> {
    const edited = read(document.edited(editsOf(mends)))
    if (edited.items.length !== original.items.length) return undefined
    const examined = await examineDocument(edited, options)
    return badness(examined.report) > badness(report) ? undefined : { ...examined, document: edited }
  }
  const text = document.edited([])
  const { file } = original
  return {
    file,
    text,
    diff: text === before ? '' : createTwoFilesPatch(file, file, before, text, 'as handed in', 'mended'),
    unmended: faults(report).map((claim) => ({ line: claim.line, text: claim.text, why: reasonOf(claim) })),
    report,
  }
}

/** The claims that are neither right nor missing. */
function faults({ claims }: FileReport): readonly Claim[] {
  return claims.filter(({ verdict }) => verdict !== 'missing' && !isRight(verdict))
}

/** How much of a solution is not right: a round that makes it more is not kept. */
function badness(report: FileReport): number {
  return (
    faults(report).length + report.claims.filter(({ verdict }) => verdict === 'missing').length + report.unread.length
  )
}

function reasonOf({ message, claimed, expected }: Claim): string {
  const what = message === '' ? 'it is not right' : message
  if (claimed === null && expected === null)
    return `${what}; no other formula or words could be put in its place by rule`
  return `${what}; it could not be mended by rule`
}
