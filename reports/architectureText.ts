import type { Colors } from 'picocolors/types.js'
import { type Counts, lengthsText, type Row, squareText, type Walk } from '../exercises/architecture/walker.js'
import { table } from './words.js'

/** The layer table of an architecture: a row a layer, parts of a group indented below its sums, and the totals. */
export function architectureText(walk: Walk, colors: Colors): string {
  const { name, source, rows, totals, withoutAuxiliary, outputs } = walk
  const head = ['layer', 'kind', 'output', 'parameters', 'field', 'jump', 'multiply-adds', 'activations']
  const body = rows.flatMap((row) => lines(row, 0))
  const [title, ...rest] = table([head, ...body], [3, 4, 5, 6, 7])
  return [
    colors.bold(name),
    ...(source === undefined ? [] : [colors.dim(source)]),
    '',
    colors.underline(title),
    ...rest.map((line, i) => (body[i][1] === '' ? colors.dim(line) : line)),
    '',
    ...totalLines('in all', totals),
    ...(withoutAuxiliary === undefined ? [] : totalLines('without auxiliary heads', withoutAuxiliary)),
    `outputs: ${outputs.map((output) => `${output.name} ${lengthsText(output.shape)}`).join(', ')}`,
    '',
    colors.dim('field, jump: of a unit of the output, in units of the input. Counts are for one example, in float32.'),
    '',
  ].join('\n')
}

function lines(row: Row, level: number): readonly (readonly string[])[] {
  const shortName = level === 0 ? row.name : row.name.slice(row.name.lastIndexOf('/') + 1)
  const line = [
    `${'  '.repeat(level)}${shortName}${row.auxiliary && row.kind === 'head' ? ' (auxiliary)' : ''}`,
    row.kind,
    lengthsText(row.shape),
    counted(row.parameters),
    squareText(row.receptiveField),
    squareText(row.jump),
    counted(row.multiplyAdds),
    counted(row.activations),
  ]
  return [line, ...row.parts.flatMap((part) => lines(part, level + 1))]
}

function totalLines(what: string, counts: Counts): readonly string[] {
  const { parameters, weights, biases, multiplyAdds, activations, activationBytes } = counts
  return [
    `${what}: ${grouped(parameters)} parameters (${grouped(weights)} weights, ${grouped(biases)} biases), ` +
      `${grouped(multiplyAdds)} multiply-adds, ${grouped(activations)} activations (${bytesText(activationBytes)})`,
  ]
}

/** A count, or nothing where it is 0. */
function counted(count: number): string {
  return count === 0 ? '' : grouped(count)
}

/** 60,965,224. */
function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const [size, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB']
  return `${size.toFixed(1)} ${unit}`
}
