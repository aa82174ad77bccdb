import { discriminatorLoss, generatorLoss } from '../oracle/adversarial.js'
import { map, rowMajor, scalar, type Tensor } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { type Mistake, passes } from './mistake.js'
import { mapPlaces, scaled, sum, take, upTo } from './rearrange.js'

const rightDiscriminator = passes(discriminatorLoss)
const rightGenerator = passes(generatorLoss)

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

function meanOf(x: Tensor, f: (value: number) => number): number {
  return sum(rowMajor(x).map(f)) / x.size
}

const discriminatorMistakes: readonly Mistake[] = [
  {
    name: 'discriminatorLoss with real and fake exchanged',
    operator: 'discriminatorLoss',
    explanation:
      'Real logits were taken for fake ones and fake ones for real ones: the discriminator learns the opposite.',
    forward: ({ real, fake }, attributes) => rightDiscriminator.forward({ real: fake, fake: real }, attributes),
  },
  {
    name: 'discriminatorLoss that is to be maximized',
    operator: 'discriminatorLoss',
    explanation:
      'The value of the game, mean log σ(real) + mean log(1 − σ(fake)), was returned instead of its negative.',
    forward: (inputs, attributes) => scaled(rightDiscriminator.forward(inputs, attributes), -1),
  },
  {
    name: 'discriminatorLoss as the mean over both kinds',
    operator: 'discriminatorLoss',
    explanation: 'The two means were averaged, ½(a + b), instead of added.',
    forward: (inputs, attributes) => scaled(rightDiscriminator.forward(inputs, attributes), 0.5),
  },
  {
    name: 'discriminatorLoss summed over the logits',
    operator: 'discriminatorLoss',
    explanation: 'The terms were added up: the division by the number of logits is missing.',
    forward: (inputs, attributes) => scaled(rightDiscriminator.forward(inputs, attributes), inputs.real.size),
  },
  {
    name: 'discriminatorLoss without the fake logits',
    operator: 'discriminatorLoss',
    explanation: 'Only mean softplus(−real) was computed: what the fake logits cost is missing.',
    forward: ({ real }) => ({ loss: scalar(meanOf(real, (x) => softplus(-x))) }),
  },
  {
    name: 'discriminatorLoss with log σ(−fake) for its negative',
    operator: 'discriminatorLoss',
    explanation: 'The fake term has its sign turned: log(1 − σ(fake)) was added instead of taken off.',
    forward: ({ real, fake }) => ({ loss: scalar(meanOf(real, (x) => softplus(-x)) - meanOf(fake, softplus)) }),
  },
  {
    name: 'discriminatorLoss of the mean logit',
    operator: 'discriminatorLoss',
    explanation: 'The logits were averaged first and the loss taken of the mean, instead of the mean of the losses.',
    forward: ({ real, fake }) => {
      const mean = (x: Tensor) => meanOf(x, (value) => value)
      return { loss: scalar(softplus(-mean(real)) + softplus(mean(fake))) }
    },
  },
  {
    name: 'discriminatorLoss that overflows',
    operator: 'discriminatorLoss',
    explanation:
      'log(1 + e^x) was computed as it is written, which overflows for x above 709, instead of from the other side.',
    forward: ({ real, fake }) => {
      const naive = (x: number) => Math.log(1 + Math.exp(x))
      return { loss: scalar(meanOf(real, (x) => naive(-x)) + meanOf(fake, naive)) }
    },
  },
  {
    name: 'discriminatorLoss with probabilities kept away from 0 and 1',
    operator: 'discriminatorLoss',
    explanation: 'σ was cut to [1e-7, 1 − 1e-7] before the logarithm: the loss of a confident mistake stays at 16.',
    forward: ({ real, fake }) => {
      const kept = (p: number) => Math.min(Math.max(p, 1e-7), 1 - 1e-7)
      const wrong = (x: number) => -Math.log(1 - kept(logistic(x)))
      return { loss: scalar(meanOf(real, (x) => -Math.log(kept(logistic(x)))) + meanOf(fake, wrong)) }
    },
  },
  {
    name: 'discriminatorLoss gradient not divided',
    operator: 'discriminatorLoss',
    explanation: 'The gradients are those of the sum: the division by the number of logits is missing.',
    backward: (inputs, attributes, gradients) =>
      scaled(rightDiscriminator.backward(inputs, attributes, gradients), inputs.real.size),
  },
  {
    name: 'discriminatorLoss gradient of real logits with the slope of fake ones',
    operator: 'discriminatorLoss',
    explanation: 'Real logits got σ(real)/N, as if they were fake, instead of −σ(−real)/N.',
    backward: (inputs, attributes, gradients) => ({
      fake: rightDiscriminator.backward(inputs, attributes, gradients).fake,
      real: rightDiscriminator.backward({ ...inputs, fake: inputs.real }, attributes, gradients).fake,
    }),
  },
  {
    name: 'discriminatorLoss gradient that stops at the fake logits',
    operator: 'discriminatorLoss',
    explanation: 'The fake logits got no gradient, as if they had been detached.',
    backward: (inputs, attributes, gradients) => {
      const { real, fake } = rightDiscriminator.backward(inputs, attributes, gradients)
      return { real, fake: map(fake, () => 0) }
    },
  },
  {
    name: 'discriminatorLoss of batches of different sizes',
    operator: 'discriminatorLoss',
    explanation: 'Real and fake batches of different sizes were accepted instead of refused.',
    insteadOfRefusing: (inputs) => {
      const { real, fake } = inputs
      if (real?.shape.length !== 1 || fake?.shape.length !== 1 || real.size === fake.size) return undefined
      return { loss: scalar(meanOf(real, (x) => softplus(-x)) + meanOf(fake, softplus)) }
    },
  },
]

const generatorMistakes: readonly Mistake[] = [
  {
    name: 'generatorLoss with the kinds exchanged',
    operator: 'generatorLoss',
    explanation: "kind = 'nonSaturating' computed the minimax loss and the other way round.",
    forward: (inputs, { kind }) =>
      rightGenerator.forward(inputs, { kind: kind === 'minimax' ? 'nonSaturating' : 'minimax' }),
  },
  {
    name: 'generatorLoss that does not know the minimax game',
    operator: 'generatorLoss',
    explanation: 'The attribute kind was ignored: the loss is always the one that does not saturate.',
    forward: (inputs) => rightGenerator.forward(inputs, { kind: 'nonSaturating' }),
  },
  {
    name: 'generatorLoss of the minimax game with its sign turned',
    operator: 'generatorLoss',
    explanation:
      "For kind = 'minimax' mean softplus(fake) was returned instead of its negative: the generator helps its opponent.",
    forward: (inputs, attributes) =>
      scaled(rightGenerator.forward(inputs, attributes), attributes.kind === 'minimax' ? -1 : 1),
  },
  {
    name: 'generatorLoss with the sign of the logits turned',
    operator: 'generatorLoss',
    explanation: 'softplus(fake) was computed where softplus(−fake) belongs, and the other way round.',
    forward: ({ fake }, attributes) => rightGenerator.forward({ fake: map(fake, (x) => -x) }, attributes),
  },
  {
    name: 'generatorLoss summed over the logits',
    operator: 'generatorLoss',
    explanation: 'The terms were added up: the division by the number of logits is missing.',
    forward: (inputs, attributes) => scaled(rightGenerator.forward(inputs, attributes), inputs.fake.size),
  },
  {
    name: 'generatorLoss of probabilities',
    operator: 'generatorLoss',
    explanation: 'The inputs were put through σ once too often: −log σ(σ(fake)) was computed.',
    forward: ({ fake }, attributes) => rightGenerator.forward({ fake: map(fake, logistic) }, attributes),
  },
  {
    name: 'generatorLoss that overflows',
    operator: 'generatorLoss',
    explanation:
      'log(1 + e^x) was computed as it is written, which overflows for x above 709, instead of from the other side.',
    forward: ({ fake }, { kind }) => {
      const naive = (x: number) => Math.log(1 + Math.exp(x))
      return { loss: scalar(kind === 'minimax' ? -meanOf(fake, naive) : meanOf(fake, (x) => naive(-x))) }
    },
  },
  {
    name: 'generatorLoss without the last logit',
    operator: 'generatorLoss',
    explanation: 'The sum stopped one logit early although the division counts all.',
    forward: (inputs, attributes) => {
      const N = inputs.fake.size
      if (N === 1) return { loss: scalar(0) }
      const most = rightGenerator.forward({ fake: take(inputs.fake, 0, upTo(N - 1)) }, attributes)
      return scaled(most, (N - 1) / N)
    },
  },
  {
    name: 'generatorLoss gradient of the other kind',
    operator: 'generatorLoss',
    explanation: 'The gradient is that of the other loss: it vanishes where it should be large.',
    backward: (inputs, { kind }, gradients) =>
      rightGenerator.backward(inputs, { kind: kind === 'minimax' ? 'nonSaturating' : 'minimax' }, gradients),
  },
  {
    name: 'generatorLoss gradient upwards',
    operator: 'generatorLoss',
    explanation: 'The gradient has its sign turned: descending it makes the fakes worse.',
    backward: (inputs, attributes, gradients) => scaled(rightGenerator.backward(inputs, attributes, gradients), -1),
  },
  {
    name: 'generatorLoss gradient that forgets the gradient of the loss',
    operator: 'generatorLoss',
    explanation: 'The gradient was computed as if ∂L/∂loss were 1.',
    backward: (inputs, attributes) => rightGenerator.backward(inputs, attributes, { loss: scalar(1) }),
  },
  {
    name: 'generatorLoss gradient wrong for confident logits',
    operator: 'generatorLoss',
    explanation: 'The slope was cut to zero where the logit is above 4 or below −4.',
    backward: (inputs, attributes, gradients) => {
      const { fake } = rightGenerator.backward(inputs, attributes, gradients)
      const logits = rowMajor(inputs.fake)
      return { fake: mapPlaces(fake, (g, place) => (Math.abs(logits[place]) > 4 ? 0 : g)) }
    },
  },
  {
    name: 'generatorLoss of a kind unheard of',
    operator: 'generatorLoss',
    explanation: 'An unknown kind was taken for the default instead of refused.',
    insteadOfRefusing: (inputs, { kind, ...others }) => {
      if (typeof kind !== 'string' || Object.keys(others).length > 0 || Object.keys(inputs).length > 1) return undefined
      if (inputs.fake?.shape.length !== 1 || !rowMajor(inputs.fake).every(Number.isFinite)) return undefined
      return rightGenerator.forward(inputs, {})
    },
  },
]

export const mistakes: readonly Mistake[] = [...discriminatorMistakes, ...generatorMistakes]
