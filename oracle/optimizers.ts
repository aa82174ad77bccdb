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

/** 1 − β^t = −(e^(t·log β) − 1), which keeps its digits where β^t is near 1. */
function oneMinusPower(beta: number, step: number): number {
  return -Math.expm1(step * Math.log(beta))
}

export const adam = defineOperator({
  name: 'adam',
  family: 'optimizers',
  summary:
    'm = beta1·m + (1 − beta1)·g; v = beta2·v + (1 − beta2)·g²; p − learningRate·m̂/(√v̂ + epsilon), m̂ = m/(1 − beta1^step), v̂ = v/(1 − beta2^step)',
  source: 'Adam: A Method for Stochastic Optimization (2015), algorithm 1',
  inputs: { parameter: float(), gradient: float(), mean: float(), variance: { ...float(), least: 0 } },
  attributes: {
    step: { type: 'number', integer: true, least: 1 },
    learningRate: { type: 'number', least: 0, default: 1e-3 },
    beta1: { type: 'number', least: 0, below: 1, default: 0.9 },
    beta2: { type: 'number', least: 0, below: 1, default: 0.999 },
    epsilon: { type: 'number', above: 0, default: 1e-8 },
  },
  outputs: { parameter: output(), mean: output(), variance: output() },
  forward: ({ parameter, gradient, mean, variance }, { step, learningRate, beta1, beta2, epsilon }) => {
    const g = rowMajor(gradient)
    const newMean = rowMajor(mean).map((m, i) => beta1 * m + (1 - beta1) * g[i])
    const newVariance = rowMajor(variance).map((v, i) => beta2 * v + (1 - beta2) * g[i] * g[i])
    const newParameter = rowMajor(parameter).map((p, i) => {
      const correctedMean = newMean[i] / oneMinusPower(beta1, step)
      const correctedVariance = newVariance[i] / oneMinusPower(beta2, step)
      return p - (learningRate * correctedMean) / (Math.sqrt(correctedVariance) + epsilon)
    })
    return {
      parameter: tensor(parameter.shape, newParameter),
      mean: tensor(parameter.shape, newMean),
      variance: tensor(parameter.shape, newVariance),
    }
  },
})
