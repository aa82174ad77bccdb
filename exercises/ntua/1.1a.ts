import fc from 'fast-check'
import { scalar } from '../../oracle/tensor.js'
import { numberOf, product, tensorOf } from '../computation.js'
import { nonzeroMultiples } from '../draws.js'
import type { Exercise, ExerciseMistake, Given, Operators, Quantity, Values } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { step } from './perceptronSteps.js'

/** Connections from the two inputs to the hidden neurons, as `13` for w₁₃. */
const connections = ['13', '23', '14', '24'] as const

const given: readonly Given[] = [
  { name: 'x0', symbols: ['x_0'], meaning: 'the bias input', kind: 'real', value: scalar(1) },
  { name: 'x1', symbols: ['x_1'], meaning: 'the first input', kind: 'real', value: scalar(1) },
  { name: 'x2', symbols: ['x_2'], meaning: 'the second input', kind: 'real', value: scalar(-1) },
  free('d3', ['d_3', 'Delta w_03', 'Delta W_03'], 'the change of w₀₃', 0.3),
  free('d4', ['d_4', 'Delta w_04', 'Delta W_04'], 'the change of w₀₄', 0.7),
  free('eta', ['eta', 'epsilon', 'alpha', 'learning rate'], 'the learning rate', 0.5),
]

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'real', value: scalar(value), free: true }
}

/** δⱼ = dⱼ/(η·x₀): the change of the bias tells the delta. The contract has no division: the quotient is a product. */
function delta(neuron: '3' | '4'): Quantity {
  return {
    name: `delta${neuron}`,
    symbols: [`delta_${neuron}`],
    meaning: `the delta of neuron ${neuron}`,
    kind: 'symbolic',
    from: [`d${neuron}`, 'eta', 'x0'],
    formula: `\\frac{d_${neuron}}{\\eta \\cdot x_0}`,
    compute: (values, operators) =>
      product(operators, numberOf(values, `d${neuron}`), 1 / numberOf(values, 'eta'), 1 / numberOf(values, 'x0')),
  }
}

function change(connection: (typeof connections)[number]): Quantity {
  const [from, to] = connection
  return {
    name: `step${connection}`,
    symbols: [`Delta w_${connection}`, `Delta W_${connection}`],
    meaning: `the change of w_${connection}, by d_${to}`,
    kind: 'symbolic',
    from: ['eta', `delta${to}`, `x${from}`],
    formula: `\\eta \\cdot \\delta_${to} \\cdot x_${from}`,
    asked: true,
    compute: (values, operators) =>
      step([numberOf(values, 'eta'), tensorOf(values, `delta${to}`), tensorOf(values, `x${from}`)], operators),
  }
}

/** A wrong rule for the change of w_ij out of dⱼ: `factor` of xᵢ and x₀ in place of xᵢ/x₀. */
function mistake(
  name: string,
  explanation: string,
  wrong: (connection: string) => { readonly change: string; readonly factor: (values: Values) => number },
): ExerciseMistake {
  return {
    name,
    quantities: connections.map((connection) => `step${connection}`),
    explanation,
    from: (quantity) => [wrong(quantity.slice(4)).change, 'x0', 'x1', 'x2'],
    compute: (quantity, values: Values, operators: Operators) => {
      const { change: d, factor } = wrong(quantity.slice(4))
      return product(operators, numberOf(values, d), factor(values))
    },
  }
}

const quotient = (from: string) => (values: Values) => numberOf(values, `x${from}`) / numberOf(values, 'x0')

const mistakes: readonly ExerciseMistake[] = [
  mistake('sign of the input lost', 'is what you get when the sign of the input is lost.', ([from, to]) => ({
    change: `d${to}`,
    factor: (values) => Math.abs(quotient(from)(values)),
  })),
  mistake('opposite sign', 'is the change with the opposite sign.', ([from, to]) => ({
    change: `d${to}`,
    factor: (values) => -quotient(from)(values),
  })),
  mistake('hidden neurons exchanged', 'is what you get from the change of the other hidden neuron.', ([from, to]) => ({
    change: to === '3' ? 'd4' : 'd3',
    factor: quotient(from),
  })),
  mistake('inputs exchanged', 'is what you get with the other input.', ([from, to]) => ({
    change: `d${to}`,
    factor: quotient(from === '1' ? '2' : '1'),
  })),
  mistake(
    'neurons and inputs mixed up',
    'is what you get when the index of the input is taken for that of the neuron.',
    ([from]) => ({ change: from === '1' ? 'd3' : 'd4', factor: () => 1 }),
  ),
]

export const exercise11a: Exercise = {
  id: 'ntua/1.1a',
  title: 'Changes of weights that share a delta',
  source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.1',
  statement: `A perceptron has the inputs $x_1$, $x_2$ and the bias input $x_0$, the hidden neurons 3 and 4 and the output neuron 5; $w_{ij}$ leads from $i$ to $j$. Backpropagation changes the biases of the hidden neurons by $\\Delta w_{03} = d_3$ and
$\\Delta w_{04} = d_4$.

Express $\\Delta w_{13}$, $\\Delta w_{23}$, $\\Delta w_{14}$ and $\\Delta w_{24}$ by $d_3$ and $d_4$.`,
  heading: { number: '1.1', part: 'a' },
  given,
  arbitrary: () => {
    const quarters = fc.integer({ min: -8, max: 8 }).map((n) => n / 4)
    const magnitude = fc.constantFrom(1, 0.5, 2, 0.25)
    const sign = fc.constantFrom(1, -1)
    const nonzero = fc.tuple(magnitude, sign).map(([m, s]) => m * s)
    return fc
      .record({ x0: nonzero, x1: quarters, x2: quarters, d3: quarters, d4: quarters, eta: magnitude })
      .map((drawn) => Object.fromEntries(Object.entries(drawn).map(([name, value]) => [name, scalar(value)])))
  },
  stages: [],
  quantities: [delta('3'), delta('4'), ...connections.map(change)],
  conventions: [],
  mistakes,
  laws: [
    {
      name: 'changes into one neuron stand to each other as the inputs do',
      async check(values, solve, slack) {
        const solved = await solve(values)
        for (const connection of connections) {
          const [from, to] = connection
          const [d, x, bias] = [`d${to}`, `x${from}`, 'x0'].map((name) => numberOf(values, name))
          const expected = (d * x) / bias
          expectClose(
            `Δw_${connection}`,
            numberOf(solved, `step${connection}`),
            expected,
            4 * slack * Math.abs(expected),
          )
        }
      },
    },
    {
      name: 'the learning rate does not matter',
      async check(values, solve, slack) {
        const [solved, faster] = [
          await solve(values),
          await solve({ ...values, eta: scalar(3 * numberOf(values, 'eta')) }),
        ]
        for (const connection of connections) {
          const expected = numberOf(solved, `step${connection}`)
          const allowed = 8 * slack * Math.abs(expected)
          expectClose(`Δw_${connection}`, numberOf(faster, `step${connection}`), expected, allowed)
        }
      },
    },
  ],
  experiments: [],
  worksheet: {
    // The changes are asked for in the symbols d₃ and d₄: only the inputs vary.
    arbitrary: () =>
      fc
        .tuple(nonzeroMultiples([], 4, 0.5), nonzeroMultiples([], 4, 0.5))
        .map(([x1, x2]) => ({ ...Object.fromEntries(given.map(({ name, value }) => [name, value])), x1, x2 })),
    isWorkable: (values) => Math.abs(numberOf(values, 'x1')) !== Math.abs(numberOf(values, 'x2')),
  },
}
