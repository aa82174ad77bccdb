import { plainFormula } from '../exercises/plainText.js'
import type { Claim, FileReport } from '../marking/report.js'
import { isRight } from '../marking/verdict.js'
import type { Nested } from '../oracle/tensor.js'
import { meanings } from './markModel.js'

/**
 * How much a report gives away: `verdict` which lines are right or wrong; `hint` also what kind of thing to look at; `cause` the
 * message and the mistakes that explain it, without the right value; `answer` everything.
 */
export const revealLevels = ['verdict', 'hint', 'cause', 'answer'] as const
export type RevealLevel = (typeof revealLevels)[number]

/** The report without what a level keeps back; every format of it keeps that back too. */
export function revealed(report: FileReport, level: RevealLevel): FileReport {
  if (level === 'answer') return report
  const values = report.claims.flatMap(valuesOf)
  const writtenOn = (line: number | null): string =>
    report.claims.flatMap((claim) => (claim.line === line ? [claim.text] : [])).join(' ')
  return {
    ...report,
    claims: report.claims.map((claim) => ({
      ...claim,
      expected: null,
      carriedValue: null,
      ...(claim.verdict === 'missing'
        ? { message: without(claim.message, valuesOf(claim), '') }
        : level === 'verdict'
          ? said('')
          : level === 'hint'
            ? said(hintFor(claim))
            : {
                message: withoutOthers(claim.message, claim),
                explanations: claim.explanations.map(({ mistake, explanation }) => ({
                  mistake: without(mistake, valuesOf(claim), claim.text),
                  explanation: without(explanation, valuesOf(claim), claim.text),
                })),
                notes: claim.notes.map((note) => withoutOthers(note, claim)),
              }),
    })),
    findings:
      level === 'cause'
        ? report.findings.map((finding) => ({
            ...finding,
            finding: without(finding.finding, values, writtenOn(finding.line)),
          }))
        : [],
  }
}

function said(message: string): Pick<Claim, 'message' | 'explanations' | 'notes'> {
  return { message, explanations: [], notes: [] }
}

function leaves(value: Nested | null): readonly number[] {
  if (value === null) return []
  return typeof value === 'number' ? [value] : value.flatMap(leaves)
}

/** The right values that belong to a claim. */
function valuesOf({ expected, carriedValue }: Claim): readonly number[] {
  return [...leaves(expected), ...leaves(carriedValue)]
}

/** A number with the sign that belongs to it: one with a space or bracket before it and none behind. */
const numeral = /(?:(?<![^\s([=])[-−])?\d(?:[\d.,\u2009\u00a0]*\d)?/gu

/** What a number may stand for: `154,588` a whole number or a decimal comma. */
function readings(number: string): readonly number[] {
  const plain = number.replace('−', '-').replaceAll(/[\u2009\u00a0]/gu, '')
  return [plain.replaceAll(',', ''), plain.replace(',', '.'), plain.replaceAll('.', '').replace(',', '.')]
    .map(Number)
    .filter(Number.isFinite)
}

/** The sizes of the numbers that a text holds. */
function numbersIn(text: string): ReadonlySet<number> {
  return new Set((text.match(numeral) ?? []).flatMap(readings).map(Math.abs))
}

/**
 * A text in which every number but those that the student wrote is an ellipsis. Line numbers stay, and the small whole numbers
 * that belong to a formula: `(1 − y₅)`.
 */
function withoutOthers(text: string, { text: written, claimed }: Claim): string {
  const own = new Set([...numbersIn(written), ...leaves(claimed).map(Math.abs)])
  return text.replaceAll(numeral, (number, at: number) => {
    const [before, after] = [text.slice(0, at), text.slice(at + number.length)]
    if (/\blines? $/u.test(before) || readings(number).some((value) => own.has(Math.abs(value)))) return number
    const isOfFormula =
      /^\d$/.test(number) && (/[\p{L}\p{No})\]] ?[-−+·×/^] ?$/u.test(before) || /^ ?[-−+·×/^] ?[\p{L}(√]/u.test(after))
    return isOfFormula ? number : '…'
  })
}

/** A text in which every number that is one of these values, to the digits that it has, is an ellipsis unless the student wrote it. */
function without(text: string, values: readonly number[], written: string): string {
  const own = numbersIn(written)
  return text.replaceAll(numeral, (number) => {
    const half = 0.5 * 10 ** -(/[.,](\d+)$/.exec(number)?.[1].length ?? 0)
    const isOne = readings(number).some(
      (read) => !own.has(Math.abs(read)) && values.some((value) => Math.abs(Math.abs(value) - Math.abs(read)) <= half),
    )
    return isOne ? '…' : number
  })
}

/** What to look at, without saying what is wrong with it. */
function hintFor(claim: Claim): string {
  const { verdict, quantity, root, carriedFrom } = claim
  if (isRight(verdict)) return ''
  if (!root && carriedFrom !== null)
    return verdict === 'carried' ? `right in itself: mend line ${carriedFrom} first` : `mend line ${carriedFrom} first`
  const operations = operationsIn(stepOf(claim.text))
  const these = operations.length === 0 ? 'the arithmetic' : `the ${listed(operations)}`
  switch (verdict) {
    case 'arithmetic':
      return `look at ${these} of this line`
    case 'transcription':
      return 'look at where each number of this line comes from'
    case 'wrong':
      return quantity === null
        ? 'look at what the two sides stand for'
        : `look at the rule for ${symbolIn(claim)}${operations.length === 0 ? '' : `, and at ${these}`}`
    default:
      return meanings[verdict]
  }
}

/** What the student calls the quantity that a claim is about. */
function symbolIn({ text, quantity }: Claim): string {
  const [first, ...others] = text.split(/=|≈|\\approx/u)
  const symbol = others.length === 0 ? '' : plainFormula(first.replaceAll('&', '').trim())
  return symbol !== '' && symbol.length <= 30 ? symbol : (quantity ?? '')
}

/** What a claim's value was computed from: the side before the last equals sign. */
function stepOf(text: string): string {
  const sides = text.split(/=|≈|\\approx|\\to\b|→/u)
  return sides.at(-2) ?? text
}

/** What is done on a side of an equation, in words. */
function operationsIn(side: string): readonly string[] {
  return operations.filter(({ sign }) => sign.test(side)).map(({ name }) => name)
}

const operations: readonly { readonly name: string; readonly sign: RegExp }[] = [
  { name: 'softmax', sign: /softmax/i },
  { name: 'exponential', sign: /(?<![\p{L}\\])e\s*\^|\\?exp\b/u },
  { name: 'hyperbolic tangent', sign: /tanh/ },
  { name: 'logarithm', sign: /\\?(?:ln|log)\b/ },
  { name: 'root', sign: /√|\\?sqrt/ },
  { name: 'power', sign: /(?<![\p{L}\\]\s*)\^\s*\{?\d|²|³|\*\*/u },
  { name: 'matrix', sign: /matrix\}/ },
  { name: 'division', sign: /\/|÷|\\d?frac|:\s*\d/ },
  { name: 'product', sign: /\\cdot|\\times|·|×|(?<!\*)\*(?!\*)|\d\s*x\s*\d/ },
  { name: 'sum', sign: /\+|\\sum|Σ/ },
  { name: 'subtraction', sign: /[\p{L}\p{No}\d)}\]]\s*[-−–]/u },
]

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', the ')} and the ${names[names.length - 1]}`
}
