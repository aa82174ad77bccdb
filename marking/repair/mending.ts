import { type Box, pointBox } from '../boxes.js'
import type { Expression } from '../expression/ast.js'
import type { Claim } from '../report.js'
import type { World } from '../world.js'
import type { WrittenNumbers } from './calculation.js'
import type { Handwriting } from './handwriting.js'
import type { Surroundings } from './literals.js'
import type { Notation } from './notation.js'
import type { Passage } from './passage.js'

/** What has been mended in an exercise: grows while its statements are. */
export interface Mended {
  /** What takes the place of numbers, by their sizes. */
  readonly mended: Map<number, number>
  /** What takes the place of the entries of vectors and matrices. */
  readonly mendedVectors: { readonly from: readonly number[]; readonly to: readonly number[] }[]
}

/** What is known when a statement is mended. */
export interface Mending extends Mended {
  readonly world: World
  readonly notation: Notation
  readonly handwriting: Handwriting
  /** Half a unit of the last place that the solution usually writes. */
  readonly usualHalf: number
  readonly written: WrittenNumbers
  /** How often a side has been mended before, and was still not right. */
  readonly attempts: ReadonlyMap<string, number>
}

/** Half a unit of the last place of the solution's usual precision. */
export function halfOf({ precision }: Notation): number {
  return precision.kind === 'decimals' ? 0.5 * 10 ** -precision.digits : 0.0005
}

/** What the claims of a side should say: the true value of their quantity, or the number they expect. */
export function targetOf(claims: readonly Claim[], world: World): Box | undefined {
  const [{ quantity, expected, index }] = claims
  if (quantity !== null && world.truth[quantity] !== undefined) return pointBox(world.truth[quantity])
  return typeof expected === 'number' && index === null ? { shape: [], low: [expected], high: [expected] } : undefined
}

const alone: Surroundings = { before: '', after: '' }

/** The text around a part of a statement. */
export function around({ span }: Expression, { statement, textAt }: Passage): Surroundings {
  // In a sheet, a hyphen before a number is the mark of a list.
  if (statement.kind !== 'chain') return alone
  return {
    before: textAt({ start: statement.span.start, end: span.start }),
    after: textAt({ start: span.end, end: statement.span.end }),
  }
}
