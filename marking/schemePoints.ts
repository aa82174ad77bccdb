import { claimsTogether } from './classClaims.js'
import type { Claim, FileReport } from './report.js'
import type { ExerciseScheme, QuantityScheme, Scheme, Shares } from './scheme.js'

/** What a solution got for a quantity. */
export interface QuantityPoints {
  readonly exercise: string
  readonly quantity: string
  readonly score: number
  readonly maximum: number
  /** Why it is not the maximum: `arithmetic in line 62`, `missing`; empty where it is. */
  readonly why: string
}

export interface ExercisePoints {
  readonly exercise: string
  readonly score: number
  readonly maximum: number
}

/** The points of one solution: the sum of those of its exercises, but no more than the scheme's most. */
export interface Points {
  readonly score: number
  readonly maximum: number
  readonly exercises: readonly ExercisePoints[]
  readonly quantities: readonly QuantityPoints[]
}

/** What the files of one solution get together under a marking scheme. */
export function pointsOf(reports: readonly FileReport[], { exercises: schemes, round, most }: Scheme): Points {
  const claims = claimsTogether(reports)
  const quantities: QuantityPoints[] = []
  const exercises: ExercisePoints[] = []
  for (const scheme of schemes) {
    const own = claims.filter(({ exercise }) => exercise === scheme.exercise)
    const found = scheme.quantities.map((quantity) => quantityPoints(scheme.exercise, own, quantity))
    quantities.push(...found)
    exercises.push({ exercise: scheme.exercise, score: exerciseScore(found, scheme, round), maximum: scheme.most })
  }
  const sum = exercises.reduce((total, { score }) => total + score, 0)
  return { score: tidy(Math.min(sum, most)), maximum: most, exercises, quantities }
}

/** The sum of its quantities' points, rounded to steps and no more than its most. */
function exerciseScore(found: readonly QuantityPoints[], { most }: ExerciseScheme, step: number | undefined): number {
  const sum = found.reduce((total, { score }) => total + score, 0)
  // Half a step counts as a whole one; sums such as 0.1 + 0.2 are no reason to lose it.
  const rounded = step === undefined ? sum : Math.floor(sum / step + 0.5 + 1e-9) * step
  return tidy(Math.min(rounded, most))
}

/** The points that a quantity keeps after all that is claimed of it; every cell of a vector has its part of them. */
function quantityPoints(
  exercise: string,
  claims: readonly Claim[],
  { quantity, points, shares, cells }: QuantityScheme,
): QuantityPoints {
  const own = claims.filter((claim) => claim.quantity === quantity)
  const kept = own.length === 0 ? shares.missing : keptOf(own, shares, cells)
  const common = { exercise, quantity, maximum: points, score: tidy(points * kept) }
  if (kept === 1) return { ...common, why: '' }
  if (own.length === 0) return { ...common, why: 'missing' }
  const worst = own.reduce((one, other) => (keeps(other, shares) < keeps(one, shares) ? other : one))
  return { ...common, why: worst.verdict === 'missing' ? 'missing' : `${worst.verdict} in line ${worst.line}` }
}

/** The share of a quantity's points that all claims of it leave together. */
function keptOf(claims: readonly Claim[], shares: Shares, cells: number): number {
  const wholes = claims.filter(({ index }) => index === null).map((claim) => keeps(claim, shares))
  const ofCells = new Map<string, number>()
  for (const claim of claims) {
    if (claim.index === null) continue
    const cell = JSON.stringify(claim.index)
    ofCells.set(cell, Math.min(ofCells.get(cell) ?? 1, keeps(claim, shares)))
  }
  const lost = [...ofCells.values()].reduce((sum, share) => sum + (1 - share), 0)
  return Math.min(1 - lost / Math.max(cells, ofCells.size), ...wholes)
}

/** The share of its points that one claim leaves a quantity. */
function keeps({ verdict, root }: Claim, shares: Shares): number {
  switch (verdict) {
    case 'correct':
      return 1
    case 'rounded':
    case 'missing':
    case 'carried':
      return shares[verdict]
    default:
      // What only follows from an error of another place is not the fault of this one.
      if (!root) return shares.carried
      return verdict === 'arithmetic' || verdict === 'transcription' ? shares.slip : shares[verdict]
  }
}

/** Without the last digits that binary fractions leave: 0.3, not 0.30000000000000004. */
export function tidy(points: number): number {
  return Number(points.toPrecision(12))
}
