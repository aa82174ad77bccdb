import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment } from '../exercise.js'
import { encodings } from './positional-encoding.quantities.js'

/** The similarities of n positions by their distance: mean, and half of the spread between the largest and the smallest. */
function byDistance(gram: Tensor): readonly (readonly [number, number])[] {
  const [n] = gram.shape
  const data = rowMajor(gram)
  return Array.from({ length: n }, (_, k) => {
    const diagonal = Array.from({ length: n - k }, (_, p) => data[p * n + p + k])
    const mean = diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length
    return [mean, (Math.max(...diagonal) - Math.min(...diagonal)) / 2]
  })
}

/** The largest similarity of two different positions, as a share of that of a position with itself. */
function nearest(similarities: readonly (readonly [number, number])[]): number {
  return Math.max(...similarities.slice(1).map(([mean]) => mean)) / similarities[0][0]
}

/** Encodings of few and of many wavelengths over several hundred positions, compared by their dot products. */
export const wavelengthExperiment: Experiment = {
  question: 'Why sines and cosines of many wavelengths?',
  async run(operators, { extent = 'full', read = async () => {} } = {}) {
    const [length, wide] = extent === 'full' ? [400, 512] : [60, 64]
    const widths = [2, 4, wide]
    const [all, grams]: [Tensor[], Tensor[]] = [[], []]
    for (const width of widths) {
      const a = await encodings(length, width, operators)
      all.push(a)
      grams.push(await forward(operators, 'linear', 'y', { x: a, weight: a }))
    }
    const twice = await encodings(2 * length, wide, operators)
    await read([...all, ...grams, twice])
    const similarities = grams.map(byDistance)
    const own = similarities.map(([[mean]]) => mean)
    const shown = [0, 1, 2, 3, 5, 10, 20, 44, 100, 200, 399].filter((k) => k < length)
    const longer = rowMajor(twice)
    const spread = similarities.map((some, i) => Math.max(...some.map(([, half]) => half)) / own[i])
    const near = similarities[2].slice(0, 6).map(([mean]) => mean)
    const picture = rowMajor(all[2])
    const columns = Math.min(wide, 128)
    return {
      columns: ['distance', ...widths.map((width) => `dot product over its largest, d = ${width}`)],
      rows: shown.map((k) => [k, ...similarities.map((some, i) => some[k][0] / own[i])]),
      findings: [
        {
          statement: 'The dot product of two encodings depends on the distance of their positions alone.',
          holds: spread.every((half) => half < 0.01),
        },
        {
          statement:
            'With many wavelengths it falls with the distance at first: near positions have similar encodings.',
          holds: near.slice(1).every((value, k) => value < near[k]),
        },
        {
          statement:
            'With one wavelength far positions are mistaken for one another: 44 positions are almost seven turns.',
          holds: nearest(similarities[0]) > 0.9998,
        },
        {
          statement: 'With many wavelengths no two positions come near each other.',
          holds: nearest(similarities[2]) < 0.99,
        },
        {
          statement: 'A sequence twice as long begins with the same encodings: nothing is learned for each position.',
          holds: picture.every((value, i) => Math.abs(value - longer[i]) < 1e-3),
        },
      ],
      pictures: [
        {
          kind: 'heatMap',
          title: `Positional encodings of ${wide} columns, the first ${columns} of them`,
          rowTitle: 'position',
          columnTitle: 'column',
          values: Array.from({ length: Math.min(length, 60) }, (_, p) => [
            ...picture.slice(p * wide, p * wide + columns),
          ]),
          labelled: false,
        },
        {
          kind: 'lineChart',
          title: 'The dot product of two encodings by the distance of their positions',
          x: { title: 'distance' },
          y: { title: 'dot product, as a share of its largest' },
          lines: widths.map((width, i) => ({
            name: `d = ${width}`,
            points: similarities[i].slice(0, 100).map(([mean], k) => [k, mean / own[i]] as const),
          })),
        },
      ],
    }
  },
}
