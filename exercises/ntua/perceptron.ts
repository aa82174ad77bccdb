import { reshape, scalar, type Tensor } from '../../oracle/tensor.js'
import {
  backward,
  forward,
  type Numeric,
  negated,
  numberOf,
  product,
  scalarOf,
  tensorOf,
  vectorOf,
  weightedSum,
} from '../computation.js'
import type { Given, Operators, Quantity } from '../exercise.js'
import { descend, hiddenDelta, outputDelta, step } from './perceptronSteps.js'

/**
 * The perceptron of ntua/1.1: inputs x₁, x₂ and the bias input x₀; hidden neurons 3 and 4; output neuron 5; w_ij leads
 * from i to j. A neuron has the pre-activation a = Σ w·x and the output y = g(a). Every symbol is a quantity of its own.
 */

/** The activation g of a perceptron, with its derivative as a function of its value y = g(a). */
export interface Activation {
  readonly operator: 'sigmoid' | 'tanh'
  /** g(a) in LaTeX. */
  formula(a: string): string
  /** g′ in LaTeX, in terms of y. */
  slopeFormula(y: string): string
  /** g′ = y·(1 − y) or 1 − y², by operators of the contract. */
  slope(operators: Operators, y: Numeric): Promise<Tensor>
}

export const sigmoid: Activation = {
  operator: 'sigmoid',
  formula: (a) => `\\frac{1}{1 + e^{-${a}}}`,
  slopeFormula: (y) => `${y} \\cdot (1 - ${y})`,
  slope: async (operators, y) => product(operators, y, await weightedSum(operators, [1, -1], [1, y])),
}

export const tanh: Activation = {
  operator: 'tanh',
  formula: (a) => `\\tanh(${a})`,
  slopeFormula: (y) => `(1 - ${y}^{2})`,
  slope: (operators, y) => weightedSum(operators, [1, negated(scalarOf(y))], [1, y]),
}

/** The nine connections, as `35` for w₃₅. */
export const connections = ['03', '13', '23', '04', '14', '24', '05', '35', '45'] as const
export type Connection = (typeof connections)[number]

const neurons = ['3', '4', '5'] as const
type Neuron = (typeof neurons)[number]

/** Where a connection comes from: an input, or the output of a hidden neuron. */
export function sourceOf(connection: string): string {
  const from = connection[0]
  return Number(from) < 3 ? `x${from}` : `y${from}`
}

/** The connections into a neuron, bias first. */
export function connectionsInto(neuron: Neuron): readonly Connection[] {
  return connections.filter((connection) => connection[1] === neuron)
}

/** The sheet prints the weights of the output neuron as w₁₅ and w₂₅. */
const otherNames: Readonly<Record<string, readonly string[]>> = { '35': ['15'], '45': ['25'] }

function weightSymbols(connection: Connection): readonly string[] {
  const indices = [connection, ...(otherNames[connection] ?? [])]
  return indices.flatMap((index) => [`w_${index}`, `W_${index}`])
}

/** The given data of a perceptron, with the sheet's numbers. */
export const perceptronGiven: readonly Given[] = [
  given('x0', ['x_0'], 'the bias input', 1),
  given('x1', ['x_1'], 'the first input', 1),
  given('x2', ['x_2'], 'the second input', -1),
  given('target', ['y_target', 't', 't_5', 'y_t', 'y_d', 'y^*', 'target', 'd_5'], 'the target output', 1),
  given('eta', ['eta', 'epsilon', 'alpha', 'lr', 'learning rate', 'ρυθμοσ μαθησησ'], 'the learning rate', 1),
  ...([-1, 1, -1, 2, -1, 1, -2, 1, 1] as const).map((value, i) =>
    given(
      `w${connections[i]}`,
      weightSymbols(connections[i]),
      `the weight from ${nodeName(connections[i][0])} to ${nodeName(connections[i][1])}`,
      value,
    ),
  ),
]

function given(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'real', value: scalar(value), ...(name === 'eta' && { range: { least: 0 } }) }
}

function nodeName(index: string): string {
  return index === '0' ? 'the bias input' : Number(index) < 3 ? `input ${index}` : `neuron ${index}`
}

const stages = [
  { name: 'before', title: 'Forward pass with the initial weights' },
  { name: 'after', title: 'New weights, and the forward pass with them' },
] as const
export const perceptronStages = stages
export type Stage = (typeof stages)[number]['name']

/** The name of a quantity of this stage: `y5`, and `newY5` with the new weights. */
export function staged(name: string, stage: Stage): string {
  return stage === 'before' ? name : `new${name[0].toUpperCase()}${name.slice(1)}`
}

/** Symbols of a quantity; with the new weights also marked as new: y₅′, y₅^new. */
function stagedSymbols(symbols: readonly string[], stage: Stage): readonly string[] {
  if (stage === 'before') return symbols
  return symbols.flatMap((symbol) => [symbol, ...(/ /.test(symbol) ? [] : [`${symbol}'`, `${symbol}^new`])])
}

/** A source in the given stage: inputs are the same in both. */
function stagedSource(connection: Connection, stage: Stage): string {
  const source = sourceOf(connection)
  return source[0] === 'x' ? source : staged(source, stage)
}

/** `y_3` for `y3`, `w_{35}` for `w35`. */
function latex(name: string): string {
  return name.length > 2 ? `${name[0]}_{${name.slice(1)}}` : `${name[0]}_${name[1]}`
}

/** What tells the second forward pass's quantities from the first's. */
function withNewWeights(stage: Stage): string {
  return stage === 'after' ? ' with the new weights' : ''
}

function preActivation(neuron: Neuron, stage: Stage): Quantity {
  const into = connectionsInto(neuron)
  const weights = into.map((connection) => staged(`w${connection}`, stage))
  const inputs = into.map((connection) => stagedSource(connection, stage))
  return {
    name: staged(`a${neuron}`, stage),
    symbols: stagedSymbols([`a_${neuron}`, `z_${neuron}`, `s_${neuron}`, `net_${neuron}`], stage),
    meaning: `the pre-activation of neuron ${neuron}${withNewWeights(stage)}`,
    kind: 'real',
    from: [...weights, ...inputs],
    formula: into.map((connection) => `w_{${connection}} \\cdot ${latex(sourceOf(connection))}`).join(' + '),
    stage,
    compute: async (values, operators) => {
      const x = vectorOf(values, inputs)
      const weight = reshape(vectorOf(values, weights), [1, weights.length])
      return scalarOf(await forward(operators, 'linear', 'y', { x, weight }))
    },
  }
}

function outputOf(neuron: Neuron, stage: Stage, activation: Activation): Quantity {
  const a = staged(`a${neuron}`, stage)
  const isOutput = neuron === '5'
  return {
    name: staged(`y${neuron}`, stage),
    symbols: stagedSymbols(
      [
        `y_${neuron}`,
        `h_${neuron}`,
        `o_${neuron}`,
        `out_${neuron}`,
        ...(isOutput ? ['hat y', 'output', 'εξοδοσ'] : []),
      ],
      stage,
    ),
    meaning: `the output of ${isOutput ? 'the network' : `neuron ${neuron}`}${withNewWeights(stage)}`,
    kind: 'real',
    from: [a],
    formula: activation.formula(`a_${neuron}`),
    stage,
    ...(isOutput ? { asked: true } : {}),
    compute: (values, operators) => forward(operators, activation.operator, 'y', { x: scalarOf(tensorOf(values, a)) }),
  }
}

function errorOf(stage: Stage): Quantity {
  const y = staged('y5', stage)
  return {
    name: staged('error', stage),
    symbols: stagedSymbols(['error', 'E', 'E_5', 'e_5', 'err', 'loss', 'L', 'J', 'σφαλμα'], stage),
    meaning: `the error of the output${withNewWeights(stage)}`,
    kind: 'real',
    from: ['target', y],
    formula: 'y_{target} - y_5',
    stage,
    asked: true,
    compute: (values, operators) => weightedSum(operators, [1, -1], [tensorOf(values, 'target'), tensorOf(values, y)]),
  }
}

/** The forward pass, in the order in which it is computed by hand. */
function forwardPass(stage: Stage, activation: Activation): readonly Quantity[] {
  return [
    ...neurons.flatMap((neuron) => [preActivation(neuron, stage), outputOf(neuron, stage, activation)]),
    errorOf(stage),
  ]
}

/** g′(a) by the activation's own backward pass: what y·(1 − y) or 1 − y² stands for. */
function slopeOf(neuron: Neuron, activation: Activation): Quantity {
  return {
    name: `slope${neuron}`,
    symbols: [`g_${neuron}'`],
    meaning: `the derivative of the activation of neuron ${neuron}`,
    kind: 'real',
    from: [`a${neuron}`],
    formula: activation.slopeFormula(activation.formula(`a_${neuron}`)),
    compute: (values, operators) =>
      backward(operators, activation.operator, 'x', { x: scalarOf(tensorOf(values, `a${neuron}`)) }, { y: scalar(1) }),
  }
}

function deltas(activation: Activation): readonly Quantity[] {
  const hidden = (['3', '4'] as const).map(
    (neuron): Quantity => ({
      name: `delta${neuron}`,
      symbols: [`delta_${neuron}`, `d_${neuron}`],
      meaning: `the delta of neuron ${neuron}`,
      kind: 'real',
      from: [`y${neuron}`, `w${neuron}5`, 'delta5'],
      formula: `${activation.slopeFormula(`y_${neuron}`)} \\cdot w_{${neuron}5} \\cdot \\delta_5`,
      compute: (values, operators) =>
        hiddenDelta(
          activation,
          [tensorOf(values, `y${neuron}`), tensorOf(values, `w${neuron}5`), tensorOf(values, 'delta5')],
          operators,
        ),
    }),
  )
  return [
    {
      name: 'delta5',
      symbols: ['delta_5', 'd_5'],
      meaning: 'the delta of the output neuron',
      kind: 'real',
      from: ['error', 'y5'],
      formula: `(y_{target} - y_5) \\cdot ${activation.slopeFormula('y_5')}`,
      compute: (values, operators) =>
        outputDelta(activation, tensorOf(values, 'error'), tensorOf(values, 'y5'), operators),
    },
    ...hidden,
  ]
}

function stepOf(connection: Connection): Quantity {
  const from = ['eta', `delta${connection[1]}`, sourceOf(connection)]
  return {
    name: `step${connection}`,
    symbols: weightSymbols(connection).map((symbol) => `Delta ${symbol}`),
    meaning: `the change of w_${connection}`,
    kind: 'real',
    from,
    formula: `\\eta \\cdot \\delta_${connection[1]} \\cdot ${latex(sourceOf(connection))}`,
    compute: (values, operators) =>
      step([numberOf(values, from[0]), tensorOf(values, from[1]), tensorOf(values, from[2])], operators),
  }
}

function newWeight(connection: Connection): Quantity {
  return {
    name: staged(`w${connection}`, 'after'),
    symbols: stagedSymbols(weightSymbols(connection), 'after'),
    meaning: `the new weight from ${nodeName(connection[0])} to ${nodeName(connection[1])}`,
    kind: 'real',
    from: [`w${connection}`, `step${connection}`],
    formula: `w_{${connection}} + \\Delta w_{${connection}}`,
    stage: 'after',
    asked: true,
    compute: (values, operators) =>
      descend(tensorOf(values, `w${connection}`), negated(tensorOf(values, `step${connection}`)), 1, operators),
  }
}

/** Everything that the exercise asks for or passes on the way, for this activation. */
export function perceptronQuantities(activation: Activation): readonly Quantity[] {
  return [
    ...forwardPass('before', activation),
    ...neurons.map((neuron) => slopeOf(neuron, activation)),
    ...deltas(activation),
    ...connections.map(stepOf),
    ...connections.map(newWeight),
    ...forwardPass('after', activation),
  ]
}
