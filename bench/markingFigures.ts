import { type LabelledSolution, type Pairing, paired } from '../marking/fixtures/labelled.js'
import type { FileReport, Verdict } from '../marking/index.js'

const verdicts = ['correct', 'rounded', 'carried', 'arithmetic', 'transcription', 'wrong', 'unsupported'] as const

/** Verdicts that take something away from a solution. */
const faults: ReadonlySet<Verdict> = new Set(['arithmetic', 'transcription', 'wrong', 'unsupported'])
const right: ReadonlySet<Verdict> = new Set(['correct', 'rounded'])

/** How often something was as it should be, out of how many. */
export interface Share {
  readonly hits: number
  readonly of: number
}

/** What the marking of labelled solutions comes to. */
export interface Figures {
  readonly solutions: number
  readonly claims: number
  /** Labelled claims that were marked at all; those that may be left unread do not count. */
  readonly read: Share
  /** By verdict: of the claims that got it, those that deserve it, and of those that deserve it, the ones that got it. */
  readonly byVerdict: readonly { readonly verdict: Verdict; readonly precision: Share; readonly recall: Share }[]
  /** False claims, those that follow from an earlier error included, that were not called right. */
  readonly falseClaims: Share
  /** Root errors that were found at their own line. */
  readonly roots: Share
  /** Of the wrong rules that a known mistake explains: explained by it, by another one only, by none. */
  readonly explanations: { readonly right: number; readonly wrong: number; readonly missing: number }
  /** Root errors that no known mistake explains, and those of them that were explained all the same. */
  readonly falseExplanations: Share
  /** Right claims that were called false, and claims without a label that were: a line each. */
  readonly unfair: readonly string[]
  /** Every other difference from the labels. */
  readonly differences: readonly string[]
}

interface Marked {
  readonly name: string
  readonly pairing: Pairing
}

/** Compares the marking of solutions with their labels. */
export function figuresOf(
  marked: readonly { readonly solution: LabelledSolution; readonly report: FileReport }[],
): Figures {
  const all: readonly Marked[] = marked.map(({ solution, report }) => ({
    name: solution.name,
    pairing: paired(solution.labels, report),
  }))
  const pairs = all.flatMap(({ name, pairing }) => pairing.pairs.map((pair) => ({ name, ...pair })))
  const asked = pairs.filter(({ label, claim }) => claim !== undefined || !label.mayBeUnread)
  const both = pairs.flatMap(({ name, label, claim }) => (claim === undefined ? [] : [{ name, label, claim }]))
  const accepts = ({ label, claim }: (typeof both)[number]): boolean =>
    label.verdict === claim.verdict || label.also.some((other) => other === claim.verdict)

  const falseOnes = both.filter(({ label }) => !right.has(label.verdict) && !label.also.some((one) => right.has(one)))
  const roots = asked.filter(({ label }) => label.root)
  const explainable = both.filter(({ label }) => label.root && typeof label.explanation === 'string')
  const explained = explainable.map(({ label, claim }) => {
    const names = claim.explanations.map(({ mistake }) => mistake)
    if (names.length === 0) return 'missing'
    return names.some((name) => name === label.explanation) ? 'right' : 'wrong'
  })
  const inexplicable = both.filter(({ label }) => label.root && label.explanation === null)
  const describe = (name: string, { line, text }: { line: number; text: string }): string => `${name}:${line}: ${text}`

  return {
    solutions: all.length,
    claims: pairs.length,
    read: share(asked, ({ claim }) => claim !== undefined),
    byVerdict: verdicts.map((verdict) => ({
      verdict,
      precision: share(
        both.filter(({ claim }) => claim.verdict === verdict),
        accepts,
      ),
      recall: share(
        both.filter(({ label }) => label.verdict === verdict),
        accepts,
      ),
    })),
    falseClaims: share(falseOnes, ({ claim }) => !right.has(claim.verdict)),
    roots: share(
      roots,
      ({ label, claim }) => claim !== undefined && (claim.root || label.also.some((one) => one === claim.verdict)),
    ),
    explanations: {
      right: explained.filter((one) => one === 'right').length,
      wrong: explained.filter((one) => one === 'wrong').length,
      missing: explained.filter((one) => one === 'missing').length,
    },
    falseExplanations: share(inexplicable, ({ claim }) => claim.explanations.length > 0),
    unfair: [
      ...both
        .filter((pair) => right.has(pair.label.verdict) && faults.has(pair.claim.verdict) && !accepts(pair))
        .map(({ name, label, claim }) => `${describe(name, label)}: marked ${claim.verdict} (${claim.message})`),
      ...all.flatMap(({ name, pairing }) =>
        pairing.left
          .filter(({ verdict }) => faults.has(verdict))
          .map((claim) => `${describe(name, claim)}: no label, marked ${claim.verdict} (${claim.message})`),
      ),
    ],
    differences: pairs.flatMap(({ name, label, claim }) => {
      if (claim === undefined)
        return label.mayBeUnread ? [] : [`${describe(name, label)}: labelled ${label.verdict}, not read`]
      if (accepts({ name, label, claim })) return []
      if (right.has(label.verdict) && faults.has(claim.verdict)) return []
      return [`${describe(name, label)}: labelled ${label.verdict}, marked ${claim.verdict} (${claim.message})`]
    }),
  }
}

function share<T>(items: readonly T[], isHit: (item: T) => boolean): Share {
  return { hits: items.filter(isHit).length, of: items.length }
}
