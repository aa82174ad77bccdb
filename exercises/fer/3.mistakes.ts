import { rowMajor, scalar, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { logitOf, recurrentStep, sequenceNames, weightNames } from './3.quantities.js'
import { bitsOf, sequenceOf } from './3.sequences.js'

const cell = ['inputWeights', 'hiddenWeight', 'hiddenBias']

/** A mistake in one step of the cell, in the states of these steps. */
function inState(
  steps: readonly number[],
  name: string,
  explanation: string,
  wrong: (values: Values, t: number, operators: Operators) => ReturnType<ExerciseMistake['compute']>,
): ExerciseMistake {
  const step = (quantity: string) => Number(quantity[1])
  return {
    name,
    quantities: steps.map((t) => `h${t}`),
    explanation,
    from: (quantity) => [...cell, `x${step(quantity)}`, `h${step(quantity) - 1}`],
    compute: (quantity, values, operators) => wrong(values, step(quantity), operators),
  }
}

/** The step with some of its values replaced. */
function stepWith(values: Values, t: number, replaced: Values, operators: Operators) {
  const all = { ...values, ...replaced }
  return recurrentStep(all, [tensorOf(all, `x${t}`), tensorOf(all, `h${t - 1}`)], operators)
}

const every = [1, 2, 3]

const inStates: readonly ExerciseMistake[] = [
  inState(every, 'bias of the cell forgotten', 'is what you get without the bias b_h.', (values, t, operators) =>
    stepWith(values, t, { hiddenBias: scalar(0) }, operators),
  ),
  inState(
    every,
    'bias of the cell added twice',
    'is what you get when the bias b_h is added twice, once beside each product.',
    (values, t, operators) =>
      stepWith(values, t, { hiddenBias: scalar(2 * numberOf(values, 'hiddenBias')) }, operators),
  ),
  inState(
    every,
    'bits exchanged',
    'is what you get when the weights meet the bits in the other order: it is the last bit that tells odd from even.',
    (values, t, operators) =>
      stepWith(values, t, { [`x${t}`]: tensor([2], [...rowMajor(tensorOf(values, `x${t}`))].reverse()) }, operators),
  ),
  inState(
    every,
    'both bits added up',
    'is what you get when the last weight multiplies the sum of both bits.',
    (values, t, operators) => {
      const [first, last] = rowMajor(tensorOf(values, `x${t}`))
      return stepWith(values, t, { [`x${t}`]: tensor([2], [0, first + last]) }, operators)
    },
  ),
  inState(
    [2, 3],
    'previous state left out',
    'is what you get when the state before it is not added.',
    (values, t, operators) => stepWith(values, t, { [`h${t - 1}`]: scalar(0) }, operators),
  ),
  inState(
    [2, 3],
    'previous state subtracted',
    'is what you get when the state before it is subtracted.',
    (values, t, operators) => stepWith(values, t, { [`h${t - 1}`]: scalar(-numberOf(values, `h${t - 1}`)) }, operators),
  ),
  ...(['tanh', 'relu'] as const).map((activation) =>
    inState(
      every,
      `${activation} in the cell`,
      `is what you get with ${activation === 'tanh' ? 'tanh' : 'ReLU'} in the cell; this one needs the identity, or it cannot count both ways.`,
      (values, t, operators) =>
        recurrentStep(values, [tensorOf(values, `x${t}`), tensorOf(values, `h${t - 1}`)], operators, activation),
    ),
  ),
]

const output = ['outputWeight', 'outputBias']

const inTheOutput: readonly ExerciseMistake[] = [
  mistakeIn(
    'logit',
    'bias of the output forgotten',
    'is what you get without the bias b_o.',
    ['outputWeight', 'h3'],
    (values, operators) => logitOf({ ...values, outputBias: scalar(0) }, tensorOf(values, 'h3'), operators),
  ),
  mistakeIn(
    'logit',
    'bias of the cell in the output',
    'is what you get with the bias of the cell in place of that of the output.',
    ['outputWeight', 'h3', 'hiddenBias'],
    (values, operators) =>
      logitOf({ ...values, outputBias: tensorOf(values, 'hiddenBias') }, tensorOf(values, 'h3'), operators),
  ),
  mistakeIn(
    'logit',
    'states added up',
    'is what you get from the sum of the states; the last state has counted all members already.',
    [...output, 'h1', 'h2', 'h3'],
    (values, operators) => {
      const sum = ['h1', 'h2', 'h3'].map((name) => tensorOf(values, name)).reduce((a, b) => zip(a, b, (x, y) => x + y))
      return logitOf(values, sum, operators)
    },
  ),
  mistakeIn(
    'logit',
    'state before the last member',
    'is what you get from the state before the last member.',
    [...output, 'h2'],
    (values, operators) => logitOf(values, tensorOf(values, 'h2'), operators),
  ),
  mistakeIn('sequenceOutput', 'sigmoid left out', 'is the logit: the sigmoid was not applied.', ['logit'], (values) =>
    tensorOf(values, 'logit'),
  ),
  mistakeIn(
    'sequenceOutput',
    'sign in the sigmoid',
    'is what you get from 1/(1 + e^z): the exponent has a minus sign.',
    ['logit'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: scalar(-numberOf(values, 'logit')) }),
  ),
  mistakeIn(
    'sequenceOutput',
    'tanh in place of the sigmoid',
    'is the tanh of the logit.',
    ['logit'],
    (values, operators) => forward(operators, 'tanh', 'y', { x: tensorOf(values, 'logit') }),
  ),
  mistakeIn(
    'sequenceClass',
    'classes exchanged',
    'is the other class: class 1 is where the output is above one half.',
    ['sequenceOutput'],
    (values) => scalar(numberOf(values, 'sequenceOutput') > 0.5 ? 0 : 1),
  ),
  mistakeIn(
    'sequenceClass',
    'output compared with 0',
    'is what you get when the output is compared with 0; a sigmoid is always above it.',
    ['sequenceOutput'],
    (values) => scalar(numberOf(values, 'sequenceOutput') > 0 ? 1 : 0),
  ),
]

const inTheCounts: readonly ExerciseMistake[] = [
  ...(['oddMembers', 'rightClass'] as const).map((quantity) =>
    mistakeIn(
      quantity,
      `first bit taken for the parity (${quantity === 'oddMembers' ? 'count' : 'class'})`,
      'is what you get when the first bit tells odd from even; it is the last one.',
      sequenceNames,
      (values) => {
        const first = sequenceOf(values).filter((member) => bitsOf(member)[0] === 1).length
        return scalar(quantity === 'oddMembers' ? first : 2 * first > sequenceNames.length ? 1 : 0)
      },
    ),
  ),
  mistakeIn(
    'evenMembers',
    'zero not counted as even',
    'is what you get when 0 is not counted as even.',
    sequenceNames,
    (values) => scalar(sequenceOf(values).filter((member) => member === 2).length),
  ),
  ...(
    [
      ['biases left out', 'counts no biases.', -2],
      ['bias of the output left out', 'is what you get without the bias of the output layer.', -1],
      ['initial state and a second bias counted', 'has a second bias and the initial state as parameters.', 2],
    ] as const
  ).map(([name, explanation, more]) =>
    mistakeIn('recurrentParameters', name, explanation, weightNames, (values) =>
      scalar(weightNames.reduce<number>((sum, weight) => sum + tensorOf(values, weight).size, more)),
    ),
  ),
  mistakeIn(
    'recurrentParameters',
    'parameters counted at every step',
    'is what you get when the cell is counted once for every member; all steps share its parameters.',
    weightNames,
    (values) => {
      const count = (names: readonly string[]) => names.reduce((sum, name) => sum + tensorOf(values, name).size, 0)
      return scalar(sequenceNames.length * count(cell) + count(output))
    },
  ),
]

/** What people get wrong in fer/3. */
export const sequenceMistakes: readonly ExerciseMistake[] = [...inStates, ...inTheOutput, ...inTheCounts]
