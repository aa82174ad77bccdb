import type { AttributeDeclaration, AttributeValue, Bound, InputDeclaration } from '../oracle/contract.js'
import type { Profile } from './profile.js'
import { representable } from './profile.js'

/** The ends of a range: closed (`least`, `most`) or open (`above`, `below`). */
interface Range {
  readonly least?: number | undefined
  readonly most?: number | undefined
  readonly above?: number | undefined
  readonly below?: number | undefined
}

/** A bit that every precision can add to a bound of at most 1. */
const little = 2 ** -6

/**
 * Numbers that a range leaves out, at each of its ends: the end itself where it is open, a number right beside it where it is
 * closed, and one farther out.
 */
function outside({ least, most, above, below }: Range, whole: boolean): readonly number[] {
  const step = whole ? 1 : little
  const beyond = (bound: number, sign: 1 | -1) => [bound + sign * step, bound + sign * 3]
  return [
    ...(least === undefined ? [] : beyond(least, -1)),
    ...(above === undefined ? [] : [above, above - 3]),
    ...(most === undefined ? [] : beyond(most, 1)),
    ...(below === undefined ? [] : [below, below + 3]),
  ]
}

export const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** Values of the right type that a declared attribute cannot have; where it is several numbers, one of them is wrong. */
export function valuesOutside(attribute: AttributeDeclaration, current: AttributeValue): readonly AttributeValue[] {
  switch (attribute.type) {
    case 'choice of numbers':
      return [Math.max(...attribute.values) + 1, Math.min(...attribute.values) - 1, attribute.values[0] + 0.5]
    case 'choice':
      return ['', ...attribute.values.map((value) => value.toUpperCase())].filter(
        (value) => !attribute.values.includes(value),
      )
    case 'boolean':
      return []
    case 'number':
      return outside(attribute, attribute.integer === true)
    case 'pair':
    case 'list':
      return outside(attribute, true).flatMap((bad) => inEachPlace(current, bad))
  }
}

/** Fractions for an attribute that is a whole number, or several: beside what it is now, and beside its least. */
export function fractionsFor(attribute: AttributeDeclaration, current: AttributeValue): readonly AttributeValue[] {
  switch (attribute.type) {
    case 'number': {
      if (attribute.integer !== true) return []
      return [(attribute.least ?? 0) + 0.5, ...(typeof current === 'number' ? [current + little] : [])]
    }
    case 'pair':
    case 'list':
      return [(attribute.least ?? 0) + 0.5, (attribute.least ?? 0) + 1 + little].flatMap((bad) =>
        inEachPlace(current, bad),
      )
    default:
      return []
  }
}

/** NaN and the infinities for an attribute that is a number, or several. */
export function notFiniteFor(attribute: AttributeDeclaration, current: AttributeValue): readonly AttributeValue[] {
  switch (attribute.type) {
    case 'number':
      return notFinite
    case 'pair':
    case 'list':
      return notFinite.flatMap((bad) => inEachPlace(current, bad))
    default:
      return []
  }
}

/** Lists in which one number after the other is the bad one. */
function inEachPlace(current: AttributeValue, bad: number): readonly (readonly number[])[] {
  const list = Array.isArray(current) ? current : [current, current]
  return list.map((_, place) => list.map((value, i) => (i === place ? bad : value)))
}

/** Numbers that an input cannot hold, whole ones for an input of whole numbers; `boundOf` gives a bound's value. */
export function numbersOutside(
  input: InputDeclaration,
  boundOf: (bound: Bound) => number,
  profile: Profile,
): readonly number[] {
  if (input.kind === 'mask') return [-1, 2]
  const bound = (name: 'least' | 'most' | 'below') => {
    const declared = input[name]
    return declared === undefined ? undefined : boundOf(declared)
  }
  const range = { least: bound('least'), most: bound('most'), below: bound('below') }
  return outside(range, input.kind === 'int').map((bad) => representable(profile, bad))
}
