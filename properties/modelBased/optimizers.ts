import fc from 'fast-check'
import type { Attributes } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { type Approximation, type Approximations, exact } from '../approximation.js'
import type { Caller } from '../caller.js'
import { compare } from '../comparison.js'
import { Random, seeds } from '../data.js'
import { parameter as heldAs, squareRoot } from '../functions.js'
import { type Profile, representable } from '../profile.js'
import { ledger, tensorOf } from '../relations.js'
import { demand } from './demand.js'

/** The gradients since the optimizer last started from rest, the oldest first. */
interface History {
  gradients: readonly Tensor[]
  /** How far rounding may have moved each moment by now. */
  errors: Readonly<Record<string, Float64Array>>
}

/** The parameter and the moments as the subject answered them. */
interface Optimized {
  parameter: Tensor
  moments: Tensors
}

/** An optimizer over a parameter of `size` entries. */
export interface Optimizer {
  readonly operator: 'sgd' | 'adam'
  readonly subject: Caller
  readonly profile: Profile
  readonly size: number
}

const learningRate = 0.125

/** Each moment: how it fades a step, what every gradient adds to it. Numbers that every precision holds. */
const moments = {
  sgd: { velocity: { fades: 0.75, adds: (g: number) => g } },
  adam: {
    mean: { fades: 0.75, adds: (g: number) => 0.25 * g },
    variance: { fades: 0.875, adds: (g: number) => 0.125 * g * g },
  },
} as const

const settings: Readonly<Record<Optimizer['operator'], Attributes>> = {
  sgd: { learningRate, momentum: 0.75, weightDecay: 0 },
  adam: { learningRate, beta1: 0.75, beta2: 0.875, epsilon: 2 ** -10 },
}

/** Σ fades^(t−i)·adds(gᵢ): the moment as the sum over the whole history that its recurrence stands for. */
function summed(gradients: readonly Tensor[], { fades, adds }: { fades: number; adds: (g: number) => number }) {
  const total = new Float64Array(gradients[0].size)
  for (const [i, gradient] of gradients.entries()) {
    const weight = fades ** (gradients.length - 1 - i)
    for (const [k, g] of rowMajor(gradient).entries()) total[k] += weight * adds(g)
  }
  return total
}

/** Where p goes: by rate·v, or by rate·m̂/(√v̂ + ε) with moments corrected by 1 − βᵗ. */
function stepped(operator: Optimizer['operator'], p: Tensor, moment: Approximations, step: number): Approximation {
  if (operator === 'sgd') return ledger.subtract(exact(p), ledger.scale(moment.velocity, learningRate))
  const unbiased = (x: Approximation, beta: number) => ledger.divideBy(x, 1 - beta ** step)
  const root = squareRoot(ledger, unbiased(moment.variance, 0.875))
  const denominator = ledger.add(root, heldAs(ledger, p.shape, 2 ** -10))
  const change = ledger.divide(ledger.scale(unbiased(moment.mean, 0.75), learningRate), denominator)
  return ledger.subtract(exact(p), change)
}

/** One more step: the moments are what the whole history adds up to, and the parameter moves as they say. */
function step({ operator, subject, profile, size }: Optimizer, seed: number): fc.AsyncCommand<History, Optimized> {
  return {
    check: () => true,
    async run(model, real) {
      const random = new Random(seed)
      const gradient = tensorOf([size], () => representable(profile, random.normal()))
      const gradients = [...model.gradients, gradient]
      const inputs = { parameter: real.parameter, gradient, ...real.moments }
      const count: Attributes = operator === 'adam' ? { step: gradients.length } : {}
      const answer = await subject.forward(inputs, { ...settings[operator], ...count })
      const expected: Record<string, Approximation> = {}
      for (const [name, moment] of Object.entries(moments[operator])) {
        const { bound } = answer[name]
        const before = model.errors[name] ?? new Float64Array(size)
        const error = bound.map((own, i) => moment.fades * before[i] + own)
        const value = summed(gradients, moment)
        // The sum over the history is rounded too, in float64.
        const scale = summed(gradients.map(absolute), moment)
        const rounding = scale.map((x) => 4 * (gradients.length + 2) * Number.EPSILON * x)
        expected[name] = {
          shape: [size],
          value,
          bound: error.map((x, i) => x + rounding[i]),
          variance: error.map((x, i) => (x + rounding[i]) ** 2),
        }
        model.errors = { ...model.errors, [name]: error }
        demand(compare(`${name} after ${gradients.length} steps`, answer[name], expected[name]))
      }
      const next = stepped(operator, real.parameter, expected, gradients.length)
      demand(compare(`parameter after ${gradients.length} steps`, answer.parameter, next))
      model.gradients = gradients
      real.parameter = tensor([size], answer.parameter.value)
      real.moments = Object.fromEntries(Object.keys(expected).map((name) => [name, tensor([size], answer[name].value)]))
    },
    toString: () => `step(${seed})`,
  }
}

function absolute(x: Tensor): Tensor {
  return tensor(x.shape, rowMajor(x).map(Math.abs))
}

/** Starts from rest: no velocity, or moments of zero. */
function atRest({ operator, size }: Optimizer): Tensors {
  const zero = tensorOf([size], () => 0)
  return operator === 'sgd' ? {} : { mean: zero, variance: zero }
}

function startAgain(optimizer: Optimizer): fc.AsyncCommand<History, Optimized> {
  return {
    check: () => true,
    async run(model, real) {
      model.gradients = []
      model.errors = {}
      real.moments = atRest(optimizer)
    },
    toString: () => 'startAgain()',
  }
}

/**
 * An optimizer that is stepped and started again in any order has, at every step, the moments that the whole history of its gradients
 * adds up to, Σ βᵗ⁻ⁱ(1 − β)gᵢ, and moves its parameter by what they say. A moment's error fades with it: e ← β·e + its own rounding.
 */
export function optimizesLikeItsHistory(
  optimizer: Optimizer,
  most = 20,
): fc.IAsyncProperty<[Iterable<fc.AsyncCommand<History, Optimized>>]> {
  const stepping = seeds.map((seed) => step(optimizer, seed))
  const start = () => ({
    model: { gradients: [], errors: {} },
    real: { parameter: tensorOf([optimizer.size], (i) => i - 1), moments: atRest(optimizer) },
  })
  const commands = [stepping, stepping, stepping, fc.constant(startAgain(optimizer))]
  return fc.asyncProperty(fc.commands(commands, { maxCommands: most }), (drawn) => fc.asyncModelRun(start, drawn))
}
