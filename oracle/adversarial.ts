import { float, scalarOutput } from './contract.js'
import { logistic, softplus } from './elementary.js'
import { defineOperator } from './operator.js'
import { item, map, rowMajor, scalar, type Tensor } from './tensor.js'

/** The mean of f over the entries. */
function meanOf(x: Tensor, f: (value: number) => number): number {
  return rowMajor(x).reduce((sum, value) => sum + f(value), 0) / x.size
}

const isFake = (logit: number) => softplus(logit)
const isReal = (logit: number) => softplus(-logit)
const isFakeSlope = (logit: number) => logistic(logit)
const isRealSlope = (logit: number) => -logistic(-logit)

export const discriminatorLoss = defineOperator({
  name: 'discriminatorLoss',
  family: 'adversarial',
  summary: '−mean log σ(real) − mean log(1 − σ(fake)) = mean softplus(−real) + mean softplus(fake), from logits',
  source: 'Generative Adversarial Nets (2014), equation 1',
  inputs: { real: float('N'), fake: float('N') },
  attributes: {},
  outputs: { loss: scalarOutput },
  dimensionNames: { N: 'logits' },
  forward: ({ real, fake }) => ({ loss: scalar(meanOf(real, isReal) + meanOf(fake, isFake)) }),
  /** softplus′ = σ */
  backward: ({ real, fake }, _, { loss }) => {
    const share = item(loss) / real.size
    return {
      real: map(real, (logit) => share * isRealSlope(logit)),
      fake: map(fake, (logit) => share * isFakeSlope(logit)),
    }
  },
})

export const generatorLoss = defineOperator({
  name: 'generatorLoss',
  family: 'adversarial',
  summary:
    "from logits: −mean log σ(fake) = mean softplus(−fake) ('nonSaturating'), or mean log(1 − σ(fake)) = −mean softplus(fake) ('minimax')",
  source: 'Generative Adversarial Nets (2014), equation 1 and section 3',
  inputs: { fake: float('N') },
  attributes: { kind: { type: 'choice', values: ['nonSaturating', 'minimax'], default: 'nonSaturating' } },
  outputs: { loss: scalarOutput },
  dimensionNames: { N: 'logits' },
  forward: ({ fake }, { kind }) => ({
    loss: scalar(kind === 'nonSaturating' ? meanOf(fake, isReal) : -meanOf(fake, isFake)),
  }),
  backward: ({ fake }, { kind }, { loss }) => {
    const share = item(loss) / fake.size
    return {
      fake: map(fake, (logit) => share * (kind === 'nonSaturating' ? isRealSlope(logit) : -isFakeSlope(logit))),
    }
  },
})
