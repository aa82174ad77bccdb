import { map, rowMajor, type Tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment } from '../exercise.js'
import { randomNumbers } from '../training.js'
import { sizes, special } from './bert.given.js'

const rate = 0.15
const expected = [rate, 0.8 * rate, 0.1 * rate, 0.1 * rate] as const

/** Words are masked from a fixed seed, and what became of them is counted. */
export const maskingExperiment: Experiment = {
  question: 'Why are some chosen words kept or replaced in place of masking all of them?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const counts = extent === 'full' ? [1000, 10_000, 100_000] : [4000]
    const random = randomNumbers(9)
    const drawn = (count: number) => map(zeros([1, count]), () => random())
    // Words are all but the last, which stands for replacements: so that one is seen to be replaced.
    const replacement = sizes.vocabulary - 1
    const wordAt = () => sizes.firstWord + Math.floor(random() * (replacement - sizes.firstWord))
    const runs: { readonly ids: Tensor; readonly masked: Tensor; readonly chosen: Tensor }[] = []
    for (const count of counts) {
      const ids = map(zeros([1, count]), wordAt)
      const inputs = { ids, draws: drawn(count), actions: drawn(count), replacements: map(ids, () => replacement) }
      const attributes = { maskId: special.mask, rate }
      const masked = await forward(operators, 'maskTokens', 'ids', inputs, attributes)
      const chosen = await forward(operators, 'maskTokens', 'chosen', inputs, attributes)
      runs.push({ ids, masked, chosen })
      progress?.(runs.length, counts.length)
    }
    await read(runs.flatMap(({ masked, chosen }) => [masked, chosen]))
    const rows = runs.map(({ ids, masked, chosen }) => {
      const [before, after, marks] = [ids, masked, chosen].map(rowMajor)
      const share = (is: (t: number) => boolean) => before.filter((_, t) => is(t)).length / before.length
      return [
        before.length,
        share((t) => marks[t] === 1),
        share((t) => after[t] === special.mask),
        share((t) => after[t] === replacement),
        share((t) => marks[t] === 1 && after[t] === before[t]),
      ]
    })
    // Four standard deviations of a share.
    const isNear = (row: readonly number[]) =>
      expected.every((share, i) => Math.abs(row[i + 1] - share) <= 4 * Math.sqrt((share * (1 - share)) / row[0]))
    return {
      columns: ['words', 'chosen', 'masked', 'replaced', 'chosen but kept'],
      rows,
      findings: [
        {
          statement: 'Of all words 15 % are chosen; 12 % are masked, 1.5 % replaced, 1.5 % chosen but kept.',
          holds: rows.every(isNear),
        },
        {
          statement:
            'Some loss is taken where no [MASK] stands, so that a model cannot tell by [MASK] alone where it has to answer; in later tasks there is none.',
          holds: rows.every(([, , , replaced, kept]) => replaced > 0 && kept > 0),
        },
      ],
    }
  },
}
