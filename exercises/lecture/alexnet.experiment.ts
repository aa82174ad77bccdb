import { type Tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment } from '../exercise.js'

const depth = 16
const middle = 8

/** Activations of equal size in all channels, the middle one's set apart. */
function activations(excited: number): Tensor {
  const x = zeros([1, depth, 1, 1])
  for (let channel = 0; channel < depth; channel++) x.set(0, channel, 0, 0, channel === middle ? excited : 1)
  return x
}

/** One channel is excited more and more, and the others are watched, with constants that let the normalization show. */
export const inhibitionExperiment: Experiment = {
  question: 'How does a strongly excited unit damp its neighbours in the other channels?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const levels = extent === 'full' ? [1, 2, 4, 8, 16, 32] : [1, 8]
    const attributes = { size: 5, alpha: 5, beta: 0.75, k: 2 }
    const answers: Tensor[] = []
    for (const level of levels) {
      answers.push(await forward(operators, 'localResponseNorm', 'y', { x: activations(level) }, attributes))
      progress?.(answers.length, levels.length)
    }
    await read(answers)
    const rows = levels.map((level, i) => {
      const at = (channel: number) => answers[i].get(0, channel, 0, 0)
      return [level, at(middle), at(middle + 1), at(middle + 2), at(middle + 3), at(middle + 5)]
    })
    const falls = (column: number) => rows.every((row, i) => i === 0 || row[column] < rows[i - 1][column])
    const stays = (column: number) => rows.every((row) => Math.abs(row[column] - rows[0][column]) <= 1e-5)
    const last = rows[rows.length - 1]
    return {
      columns: ['activation of the unit', 'its answer', 'next channel', 'second next', 'third next', 'fifth next'],
      rows,
      findings: [
        {
          statement: 'The more it is excited, the less its neighbours on both sides answer.',
          holds: falls(2) && falls(3),
        },
        {
          statement: 'From the third channel on nothing changes: n = 5 looks two channels far.',
          holds: stays(4) && stays(5),
        },
        {
          statement:
            'The unit itself stands out from its neighbours as strongly as before: it and they are divided alike.',
          holds: rows.every(([level, own, next]) => Math.abs(own / next - level) <= 1e-4 * level),
        },
        {
          statement: 'Its own answer grows more slowly than its activation.',
          holds: last[1] / rows[0][1] < last[0] / rows[0][0],
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Answers while one unit is excited',
          x: { title: 'activation of the unit', scale: 'log' },
          y: { title: 'answer', scale: 'log' },
          lines: ['the unit', 'next channel', 'second next', 'third next'].map((name, column) => ({
            name,
            points: rows.map((row) => [row[0], row[column + 1]] as const),
          })),
        },
      ],
    }
  },
}
