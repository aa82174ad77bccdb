import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment } from '../exercise.js'
import { normalTensor, plus, randomNumbers } from '../training.js'

const [batch, width] = [8, 16]

/** The root of the mean square of all entries. */
function sizeOf(x: Tensor): number {
  return Math.sqrt(rowMajor(x).reduce((sum, value) => sum + value ** 2, 0) / x.size)
}

/** The size of the activations of a deep stack of residual layers, with normalisation behind every layer and without. */
export const depthExperiment: Experiment = {
  question: 'What does normalising every layer do to a deep network?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const depth = extent === 'full' ? 32 : 12
    const random = randomNumbers(11)
    const start = normalTensor([batch, width], 1, random)
    let [plain, normed] = [start, start]
    const measured: { readonly layer: number; readonly plain: Tensor; readonly normed: Tensor }[] = []
    for (let layer = 1; layer <= depth; layer++) {
      const weight = normalTensor([width, width], Math.sqrt(2 / width), random)
      const layerOn = async (x: Tensor) => {
        const y = await forward(operators, 'linear', 'y', { x, weight })
        return plus(x, await forward(operators, 'relu', 'y', { x: y }))
      }
      plain = await layerOn(plain)
      normed = await forward(operators, 'layerNorm', 'y', { x: await layerOn(normed) })
      measured.push({ layer, plain, normed })
      progress?.(layer, depth)
    }
    await read(measured.flatMap((one) => [one.plain, one.normed]))
    const rows = measured.map((one) => [one.layer, sizeOf(one.plain), sizeOf(one.normed)])
    const last = rows[rows.length - 1]
    const finite = rows.every((row) => row.every(Number.isFinite))
    return {
      columns: ['layer', 'size without normalisation', 'size with normalisation'],
      rows,
      findings: [
        {
          statement: 'Without normalisation the activations grow from layer to layer, exponentially.',
          holds: finite && last[1] > 1.3 ** depth,
        },
        {
          statement: 'With it they keep the size 1 at every depth.',
          holds: rows.every((row) => Math.abs(row[2] - 1) < 0.01),
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Size of the activations over depth',
          x: { title: 'layer' },
          y: { title: 'root mean square', scale: 'log' },
          lines: ([1, 2] as const).map((column) => ({
            name: column === 1 ? 'without normalisation' : 'with layer normalisation',
            points: rows.map((row) => [row[0], row[column]] as const),
          })),
        },
      ],
    }
  },
}
