import { item, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators } from '../exercise.js'
import { identityMatrix, lowerTriangle, minus, ones, scaledGiven, times, transposed } from '../matrices.js'
import { Descent, plus } from '../training.js'
import { sumOf } from './3.quantities.js'

/** A penalty of the attention of T steps to S words, and its gradient by the weights. */
type Penalty = (weights: Tensor, operators: Operators) => Promise<{ readonly loss: Tensor; readonly slope: Tensor }>

/** Σₜ Σₛ min(aₜ(s), Σ_{t′<t} a_t′(s)): what goes where attention has been before. */
const repetition: Penalty = async (weights, operators) => {
  const [T, S] = weights.shape
  const earlier = minus(lowerTriangle(T), identityMatrix(T))
  const excess = minus(weights, await times(operators, earlier, weights))
  const above = await forward(operators, 'relu', 'y', { x: excess })
  const loss = await sumOf(operators, minus(weights, above))
  const isAbove = await backward(operators, 'relu', 'x', { x: excess }, { y: ones([T, S]) })
  // min(a, b) = a − ReLU(a − b): 1 − [a > b] for a, [a > b] for every earlier weight that b sums.
  const slope = plus(minus(ones([T, S]), isAbove), await times(operators, transposed(earlier), isAbove))
  return { loss, slope }
}

/** Σₛ (T/S − Σₜ aₜ(s))²: how far every word is from its share of the attention of all steps. */
const unevenness: Penalty = async (weights, operators) => {
  const [T, S] = weights.shape
  const call = { prediction: await times(operators, ones([1, T]), weights), target: scaledGiven(ones([1, S]), T / S) }
  const settings = { reduction: 'sum' }
  const loss = await forward(operators, 'squaredError', 'loss', call, settings)
  const ofTotal = await backward(operators, 'squaredError', 'prediction', call, { loss: scalar(1) }, settings)
  return { loss, slope: await times(operators, ones([T, 1]), ofTotal) }
}

const penalties = [
  { title: 'repeated attention', penalty: repetition },
  { title: 'uneven attention', penalty: unevenness },
] as const

/** Four decoder states that all attend to the first word, whose encoder state is by far the longest. */
export const coverageExperiment: Experiment = {
  question: 'Does a coverage penalty keep attention from always going to the same words?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 200 : 12
    const key = tensor([4, 4], [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    const start = tensor([4, 4], [2, 0, 0.5, 0, 2, 0.5, 0, 0, 2, 0, 0, 0.25, 2, 0.25, 0, 0.5])
    const measured: { readonly kind: number; readonly t: number; readonly loss: Tensor; readonly weights: Tensor }[] =
      []
    for (const [kind, { penalty }] of penalties.entries()) {
      const descent = new Descent({ query: start }, { learningRate: 0.2, momentum: 0.8 })
      for (let t = 0; t <= steps; t++) {
        const inputs = { query: descent.parameters.query, key, value: key }
        const weights = await forward(operators, 'scaledDotProductAttention', 'weights', inputs, { scale: 1 })
        const { loss, slope } = await penalty(weights, operators)
        if (t % Math.ceil(steps / 5) === 0 || t === steps) measured.push({ kind, t, loss, weights })
        const gradients = await operators.scaledDotProductAttention.backward?.(inputs, { scale: 1 }, { weights: slope })
        if (gradients !== undefined) await descent.step({ query: gradients.query }, operators)
        progress?.(kind * steps + t, penalties.length * steps)
      }
    }
    await read(measured.flatMap(({ loss, weights }) => [loss, weights]))
    const rows = measured.map(({ kind, t, loss, weights }) => {
      const data = rowMajor(weights)
      const covered = [0, 1, 2, 3].map((s) => [0, 1, 2, 3].reduce((sum, row) => sum + data[4 * row + s], 0))
      return [kind + 1, t, item(loss), ...covered]
    })
    const ends = penalties.map((_, kind) => {
      const some = rows.filter((row) => row[0] === kind + 1)
      return { first: some[0], last: some[some.length - 1] }
    })
    const [repeated, uneven] = ends
    const findings = [
      { statement: 'At first three quarters of all attention and more go to one word.', holds: repeated.first[3] > 3 },
      { statement: 'Descent lowers both penalties.', holds: ends.every(({ first, last }) => last[2] < first[2]) },
    ]
    if (extent === 'full')
      findings.push(
        {
          statement:
            'The penalty of repeated attention takes a third of it away, but cannot tell apart words that are covered already.',
          holds: repeated.last[2] < 0.7 * repeated.first[2],
        },
        {
          statement:
            'The penalty of uneven attention spreads it: every word gets the attention of one step, up to a tenth.',
          holds: uneven.last.slice(3).every((sum) => Math.abs(sum - 1) < 0.1),
        },
      )
    const picture = (title: string, weights: Tensor) => ({
      kind: 'heatMap' as const,
      title,
      rowTitle: 'step',
      columnTitle: 'word',
      values: [0, 1, 2, 3].map((t) => [...rowMajor(weights).subarray(4 * t, 4 * t + 4)]),
      labelled: true,
    })
    const trained = penalties.map(({ title }, kind) =>
      picture(`Trained against ${title}`, measured.filter((one) => one.kind === kind && one.t === steps)[0].weights),
    )
    return {
      columns: ['penalty', 'step', 'its value', 'word 1', 'word 2', 'word 3', 'word 4'],
      rows,
      findings,
      pictures: [picture('Attention at first', measured[0].weights), ...trained],
    }
  },
}
