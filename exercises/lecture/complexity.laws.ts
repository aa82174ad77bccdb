import { numberOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { countingOperators } from '../operationCounts.js'
import { depthOf, type LayerKind, layerKinds, reach, runLayer, spreadLayers } from './complexity.run.js'

/** Multiply-adds of the run over those of the table: queries with keys and weights with values; input and state. */
const constants: Readonly<Record<LayerKind, number>> = { attention: 2, recurrent: 2, convolutional: 1, restricted: 2 }

function sizesOf(values: Values) {
  const [n, d, k, r] = ['n', 'd', 'k', 'r'].map((name) => numberOf(values, name))
  return { n, d, k, r }
}

/** What holds for lecture/complexity whatever the sizes. */
export const complexityLaws: readonly ExerciseLaw[] = [
  {
    name: 'a layer of each kind, run, takes the multiply-adds of the table, up to the factor of its products',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      for (const kind of layerKinds) {
        const counting = countingOperators(operators)
        await runLayer(kind, sizesOf(values), counting.operators)
        const expected = constants[kind] * numberOf(solved, `${kind}Operations`)
        expectClose(`multiply-adds, ${kind},`, counting.counts.multiplyAdds, expected, 8 * slack * expected)
      }
    },
  },
  {
    name: 'the calls of a run that wait for one another are as many as the sequential operations',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      for (const kind of layerKinds) {
        const depth = await depthOf(kind, sizesOf(values), operators)
        const expected = numberOf(solved, `${kind}Sequential`)
        expectClose(`sequential operations, ${kind},`, depth, expected, 8 * slack * expected)
      }
    },
  },
  {
    name: 'what stands at the first position reaches the last in as many layers or steps as the path is long',
    async check(values, solve, slack, operators) {
      const [solved, sizes] = [await solve(values), sizesOf(values)]
      const measured = await Promise.all(
        layerKinds.map(async (kind) =>
          kind === 'recurrent' ? depthOf(kind, sizes, operators) : reach(await spreadLayers(kind, sizes, operators)),
        ),
      )
      const lengths = Object.fromEntries(layerKinds.map((kind) => [kind, numberOf(solved, `${kind}Path`)]))
      const rounded = (x: number) => Math.ceil(x - 64 * slack * (1 + x))
      // A neighbourhood of r positions, one's own among them, reaches r − 1 further in every layer: (n − 1)/(r − 1) layers.
      const restricted = (lengths.restricted * sizes.r - 1) / (sizes.r - 1)
      const expected = [lengths.attention, lengths.recurrent, rounded(lengths.convolutional), rounded(restricted)]
      layerKinds.forEach((kind, i) => {
        expectClose(`path length, ${kind},`, measured[i], expected[i], 8 * slack * expected[i])
      })
    },
  },
  {
    name: 'self-attention takes as many multiply-adds as a recurrent layer at n = d, fewer below, more above',
    async check(values, solve, slack) {
      const solved = await solve(values)
      const [n, limit] = [numberOf(values, 'n'), numberOf(solved, 'crossover')]
      const [attention, recurrent] = ['attention', 'recurrent'].map((kind) => numberOf(solved, `${kind}Operations`))
      expectClose('the quotient of both', attention / recurrent, n / limit, 32 * slack * (n / limit))
    },
  },
]
