import { sizeOf } from '../../oracle/tensor.js'
import type { Table } from '../exercise.js'
import type { Architecture } from './notation.js'
import { type Entry, type Node, type Plan, planOf } from './plan.js'

/** Bytes of a number in float32. */
const bytesOfFloat32 = 4

/** What is counted of a layer, or of all layers of a group. */
export interface Counts {
  /** Gains of normalizations and tables of embeddings count as weights. */
  readonly weights: number
  readonly biases: number
  /** Weights and biases; a tied weight counts once, where it was first. */
  readonly parameters: number
  /**
   * One multiplication and one addition each, for one example: of weights with inputs, and in attention of queries with keys and
   * of weights with values. Biases, activations, pooling, normalization and sums count none.
   */
  readonly multiplyAdds: number
  /**
   * Numbers that stay in memory for the backward pass, for one example: each layer's answer (none for `flatten`, which only
   * rearranges), and of attention also queries, keys, values, weights and the heads' answers.
   */
  readonly activations: number
  /** Of the activations, in float32. */
  readonly activationBytes: number
}

/** A row of the table: an input, a layer, or a group of layers with its sums. */
export interface Row extends Counts {
  /** Full name. */
  readonly name: string
  readonly kind: string
  /** Of its answer, without the batch: channels × height × width, positions × width, or a length. */
  readonly shape: readonly number[]
  /**
   * How much of the network's input a unit of its answer sees: [height, width] of an image, [positions] of a sequence, nothing of
   * a vector. Windows count with the padding that they reach over, a unit that depends on all positions sees what is input only.
   */
  readonly receptiveField: readonly number[]
  /** How far apart the fields of neighbouring units of its answer lie, likewise; nothing where they lie on no grid. */
  readonly jump: readonly number[]
  /** Used in training only. */
  readonly auxiliary: boolean
  /** Rows of what it consists of. */
  readonly parts: readonly Row[]
}

/** The table of an architecture. */
export interface Walk {
  readonly name: string
  readonly source: string | undefined
  /** Inputs first. */
  readonly rows: readonly Row[]
  readonly totals: Counts
  /** Totals without auxiliary heads, where there are any. */
  readonly withoutAuxiliary: Counts | undefined
  /** What the network answers with. */
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
}

/** The table of an architecture, a row a layer. Throws an ArchitectureError where its layers do not fit. */
export function walk(architecture: Architecture): Walk {
  return walkOf(planOf(architecture))
}

/** The table of a plan. */
export function walkOf(plan: Plan): Walk {
  const rows = plan.entries.map((entry) => rowOf(entry, plan.nodes, false))
  const inference = rows.map(withoutAuxiliary)
  const hasAuxiliary = inference.some((counts, i) => counts !== rows[i])
  const { name, source } = plan.architecture
  return {
    name,
    source,
    rows,
    totals: sumOf(rows),
    withoutAuxiliary: hasAuxiliary ? sumOf(inference) : undefined,
    outputs: [...plan.outputs].map(([output, node]) => ({ name: output, shape: plan.nodes[node].signal.shape })),
  }
}

/** Every row without parts, in order: the layers that compute. */
export function leaves(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => (row.parts.length === 0 ? [row] : leaves(row.parts)))
}

/** The row of this full name, wherever it stands. Throws a RangeError where there is none. */
export function rowNamed({ rows }: Pick<Walk, 'rows'>, name: string): Row {
  const found = search(rows, name)
  if (found === undefined) throw new RangeError(`no layer is called ${name}`)
  return found
}

function search(rows: readonly Row[], name: string): Row | undefined {
  for (const row of rows) {
    const found = row.name === name ? row : search(row.parts, name)
    if (found !== undefined) return found
  }
  return undefined
}

function rowOf(entry: Entry, nodes: readonly Node[], inAuxiliary: boolean): Row {
  const node = nodes[entry.node]
  const [field = []] = node.fields.values()
  const auxiliary = inAuxiliary || entry.auxiliary === true
  const place = {
    name: entry.name,
    kind: entry.kind,
    shape: node.signal.shape,
    receptiveField: field.map(({ size }) => size),
    jump: field.flatMap(({ grid }) => (grid === undefined ? [] : [grid.jump])),
    auxiliary,
  }
  if (entry.parts === undefined) return { ...place, ...countsOf(node), parts: [] }
  const parts = entry.parts.map((part) => rowOf(part, nodes, auxiliary))
  return { ...place, ...sumOf(parts), parts }
}

function countsOf({ parameters, multiplyAdds, signal, layer, kept }: Node): Counts {
  const count = (role: 'weight' | 'bias') =>
    parameters.filter((one) => one.role === role).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const [weights, biases] = [count('weight'), count('bias')]
  const activations = (layer.kind === 'flatten' ? 0 : sizeOf(signal.shape)) + kept
  return {
    weights,
    biases,
    parameters: weights + biases,
    multiplyAdds,
    activations,
    activationBytes: bytesOfFloat32 * activations,
  }
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0)
  return {
    weights: sum('weights'),
    biases: sum('biases'),
    parameters: sum('parameters'),
    multiplyAdds: sum('multiplyAdds'),
    activations: sum('activations'),
    activationBytes: sum('activationBytes'),
  }
}

/** The counts of a row without what is in auxiliary heads; the row itself where it has none. */
function withoutAuxiliary(row: Row): Counts {
  if (row.auxiliary) return sumOf([])
  const parts = row.parts.map(withoutAuxiliary)
  return parts.some((counts, i) => counts !== row.parts[i]) ? sumOf(parts) : row
}

/** `3×62×62`, `9×9`; a dash where there is nothing. */
export function lengthsText(lengths: readonly number[]): string {
  return lengths.length === 0 ? '—' : lengths.join('×')
}

/** One number for a square, both otherwise: `9` or `9×7`. */
export function squareText(lengths: readonly number[]): string {
  return lengths.length === 2 && lengths[0] === lengths[1] ? String(lengths[0]) : lengthsText(lengths)
}

/** The rows as a table of an exercise: groups down to `depth` (0: as listed), inputs and layers in order, and the totals. */
export function tableOf({ name, rows, totals }: Walk, depth = 0): Table {
  const lines = (some: readonly Row[], level: number): Table['rows'] =>
    some.flatMap((row) => {
      const line = [
        row.name,
        row.kind,
        lengthsText(row.shape),
        row.parameters,
        squareText(row.receptiveField),
        squareText(row.jump),
        row.multiplyAdds,
        row.activations,
      ]
      return level < depth ? [line, ...lines(row.parts, level + 1)] : [line]
    })
  return {
    title: `The layers of ${name}`,
    columns: ['layer', 'kind', 'shape', 'parameters', 'receptive field', 'jump', 'multiply-adds', 'activations'],
    rows: [...lines(rows, 0), ['total', '', '', totals.parameters, '', '', totals.multiplyAdds, totals.activations]],
  }
}
