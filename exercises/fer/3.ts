import fc from 'fast-check'
import { item, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { sequenceCheck, weightsGiven } from './3.check.js'
import { sequenceExperiment } from './3.experiment.js'
import { sequenceLaws } from './3.laws.js'
import { sequenceMistakes } from './3.mistakes.js'
import { sequenceNames, sequenceQuantities, weightNames, weightSymbols } from './3.quantities.js'
import { bitsOf, members, sequenceGiven, sequenceOf, sequenceText } from './3.sequences.js'

function weight(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'real', value: scalar(value) }
}

/** The source's own solution. A solver's weights take its place. */
const given: readonly Given[] = [
  {
    name: 'inputWeights',
    symbols: weightSymbols.inputWeights,
    meaning: 'the weights from the two bits of a member, first and last, to the state',
    kind: 'real',
    value: tensor([2], [0, 2]),
  },
  weight('hiddenWeight', weightSymbols.hiddenWeight, 'the weight from one state to the next', 1),
  weight('hiddenBias', weightSymbols.hiddenBias, 'the bias of the cell', -1),
  weight('outputWeight', weightSymbols.outputWeight, 'the weight from the state to the output', 1),
  weight('outputBias', weightSymbols.outputBias, 'the bias of the output', 0),
  weight('h0', ['h^(0)', 'h_0'], 'the initial state', 0),
  ...([0, 2, 3] as const).map(
    (member, i): Given => ({
      name: sequenceNames[i],
      symbols: [`x^(${i + 1})`, `x_${i + 1}`],
      meaning: `member ${i + 1} of the sequence, its first and its last bit`,
      kind: 'whole',
      value: tensor([2], bitsOf(member)),
    }),
  ),
]

function sequenceArbitrary(): fc.Arbitrary<Values> {
  return fc
    .tuple(fc.constantFrom(...members), fc.constantFrom(...members), fc.constantFrom(...members))
    .map(sequenceGiven)
}

/**
 * Weights that are right for every sequence: W_xh = (0, 2a), W_hh = 1, b_h = −a, s = W_hy·a > 0, −s < b_o ≤ 0, and no others with one
 * unit of identity are. `sizes` are multiples of ½, so that sums are exact in any precision.
 */
function weightsArbitrary(sizes: readonly number[], outputs: readonly number[]): fc.Arbitrary<Values> {
  return fc
    .record({
      a: fc.constantFrom(...sizes),
      v: fc.constantFrom(...outputs),
      sign: fc.constantFrom(1, -1),
      share: fc.constantFrom(0, 0.25, 0.5, 0.75),
    })
    .map(({ a, v, sign, share }) => ({
      ...weightsGiven([0, 2 * a * sign, 1, -a * sign, v * sign, -share * a * v]),
      h0: scalar(0),
    }))
}

function drawn(sizes: readonly number[], outputs: readonly number[]): fc.Arbitrary<Values> {
  return fc
    .tuple(weightsArbitrary(sizes, outputs), sequenceArbitrary())
    .map(([weights, sequence]) => ({ ...weights, ...sequence }))
}

/** Whether the sequence shows something: both classes of members, both values of the first bit, no saturated output. */
function isWorkable(values: Values): boolean {
  const sequence = sequenceOf(values)
  const logit = item(tensorOf(values, 'logit'))
  return (
    new Set(sequence.map((member) => member % 2)).size === 2 &&
    new Set(sequence.map((member) => member >> 1)).size === 2 &&
    Math.abs(logit) <= 4
  )
}

function pictures(values: Values): readonly Picture[] {
  const digits = (name: string) => String(Number(numberOf(values, name).toFixed(3)))
  const bits = sequenceOf(values).map((member) => bitsOf(member).join(''))
  const steps = [1, 2, 3]
  return [
    {
      kind: 'graph',
      title: 'The network unrolled over the sequence',
      nodes: [
        { name: 'h0', column: 0, row: 1, label: `h⁽⁰⁾ = ${digits('h0')}` },
        ...steps.flatMap((t) => [
          { name: `x${t}`, column: t, row: 2, label: `x = ${bits[t - 1]}` },
          { name: `h${t}`, column: t, row: 1, label: `h = ${digits(`h${t}`)}` },
          { name: `o${t}`, column: t, row: 0, label: `o = ${digits(t === 3 ? 'sequenceOutput' : `output${t}`)}` },
        ]),
        { name: 'class', column: 4, row: 0, label: `class ${digits('sequenceClass')}` },
      ],
      edges: [
        ...steps.flatMap((t) => [
          { from: `x${t}`, to: `h${t}`, label: 'W_xh' },
          { from: `h${t - 1}`, to: `h${t}`, label: 'W_hh' },
          { from: `h${t}`, to: `o${t}`, label: 'W_hy, σ' },
        ]),
        { from: 'o3', to: 'class', label: '> 0.5' },
      ],
    },
  ]
}

export const exercise3: Exercise = {
  id: 'fer/3',
  title: 'A recurrent network that compares numbers of odd and even members',
  source: 'FER, Deep Learning 1, exam questions 2023, question 3',
  statement: `A plain recurrent network classifies sequences of two-bit binary numbers. Class 1 holds the sequences with more odd than
even members; class 0 holds the others, those with as many of both among them. A member $x^{(t)}$ enters as the column of its two bits.

(a) Choose all parameters and fitting activations of the cell and of the output layer so that the model classifies every such sequence
rightly. (b) Write down the update of the state, the output layer and the criterion for the class. (c) How many parameters does the model
have? (d) Show it at work on the sequence given here.

The solution that is worked out has one unit without an activation, $h^{(t)} = W_{xh} \\cdot x^{(t)} + W_{hh} \\cdot h^{(t-1)} + b_h$, a sigmoid output
$o^{(t)} = \\sigma(W_{hy} \\cdot h^{(t)} + b_o)$, and class 1 where the output is above one half; its weights are given here. Yours may differ: what counts is
that they are right for every sequence.`,
  heading: { number: '3' },
  given,
  arbitrary: () => drawn([0.5, 1, 1.5, 2, 2.5, 3, 4, 8], [0.5, 1, 1.5, 2, 4]),
  stages: [
    { name: 'model', title: 'The model at work' },
    { name: 'count', title: 'The number of parameters' },
  ],
  quantities: sequenceQuantities,
  conventions: [],
  mistakes: sequenceMistakes,
  laws: sequenceLaws,
  experiments: [sequenceExperiment(Object.fromEntries(given.map(({ name, value }) => [name, value])))],
  worksheet: { arbitrary: () => drawn([0.5, 1, 1.5, 2], [0.5, 1, 2]), isWorkable },
  choice: {
    of: [...weightNames],
    async refute(values, operators) {
      const found = await sequenceCheck(values, operators)
      if (found === undefined) return undefined
      const { sequence, modelClass, rightClass } = found
      return `these weights put the sequence ${sequenceText(sequence)} into class ${modelClass}; it belongs to class ${rightClass}`
    },
  },
  pictures,
}
