import { item, scalar } from '../../oracle/tensor.js'
import { forward, numberOf, product, weightedSum } from '../computation.js'
import type { ExerciseMistake, Operators, Quantity, Values } from '../exercise.js'
import {
  type Activation,
  connections,
  connectionsInto,
  perceptronQuantities,
  sigmoid,
  sourceOf,
  tanh,
} from './perceptron.js'
import { descend, hiddenDelta, step } from './perceptronSteps.js'

const steps = connections.map((connection) => `step${connection}`)
const newWeights = connections.map((connection) => `newW${connection}`)

/** What people get wrong in ntua/1.1b and c. */
export function perceptronMistakes(activation: Activation): readonly ExerciseMistake[] {
  const other = activation === sigmoid ? tanh : sigmoid
  const quantities = new Map(perceptronQuantities(activation).map((quantity) => [quantity.name, quantity]))
  const right: Right = (name) => {
    const quantity = quantities.get(name)
    if (quantity === undefined) throw new Error(`the perceptron has no quantity ${name}`)
    return quantity
  }
  return [
    ...forwardMistakes(activation, other, right),
    ...deltaMistakes(activation, other, right),
    ...stepMistakes,
    scaled(
      'bias step of the opposite sign',
      ['step03', 'step04', 'step05'],
      -1,
      right,
      'is what you get when the bias input is taken as −1 instead of 1.',
    ),
    ...updateMistakes,
  ]
}

/** The quantity of this name, computed rightly. */
type Right = (name: string) => Quantity

/** The right value times a factor. */
function scaled(
  name: string,
  quantities: readonly string[],
  factor: number,
  right: Right,
  explanation: string,
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from: (quantity) => right(quantity).from,
    compute: async (quantity, values, operators) =>
      product(operators, factor, item(await right(quantity).compute(values, operators))),
  }
}

function forwardMistakes(activation: Activation, other: Activation, right: Right): readonly ExerciseMistake[] {
  const biasOf = (quantity: string) => (quantity.startsWith('new') ? `newW0${quantity.at(-1)}` : `w0${quantity.at(-1)}`)
  const withBias = (name: string, explanation: string, factor: number): ExerciseMistake => ({
    name,
    quantities: ['a3', 'a4', 'a5', 'newA3', 'newA4', 'newA5'],
    explanation,
    from: (quantity) => right(quantity).from,
    compute: async (quantity, values, operators) => {
      const sum = item(await right(quantity).compute(values, operators))
      return weightedSum(operators, [1, factor], [sum, numberOf(values, biasOf(quantity)) * numberOf(values, 'x0')])
    },
  })
  const ofPreActivation = (
    name: string,
    explanation: string,
    output: (a: number, operators: Operators) => Promise<number>,
  ): ExerciseMistake => ({
    name,
    quantities: ['y3', 'y4', 'y5', 'newY3', 'newY4', 'newY5'],
    explanation,
    from: (quantity) => [preActivationOf(quantity)],
    compute: async (quantity, values, operators) =>
      scalar(await output(numberOf(values, preActivationOf(quantity)), operators)),
  })
  const apply = async (operator: string, a: number, operators: Operators) =>
    item(await forward(operators, operator, 'y', { x: scalar(a) }))
  return [
    withBias('bias input counted as −1', 'is what you get when the bias input is taken as −1 instead of 1.', -2),
    withBias('bias left out', 'is what you get when the bias w₀ⱼ·x₀ is left out of the sum.', -1),
    ofPreActivation(
      'activation of the opposite pre-activation',
      `is what you get when ${activation.operator} is taken of −a instead of a (the sign in the exponent).`,
      (a, operators) => apply(activation.operator, -a, operators),
    ),
    ofPreActivation(
      'the other activation',
      `is what you get when ${other.operator} is applied instead of ${activation.operator}.`,
      (a, operators) => apply(other.operator, a, operators),
    ),
    ofPreActivation(
      'activation left out',
      'is what you get when the pre-activation is taken as the output, without the activation function.',
      async (a) => a,
    ),
    {
      name: 'error with the opposite sign',
      quantities: ['error', 'newError'],
      explanation: 'is what you get when the error is taken as y − t instead of t − y.',
      from: (quantity) => ['target', outputOf(quantity)],
      compute: (quantity, values, operators) =>
        weightedSum(operators, [-1, 1], [numberOf(values, 'target'), numberOf(values, outputOf(quantity))]),
    },
  ]
}

function preActivationOf(output: string): string {
  return output.replace('y', 'a').replace('Y', 'A')
}

function outputOf(error: string): string {
  return error === 'error' ? 'y5' : 'newY5'
}

function deltaMistakes(activation: Activation, other: Activation, right: Right): readonly ExerciseMistake[] {
  /** A wrong derivative in place of g′: δ is the error, or what came back, times it. */
  const withSlope = (
    name: string,
    explanation: string,
    reads: 'a' | 'y',
    slope: (value: number, operators: Operators) => Promise<number>,
  ): ExerciseMistake => ({
    name,
    quantities: ['delta5', 'delta3', 'delta4'],
    explanation,
    from: (quantity) => [`${reads}${quantity.at(-1)}`, ...backOf(quantity)],
    compute: async (quantity, values, operators) => {
      const factors =
        quantity === 'delta5'
          ? [await difference(values, operators)]
          : backOf(quantity).map((name) => numberOf(values, name))
      return product(operators, await slope(numberOf(values, `${reads}${quantity.at(-1)}`), operators), ...factors)
    },
  })
  const hidden = (
    name: string,
    explanation: string,
    inputsOf: (neuron: string) => readonly [string, string, string],
  ): ExerciseMistake => ({
    name,
    quantities: ['delta3', 'delta4'],
    explanation,
    from: (quantity) => inputsOf(quantity.slice(5)),
    compute: (quantity, values, operators) => {
      const [y, weight, delta] = inputsOf(quantity.slice(5))
      return hiddenDelta(
        activation,
        [numberOf(values, y), numberOf(values, weight), numberOf(values, delta)],
        operators,
      )
    },
  })
  const exchanged = (neuron: string) => (neuron === '3' ? '4' : '3')
  return [
    withSlope(
      'derivative of the activation forgotten',
      'is what you get when the factor g′(a) is left out of δ.',
      'y',
      async () => 1,
    ),
    withSlope(
      'output in place of the derivative',
      'is what you get when the output y stands in place of the derivative g′(a).',
      'y',
      async (y) => y,
    ),
    withSlope(
      '1 − y in place of the derivative',
      'is what you get when 1 − y stands in place of the derivative g′(a).',
      'y',
      async (y) => 1 - y,
    ),
    withSlope(
      'derivative of the other activation',
      `is what you get with the derivative of ${other.operator} instead of that of ${activation.operator}.`,
      'y',
      async (y, operators) => item(await other.slope(operators, y)),
    ),
    withSlope(
      'derivative written in the pre-activation',
      `is what you get when the derivative, which is a formula in the output y, is computed with the pre-activation a.`,
      'a',
      async (a, operators) => item(await activation.slope(operators, a)),
    ),
    scaled(
      'delta of the opposite sign',
      ['delta5', 'delta3', 'delta4'],
      -1,
      right,
      'is what you get with the opposite sign, as when the error is taken as y − t in a rule that adds Δw.',
    ),
    scaled(
      'factor 2 of the squared error',
      ['delta5', 'delta3', 'delta4', ...steps],
      2,
      right,
      'is twice the value: the 2 from the derivative of (t − y)² stands beside an error that is not squared, or is halved.',
    ),
    hidden('hidden deltas exchanged', 'is the delta of the other hidden neuron.', (neuron) => [
      `y${exchanged(neuron)}`,
      `w${exchanged(neuron)}5`,
      'delta5',
    ]),
    hidden(
      'new weights in the backward pass',
      'is what you get when δ is sent back through the weights that were just updated; the backward pass uses the old ones.',
      (neuron) => [`y${neuron}`, `newW${neuron}5`, 'delta5'],
    ),
    {
      name: 'error sent back instead of the delta',
      quantities: ['delta3', 'delta4'],
      explanation: 'is what you get when the error of the output, not its δ, is sent back to the hidden neuron.',
      from: (quantity) => [`y${quantity.slice(5)}`, `w${quantity.slice(5)}5`, 'target', 'y5'],
      compute: async (quantity, values, operators) => {
        const [y, weight] = [numberOf(values, `y${quantity.slice(5)}`), numberOf(values, `w${quantity.slice(5)}5`)]
        return hiddenDelta(activation, [y, weight, await difference(values, operators)], operators)
      },
    },
    {
      name: 'output weight left out',
      quantities: ['delta3', 'delta4'],
      explanation: 'is what you get when the weight to the output neuron is left out of the hidden δ.',
      from: (quantity) => [`y${quantity.slice(5)}`, 'delta5'],
      compute: (quantity, values, operators) =>
        hiddenDelta(activation, [numberOf(values, `y${quantity.slice(5)}`), 1, numberOf(values, 'delta5')], operators),
    },
  ]
}

/** What stands beside g′ in δ: target and output, for t − y, at the output; weight and δ₅ at a hidden neuron. */
function backOf(delta: string): readonly string[] {
  return delta === 'delta5' ? ['target', 'y5'] : [`w${delta.slice(5)}5`, 'delta5']
}

/** t − y₅, whatever the convention calls the error. */
async function difference(values: Values, operators: Operators): Promise<number> {
  return item(await weightedSum(operators, [1, -1], [numberOf(values, 'target'), numberOf(values, 'y5')]))
}

/** A wrong η, δ or x in Δw = η·δ·x; `inputsOf` answers nothing where the connection has no such mistake. */
function stepMistake(
  name: string,
  explanation: string,
  inputsOf: (connection: string) => readonly [string, string, string] | undefined,
): ExerciseMistake {
  const affected = connections.filter((connection) => inputsOf(connection) !== undefined)
  return {
    name,
    quantities: affected.map((connection) => `step${connection}`),
    explanation,
    from: (quantity) => inputsOf(quantity.slice(4)) ?? [],
    compute: (quantity, values, operators) => {
      const [eta, delta, x] = (inputsOf(quantity.slice(4)) ?? []).map((input) => numberOf(values, input))
      return step([eta, delta, x], operators)
    },
  }
}

const stepMistakes: readonly ExerciseMistake[] = [
  stepMistake(
    'hidden deltas exchanged in the change',
    'is what you get with the δ of the other hidden neuron.',
    (connection) =>
      connection[1] === '5' ? undefined : ['eta', connection[1] === '3' ? 'delta4' : 'delta3', sourceOf(connection)],
  ),
  stepMistake(
    'hidden outputs exchanged',
    'is what you get with the output of the other hidden neuron: Δw₃₅ goes with y₃, Δw₄₅ with y₄.',
    (connection) =>
      connection === '35' ? ['eta', 'delta5', 'y4'] : connection === '45' ? ['eta', 'delta5', 'y3'] : undefined,
  ),
  stepMistake('inputs exchanged', 'is what you get with the other input.', (connection) =>
    connection[0] === '1' || connection[0] === '2'
      ? ['eta', `delta${connection[1]}`, connection[0] === '1' ? 'x2' : 'x1']
      : undefined,
  ),
  stepMistake(
    'pre-activation instead of the output',
    'is what you get with the pre-activation of the hidden neuron instead of its output.',
    (connection) => (connection === '35' || connection === '45' ? ['eta', 'delta5', `a${connection[0]}`] : undefined),
  ),
  {
    name: 'error instead of the delta',
    quantities: ['step05', 'step35', 'step45'],
    explanation: 'is what you get when the error stands where δ₅ belongs.',
    from: (quantity) => ['eta', 'target', 'y5', sourceOf(quantity.slice(4))],
    compute: async (quantity, values, operators) => {
      const [eta, x] = [numberOf(values, 'eta'), numberOf(values, sourceOf(quantity.slice(4)))]
      return step([eta, await difference(values, operators), x], operators)
    },
  },
  {
    name: 'learning rate applied twice',
    quantities: steps,
    explanation: 'is what you get when the change is multiplied by the learning rate twice.',
    from: (quantity) => ['eta', `delta${quantity[5]}`, sourceOf(quantity.slice(4))],
    compute: (quantity, values, operators) => {
      const [eta, delta, x] = ['eta', `delta${quantity[5]}`, sourceOf(quantity.slice(4))].map((name) =>
        numberOf(values, name),
      )
      return step([eta ** 2, delta, x], operators)
    },
  },
  {
    name: 'learning rate left out',
    quantities: steps,
    explanation: 'is what you get when the learning rate is left out.',
    from: (quantity) => [`delta${quantity[5]}`, sourceOf(quantity.slice(4))],
    compute: (quantity, values, operators) =>
      step([1, numberOf(values, `delta${quantity[5]}`), numberOf(values, sourceOf(quantity.slice(4)))], operators),
  },
]

const updateMistakes: readonly ExerciseMistake[] = [
  {
    name: 'learning rate applied again in the update',
    quantities: newWeights,
    explanation: 'is what you get when Δw, which has the learning rate in it, is multiplied by it once more.',
    from: (quantity) => ['eta', `w${quantity.slice(4)}`, `step${quantity.slice(4)}`],
    compute: (quantity, values, operators) =>
      descend(
        numberOf(values, `w${quantity.slice(4)}`),
        -numberOf(values, `step${quantity.slice(4)}`),
        numberOf(values, 'eta'),
        operators,
      ),
  },
  {
    name: 'change subtracted',
    quantities: newWeights,
    explanation: 'is what you get when Δw is subtracted from the weight instead of added.',
    from: (quantity) => [`w${quantity.slice(4)}`, `step${quantity.slice(4)}`],
    compute: (quantity, values, operators) =>
      descend(numberOf(values, `w${quantity.slice(4)}`), numberOf(values, `step${quantity.slice(4)}`), 1, operators),
  },
  {
    name: 'weight replaced by its change',
    quantities: newWeights,
    explanation: 'is the change Δw alone: the old weight was not added.',
    from: (quantity) => [`step${quantity.slice(4)}`],
    compute: async (quantity, values) => scalar(numberOf(values, `step${quantity.slice(4)}`)),
  },
  {
    name: 'changes of the output weights exchanged',
    quantities: ['newW35', 'newW45'],
    explanation: 'is what you get with the Δw of the other weight.',
    from: (quantity) => [`w${quantity.slice(4)}`, otherOutputStep(quantity)],
    compute: (quantity, values, operators) =>
      descend(numberOf(values, `w${quantity.slice(4)}`), -numberOf(values, otherOutputStep(quantity)), 1, operators),
  },
  {
    name: 'old hidden outputs after the update',
    quantities: ['newA5'],
    explanation: 'is what you get when y₃ and y₄ from before the update are used with the new weights.',
    from: () => newOutputInputs('newW', 'y'),
    compute: (_, values, operators) => sumInto5(values, operators, 'newW', 'y'),
  },
  {
    name: 'old output weights after the update',
    quantities: ['newA5'],
    explanation: 'is what you get when the output neuron keeps its old weights.',
    from: () => newOutputInputs('w', 'newY'),
    compute: (_, values, operators) => sumInto5(values, operators, 'w', 'newY'),
  },
]

function otherOutputStep(newWeight: string): string {
  return newWeight === 'newW35' ? 'step45' : 'step35'
}

function newOutputInputs(weights: 'w' | 'newW', outputs: 'y' | 'newY'): readonly string[] {
  return [...connectionsInto('5').map((connection) => `${weights}${connection}`), 'x0', `${outputs}3`, `${outputs}4`]
}

function sumInto5(values: Values, operators: Operators, weights: 'w' | 'newW', outputs: 'y' | 'newY') {
  const numbers = newOutputInputs(weights, outputs).map((name) => numberOf(values, name))
  return weightedSum(operators, numbers.slice(0, 3), numbers.slice(3))
}
