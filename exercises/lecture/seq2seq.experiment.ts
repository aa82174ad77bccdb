import { map, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment } from '../exercise.js'

/** Attention for the decoder state at several scales: how sharp the distribution is, and what gradient the scores get. */
export function scaleExperiment(encoderStates: Tensor, decoderState: Tensor): Experiment {
  return {
    question: 'Why are the lecture’s shares 0 and 1, when they may lie anywhere between?',
    async run(operators, { extent = 'full', read = async () => {} } = {}) {
      const scales = extent === 'full' ? [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] : [0, 0.05, 1]
      const S = encoderStates.shape[0]
      const measured: { readonly shares: Tensor; readonly gradient: Tensor }[] = []
      for (const scale of scales) {
        const decoder = map(decoderState, (value) => value * scale)
        const scores = await forward(operators, 'linear', 'y', { x: decoder, weight: encoderStates })
        const shares = await forward(operators, 'softmax', 'y', { x: scores })
        // Of the second state's share, by the scores.
        const y = tensor(
          [S],
          Array.from({ length: S }, (_, s) => (s === 1 ? 1 : 0)),
        )
        measured.push({ shares, gradient: await backward(operators, 'softmax', 'x', { x: scores }, { y }) })
      }
      await read(measured.flatMap(({ shares, gradient }) => [shares, gradient]))
      const rows = measured.map(({ shares, gradient }, i) => {
        const entropy = rowMajor(shares).reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0)
        const slope = Math.max(...rowMajor(gradient).map(Math.abs))
        return [scales[i], ...rowMajor(shares), entropy, slope]
      })
      const [none, full] = [rows[0], rows[rows.length - 1]]
      const column = (k: number) => rows.map((row) => row[k])
      const falls = (numbers: readonly number[]) => numbers.slice(1).every((value, i) => value < numbers[i])
      return {
        columns: [
          'scale of the decoder state',
          ...Array.from({ length: S }, (_, s) => `share ${s + 1}`),
          'entropy in bits',
          'largest derivative of share 2',
        ],
        rows,
        findings: [
          {
            statement: 'With a decoder state of zeros every share is the same, and the entropy log₂ of their number.',
            holds: Math.abs(none[S + 1] - Math.log2(S)) < 1e-3,
          },
          {
            statement: 'The larger the decoder state, the sharper the distribution: its entropy falls.',
            holds: falls(column(S + 1)),
          },
          {
            statement:
              'At the lecture’s scale the scores differ by 25 and more: all but 10⁻¹⁰ of the attention is on one state.',
            holds: full
              .slice(1, S + 1)
              .filter((_, s) => s !== 1)
              .every((share) => share < 1e-10),
          },
          {
            statement: 'Such a saturated softmax passes hardly any gradient back to the scores.',
            holds: full[S + 2] < 1e-6 && Math.max(...column(S + 2)) > 0.1,
          },
        ],
        pictures: [
          {
            kind: 'lineChart',
            title: 'The shares of the encoder states by the scale of the decoder state',
            x: { title: 'scale of the decoder state' },
            y: { title: 'share' },
            lines: Array.from({ length: S }, (_, s) => ({
              name: `state ${s + 1}`,
              points: rows.map((row) => [row[0], row[s + 1]] as const),
            })),
          },
        ],
      }
    },
  }
}
