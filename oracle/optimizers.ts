import { float, optional, output } from './contract.js'
import { defineOperator } from './operator.js'
import { rowMajor, tensor } from './tensor.js'

export const sgd = defineOperator({
  name: 'sgd',
  family: 'optimizers',
  summary: 'g′ = g + weightDecay·p; v = momentum·v + g′ (v = g′ without a velocity); p − learningRate·v',
  source:
    'On the importance of initialization and momentum in deep learning (2013), equations 1 and 2, with the learning rate outside the velocity; ntua/1.1b',
  inputs: { parameter: float(), gradient: float(), velocity: optional(float()) },
  attributes: {
    learningRate: { type: 'number', least: 0 },
    momentum: { type: 'number', least: 0, most: 1, default: 0 },
    weightDecay: { type: 'number', least: 0, default: 0 },
  },
  outputs: { parameter: output(), velocity: output() },
  forward: ({ parameter, gradient, velocity }, { learningRate, momentum, weightDecay }) => {
    const [p, g, v] = [rowMajor(parameter), rowMajor(gradient), velocity && rowMajor(velocity)]
    const newVelocity = p.map((value, i) => g[i] + weightDecay * value + (v === undefined ? 0 : momentum * v[i]))
    return {
      parameter: tensor(
        parameter.shape,
        p.map((value, i) => value - learningRate * newVelocity[i]),
      ),
      velocity: tensor(parameter.shape, newVelocity),
    }
  },
})
