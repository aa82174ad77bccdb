import { scalar } from '../../oracle/tensor.js'
import { chainLaws } from '../architecture/laws.js'
import { numberOf } from '../computation.js'
import type { ExerciseLaw } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { classifier, classifierTable } from './2.chain.js'

/** What holds for the classifier whatever its sizes. */
export const classifierLaws: readonly ExerciseLaw[] = [
  ...chainLaws(classifier, classifierTable),
  {
    name: 'all windows together are one window of the receptive field that moves by the jump',
    async check(values, solve, slack) {
      const solved = await solve(values)
      const [n, r, j] = ['side', 'pool2ReceptiveField', 'pool2Jump'].map((name) => numberOf(solved, name))
      // ⌊(⌊(n − k)/s⌋ + 1 − k′)/s′⌋ + 1 = ⌊(n − k − (k′ − 1)·s)/(s·s′)⌋ + 1; r and j are whole, whatever was rounded.
      const expected = Math.floor((n - Math.round(r)) / Math.round(j)) + 1
      expectClose('the side of the last map', numberOf(solved, 'pool2Side'), expected, 8 * slack * expected)
    },
  },
  {
    name: 'the last map is the same from the smallest to the largest image that is accepted, and another one beyond them',
    async check(values, solve, slack) {
      const solved = await solve(values)
      const [least, most] = ['leastSide', 'mostSide'].map((name) => Math.round(numberOf(solved, name)))
      const side = numberOf(solved, 'pool2Side')
      const sideFor = async (n: number) => numberOf(await solve({ ...values, side: scalar(n) }), 'pool2Side')
      for (const n of [least, most]) expectClose(`the last map’s side for ${n}`, await sideFor(n), side, slack * side)
      expectClose(`the last map’s side for ${most + 1}`, await sideFor(most + 1), side + 1, slack * (side + 1))
      if (side > 1)
        expectClose(`the last map’s side for ${least - 1}`, await sideFor(least - 1), side - 1, slack * side)
    },
  },
  {
    name: 'on the smallest image for global pooling the last map is one unit, which sees all of it',
    async check(values, solve, slack) {
      const least = Math.round(numberOf(await solve(values), 'leastSideWithGlobalPooling'))
      const solved = await solve({ ...values, side: scalar(least) })
      expectClose('the side of the last map', numberOf(solved, 'pool2Side'), 1, slack)
      const seen = numberOf(solved, 'fcReceptiveField')
      expectClose('what the fully connected layer sees', seen, least, 32 * slack * least)
    },
  },
]
