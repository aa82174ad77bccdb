import { scalar } from '../../oracle/tensor.js'
import { backward, forward, negated, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { Computation, Convention, ConventionAxis, Operators, Quantity, Values } from '../exercise.js'
import { type Activation, connections, type Stage, sourceOf, staged } from './perceptron.js'
import { descend, outputDelta, step } from './perceptronSteps.js'

/** What sources call the error of ntua/1.1, and which sign they give δ; one convention of each axis is chosen. */
export function perceptronConventions(activation: Activation): readonly ConventionAxis[] {
  return [
    {
      axis: 'error',
      conventions: [
        { name: 'difference', description: 'error t − y, with δ₅ = (t − y)·g′', overrides: {} },
        {
          name: 'halved squared error',
          description: 'error ½(t − y)², with δ₅ = (t − y)·g′',
          overrides: squaredError(activation, 0.5),
        },
        {
          name: 'squared error',
          description: 'error (t − y)², with δ₅ = 2(t − y)·g′: every Δw is twice that of the other conventions',
          overrides: squaredError(activation, 1),
        },
      ],
    },
    {
      axis: 'sign',
      conventions: [
        { name: 'descent', description: 'δ = −∂E/∂a, and Δw = η·δ·x is added', overrides: {} },
        {
          name: 'gradient',
          description: 'δ = ∂E/∂a, and Δw = −η·δ·x is added',
          overrides: { delta5: opposite, ...overConnections('step', negatedStep) },
        },
        {
          name: 'subtracted gradient',
          description: 'δ = ∂E/∂a, and Δw = η·δ·x is subtracted',
          overrides: { delta5: opposite, ...overConnections('newW', subtractedStep) },
        },
      ],
    },
  ]
}

/** The error `factor`·(t − y)², and δ₅ = 2·`factor`·(t − y)·g′ from its derivative. */
function squaredError(activation: Activation, factor: 1 | 0.5): Convention['overrides'] {
  const power = '(y_{target} - y_5)^{2}'
  const attributes = { factor, reduction: 'sum' }
  const inputs = (values: Values, y: string) => ({
    prediction: scalarOf(tensorOf(values, y)),
    target: scalarOf(tensorOf(values, 'target')),
  })
  const error = (stage: Stage): Computation => ({
    from: ['target', staged('y5', stage)],
    formula: factor === 1 ? power : `\\frac{1}{2} \\cdot ${power}`,
    compute: (values, operators) =>
      forward(operators, 'squaredError', 'loss', inputs(values, staged('y5', stage)), attributes),
  })
  const delta: Computation = {
    from: ['target', 'y5'],
    formula: `${factor === 1 ? '2 \\cdot ' : ''}(y_{target} - y_5) \\cdot ${activation.slopeFormula('y_5')}`,
    compute: async (values, operators) => {
      const gradients = { loss: scalar(1) }
      const given = inputs(values, 'y5')
      const slope = await backward(operators, 'squaredError', 'prediction', given, gradients, attributes)
      return outputDelta(activation, negated(slope), tensorOf(values, 'y5'), operators)
    },
  }
  return { error: error('before'), newError: error('after'), delta5: delta }
}

/** The quantity with the opposite sign, its formula with y − t for t − y. */
function opposite(quantity: Quantity): Computation {
  return {
    from: quantity.from,
    formula: quantity.formula.replace('(y_{target} - y_5)', '(y_5 - y_{target})'),
    compute: async (values, operators) => negated(scalarOf(await quantity.compute(values, operators))),
  }
}

function overConnections(prefix: 'step' | 'newW', override: (connection: string) => Computation) {
  return Object.fromEntries(connections.map((connection) => [`${prefix}${connection}`, override(connection)]))
}

/** Δw = −η·δ·x. */
function negatedStep(connection: string): Computation {
  const source = sourceOf(connection)
  const delta = `delta${connection[1]}`
  return {
    from: ['eta', delta, source],
    formula: `-\\eta \\cdot \\delta_${connection[1]} \\cdot ${source[0]}_${source[1]}`,
    compute: (values: Values, operators: Operators) =>
      step([numberOf(values, 'eta'), tensorOf(values, delta), tensorOf(values, source)], operators, -1),
  }
}

/** w − Δw. */
function subtractedStep(connection: string): Computation {
  const [weight, change] = [`w${connection}`, `step${connection}`]
  return {
    from: [weight, change],
    formula: `w_{${connection}} - \\Delta w_{${connection}}`,
    compute: (values: Values, operators: Operators) =>
      descend(tensorOf(values, weight), tensorOf(values, change), 1, operators),
  }
}
