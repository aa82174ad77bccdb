import { type Nested, toNested } from '../oracle/tensor.js'
import type { Box, Range } from './boxes.js'
import { centre } from './boxes.js'

/** A number as messages print it: to the decimals written, or to four significant digits. */
export function numberText(value: number, decimals?: number): string {
  if (Math.abs(value) < 1e-12) return '0'
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  if (decimals === undefined) return String(Number(value.toPrecision(4)))
  const text = value.toFixed(decimals)
  return Number(text) === 0 ? String(Number(value.toPrecision(2))) : text
}

/** The number of decimals that a half unit of the last place means: 3 for 0.0005; none for an exact number. */
export function decimalsOf(half: number): number {
  return half === 0 ? 0 : Math.max(0, Math.round(-Math.log10(2 * half)))
}

/** The middle of a range. */
export function middle([low, high]: Range): number {
  return low === high ? low : (low + high) / 2
}

/** The middle of a box as plain nested numbers, without the noise that halving leaves. */
export function nestedMiddle(box: Box): Nested {
  return clean(toNested(centre(box)))
}

function clean(nested: Nested): Nested {
  return typeof nested === 'number' ? Number(nested.toPrecision(12)) : nested.map(clean)
}
