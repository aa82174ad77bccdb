import { reshape, scalar, type Tensor } from '../../oracle/tensor.js'
import { forward, onHost, scalarOf, tensorOf, weightedSum } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { rightClassOf, sequenceOf } from './3.sequences.js'

/** One step of the cell, by `rnn` on a sequence of one member. */
export async function recurrentStep(
  values: Values,
  [x, h]: readonly [Tensor, Tensor],
  operators: Operators,
  activation: 'identity' | 'relu' | 'tanh' = 'identity',
): Promise<Tensor> {
  const hidden = await forward(
    operators,
    'rnn',
    'hidden',
    {
      x: reshape(x, [1, 1, 2]),
      h0: reshape(h, [1, 1]),
      weightInput: reshape(tensorOf(values, 'inputWeights'), [1, 2]),
      weightHidden: reshape(tensorOf(values, 'hiddenWeight'), [1, 1]),
      biasInput: reshape(tensorOf(values, 'hiddenBias'), [1]),
    },
    { activation },
  )
  return scalarOf(hidden)
}

/** W_hy·h + b_o, by `linear`. */
export function logitOf(values: Values, h: Tensor, operators: Operators): Promise<Tensor> {
  return weightedSum(operators, [tensorOf(values, 'outputWeight'), 1], [h, tensorOf(values, 'outputBias')])
}

export const sequenceNames = ['x1', 'x2', 'x3'] as const
const steps = [1, 2, 3] as const

function state(t: number): Quantity {
  return {
    name: `h${t}`,
    symbols: [`h^(${t})`, `h_${t}`],
    meaning: `the state after member ${t}`,
    kind: 'real',
    from: ['inputWeights', `x${t}`, 'hiddenWeight', `h${t - 1}`, 'hiddenBias'],
    formula: `W_{xh} \\cdot x^{(${t})} + W_{hh} \\cdot h^{(${t - 1})} + b_h`,
    ...(t === 3 ? { asked: true as const } : {}),
    compute: (values, operators) =>
      recurrentStep(values, [tensorOf(values, `x${t}`), tensorOf(values, `h${t - 1}`)], operators),
  }
}

/** The output of the layer while the sequence is still being read. */
function earlyOutput(t: number): Quantity {
  return {
    name: `output${t}`,
    symbols: [`o^(${t})`, `O^(${t})`, `o_${t}`, `O_${t}`, `y_${t}`],
    meaning: `the output after member ${t}`,
    kind: 'real',
    from: ['outputWeight', `h${t}`, 'outputBias'],
    formula: `\\frac{1}{1 + e^{-(W_{hy} \\cdot h^{(${t})} + b_o)}}`,
    compute: async (values, operators) => {
      const x = await logitOf(values, tensorOf(values, `h${t}`), operators)
      return forward(operators, 'sigmoid', 'y', { x })
    },
  }
}

export const weightNames = ['inputWeights', 'hiddenWeight', 'hiddenBias', 'outputWeight', 'outputBias'] as const

/** How the weights are written, also where it is their numbers that are meant. */
export const weightSymbols: Readonly<Record<(typeof weightNames)[number], readonly string[]>> = {
  inputWeights: ['W_xh', 'W_hx', 'W_x', 'w_xh'],
  hiddenWeight: ['W_hh', 'W_h', 'w_hh'],
  hiddenBias: ['b_h', 'b'],
  outputWeight: ['W_hy', 'W_yh', 'W_ho', 'W_y', 'w_hy'],
  outputBias: ['b_o', 'b_y', 'c'],
}

/** The name of the quantity that counts a weight's numbers. */
function countName(weight: string): string {
  return `${weight}Count`
}

/** How many numbers a weight holds; solutions write it with the weight's own symbol. */
function parameterCount(weight: (typeof weightNames)[number]): Quantity {
  return {
    name: countName(weight),
    symbols: weightSymbols[weight],
    meaning: `the number of parameters in ${weightSymbols[weight][0]}`,
    kind: 'whole',
    from: [weight],
    formula: weight === 'inputWeights' ? '1 \\cdot 2' : '1',
    stage: 'count',
    compute: async (values) => scalar(tensorOf(values, weight).size),
  }
}

/** Everything that fer/3 asks for or passes on the way. */
export const sequenceQuantities: readonly Quantity[] = [
  ...weightNames.map(parameterCount),
  {
    name: 'recurrentParameters',
    symbols: ['parameters', 'params', 'number of parameters', 'broj parametara', 'parametara'],
    meaning: 'the parameters of the model: of the cell and of the output layer',
    kind: 'whole',
    from: weightNames.map(countName),
    formula: 'W_{xh} + W_{hh} + b_h + W_{hy} + b_o',
    stage: 'count',
    asked: true,
    alternatives: [{ value: () => scalar(7), note: 'a cell with two biases, one beside each product' }],
    compute: (values, operators) =>
      weightedSum(
        operators,
        weightNames.map(() => 1),
        weightNames.map((name) => tensorOf(values, countName(name))),
      ),
  },
  {
    name: 'oddMembers',
    symbols: ['odd', 'odd members', 'n_odd', 'neparnih'],
    meaning: 'the odd members of the sequence: those whose last bit is 1',
    kind: 'whole',
    from: sequenceNames,
    formula: '\\sum_t x_2^{(t)}',
    compute: async (values) => scalar(sequenceOf(values).filter((member) => member % 2 === 1).length),
  },
  {
    name: 'evenMembers',
    symbols: ['even', 'even members', 'n_even', 'parnih'],
    meaning: 'the even members of the sequence',
    kind: 'whole',
    from: sequenceNames,
    formula: '\\sum_t (1 - x_2^{(t)})',
    compute: async (values) => scalar(sequenceOf(values).filter((member) => member % 2 === 0).length),
  },
  {
    name: 'rightClass',
    symbols: ['right class', 'target', 't'],
    meaning: 'the class that the sequence belongs to: 1 where more members are odd than even, else 0',
    kind: 'class',
    from: sequenceNames,
    formula: '\\text{odd} > \\text{even}',
    compute: async (values) => scalar(rightClassOf(sequenceOf(values))),
  },
  ...steps.map(state),
  ...[1, 2].map(earlyOutput),
  {
    name: 'logit',
    symbols: ['z', 'z^(3)', 'z_3', 'logit', 's'],
    meaning: 'the logit after the last member',
    kind: 'real',
    from: ['outputWeight', 'h3', 'outputBias'],
    formula: 'W_{hy} \\cdot h^{(3)} + b_o',
    compute: (values, operators) => logitOf(values, tensorOf(values, 'h3'), operators),
  },
  {
    name: 'sequenceOutput',
    symbols: ['o^(3)', 'O^(3)', 'o_3', 'O_3', 'y_3', 'o', 'O', 'o^t', 'O^t', 'o^(t)', 'O^(t)', 'y', 'hat y', 'output'],
    meaning: 'the output after the last member',
    kind: 'real',
    from: ['logit'],
    formula: '\\frac{1}{1 + e^{-z}}',
    asked: true,
    compute: (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'logit') }),
  },
  {
    name: 'sequenceClass',
    symbols: ['class', 'label', 'prediction', 'razred', 'klasa', 'hat c'],
    meaning: 'the class that the model puts the sequence into: 1 where the output is above one half',
    kind: 'class',
    from: ['sequenceOutput'],
    formula: 'o^{(3)} > 0.5',
    asked: true,
    compute: async (values) => onHost([tensorOf(values, 'sequenceOutput')], [], ([output]) => [output > 0.5 ? 1 : 0]),
  },
]
