import type { Nested } from '../oracle/tensor.js'
import type { WireTensor } from '../oracle/wire.js'

/** `1 law`, `3 laws`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** An error in units of what is allowed: `0.31×`, `120×`, `2.3e+14×`. */
export function multiple(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞×'
  if (ratio >= 1e6) return `${ratio.toExponential(1)}×`
  return `${ratio === 0 || ratio >= 100 ? Math.round(ratio) : Number(ratio.toPrecision(2))}×`
}

/** Milliseconds as a person reads them: `12 ms`, `3.4 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** A tensor as nested lists, cut short where it is large. */
export function tensorText({ shape, data, type }: WireTensor): string {
  const most = 64
  if (data.length > most)
    return `${shape.join('×')} numbers (${data.slice(0, 8).join(', ')}, …)${type === 'int' ? ', whole' : ''}`
  let next = 0
  const build = (depth: number): string =>
    depth === shape.length
      ? String(data[next++])
      : `[${Array.from({ length: shape[depth] }, () => build(depth + 1)).join(', ')}]`
  return build(0)
}

/** Numbers to six significant digits, nested as they are. */
export function toNestedText(value: Nested): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : `[${value.map(toNestedText).join(', ')}]`
}

/** Columns of equal width, two blanks between them; the first is aligned left, the rest as `right` says. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => visibleLength(row[c] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, c) => {
        const blanks = ' '.repeat(widths[c] - visibleLength(cell))
        return right.includes(c) ? blanks + cell : cell + blanks
      })
      .join('  ')
      .trimEnd(),
  )
}

function visibleLength(text: string): number {
  return [...text.replaceAll(colourCodes, '').normalize('NFC')].length
}

// The escape character begins every colour code.
const colourCodes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
