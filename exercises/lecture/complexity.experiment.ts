import type { Tensor } from '../../oracle/tensor.js'
import type { Experiment } from '../exercise.js'
import { countingOperators } from '../operationCounts.js'
import type { LineChart } from '../picture.js'
import { depthOf, type LayerKind, layerKinds, reach, runLayer, type Sizes, spreadLayers } from './complexity.run.js'

const base = { d: 4, k: 3, r: 5 } as const

/** Layers of every kind on growing lengths and widths: counted, traced, and followed from the first position to the last. */
export const growthExperiment: Experiment = {
  question: 'How do operations, waiting and paths grow with the sequence?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const lengths = extent === 'full' ? [9, 18, 36, 72, 144] : [9, 18]
    const count = async (kind: LayerKind, sizes: Sizes) => {
      const counting = countingOperators(operators)
      await runLayer(kind, sizes, counting.operators)
      return counting.counts.multiplyAdds
    }
    const measured: { readonly row: readonly number[]; readonly layers: readonly Tensor[] }[] = []
    for (const [i, n] of lengths.entries()) {
      for (const [kind, name] of layerKinds.entries()) {
        const sizes = { ...base, n }
        const row = [kind + 1, n, await count(name, sizes), await depthOf(name, sizes, operators)]
        measured.push({ row, layers: name === 'recurrent' ? [] : await spreadLayers(name, sizes, operators) })
      }
      progress?.(i + 1, lengths.length)
    }
    const wider: Partial<Record<LayerKind, number>> = {}
    for (const kind of layerKinds)
      wider[kind] = (await count(kind, { ...base, n: 9, d: 2 * base.d })) / (await count(kind, { ...base, n: 9 }))
    await read(measured.flatMap(({ layers }) => layers))
    const rows = measured.map(({ row, layers }) => [...row, layers.length === 0 ? row[3] : reach(layers)])
    const of = (kind: LayerKind) => rows.filter((row) => row[0] === layerKinds.indexOf(kind) + 1)
    const grows = (kind: LayerKind, factor: number) =>
      of(kind).every((row, i, all) => i === 0 || row[2] === factor * all[i - 1][2])
    const chart = (title: string, y: string, column: number): LineChart => ({
      kind: 'lineChart',
      title,
      x: { title: 'n', scale: 'log' },
      y: { title: y, scale: 'log' },
      lines: layerKinds.map((kind) => ({ name: kind, points: of(kind).map((row) => [row[1], row[column]] as const) })),
    })
    return {
      columns: ['layer', 'n', 'multiply-adds', 'calls one after another', 'path from first to last'],
      rows,
      findings: [
        {
          statement: 'Twice the length takes self-attention four times the multiply-adds, all others twice.',
          holds:
            grows('attention', 4) &&
            (['recurrent', 'convolutional', 'restricted'] as const).every((kind) => grows(kind, 2)),
        },
        {
          statement: 'Twice the width takes recurrence and convolution four times the multiply-adds, attention twice.',
          holds: wider.attention === 2 && wider.restricted === 2 && wider.recurrent === 4 && wider.convolutional === 4,
        },
        {
          statement:
            'A recurrent layer’s steps wait for one another, as many as there are positions; the others’ calls wait for none.',
          holds: layerKinds.every((kind) => of(kind).every((row) => row[3] === (kind === 'recurrent' ? row[1] : 1))),
        },
        {
          statement: 'What stands first reaches the last position in one layer of self-attention, whatever the length.',
          holds: of('attention').every((row) => row[4] === 1),
        },
        {
          statement: 'It takes a recurrent layer n steps, dilated convolutions log n to base k layers, rounded up.',
          holds:
            of('recurrent').every((row) => row[4] === row[1]) &&
            of('convolutional').every((row) => base.k ** row[4] >= row[1] && base.k ** (row[4] - 1) < row[1]),
        },
        {
          statement:
            'Restricted attention takes (n − 1)/(r − 1) layers, rounded up: about twice as many for twice the length.',
          holds: of('restricted').every((row) => row[4] === Math.ceil((row[1] - 1) / (base.r - 1))),
        },
      ],
      pictures: [
        chart('Multiply-adds of a layer', 'multiply-adds', 2),
        chart('Path from the first to the last position', 'path', 4),
      ],
    }
  },
}
