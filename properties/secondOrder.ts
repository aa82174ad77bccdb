import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, type Approximations, constant } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Random } from './data.js'
import { differentiated } from './gradient.js'
import type { Law, Trial } from './law.js'
import type { Profile } from './profile.js'
import { inner, known, law, ledger } from './relations.js'

/** A random sign for every entry, times the power of two next to its input's scale. */
type Direction = Readonly<Record<string, Tensor>>

function powerOfTwo(x: Tensor): number {
  return 2 ** Math.round(Math.log2(rowMajor(x).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)))
}

function direction(names: readonly string[], inputs: Tensors, random: Random): Direction {
  return Object.fromEntries(
    names.map((name) => {
      const size = powerOfTwo(inputs[name])
      const signs = Float64Array.from({ length: inputs[name].size }, () => random.sign() * size)
      return [name, tensor(inputs[name].shape, signs)]
    }),
  )
}

/** h = ∛u / 2, a power of two. */
function stepOf({ unitRoundoff }: Profile): number {
  return 2 ** (Math.round(Math.log2(Math.cbrt(unitRoundoff))) - 1)
}

/** The inputs on a grid on which x ± h·d and x ± h/2·d are numbers of the platform, so that every step is the one meant. */
function onGrid(names: readonly string[], inputs: Tensors, step: number): Tensors {
  const result: Record<string, Tensor> = { ...inputs }
  for (const name of names) {
    const quantum = (step / 2) * powerOfTwo(inputs[name])
    result[name] = tensor(
      inputs[name].shape,
      rowMajor(inputs[name]).map((x) => Math.round(x / quantum) * quantum),
    )
  }
  return result
}

function moved(inputs: Tensors, along: Direction, step: number): Tensors {
  const result: Record<string, Tensor> = { ...inputs }
  for (const [name, d] of Object.entries(along)) {
    const steps = rowMajor(d)
    result[name] = tensor(
      inputs[name].shape,
      rowMajor(inputs[name]).map((x, i) => x + step * steps[i]),
    )
  }
  return result
}

/** ⟨d, g⟩ over all inputs. */
function slope(gradient: Approximations, along: Direction): Approximation {
  return Object.entries(along).reduce(
    (sum, [name, d]) => ledger.add(sum, inner(gradient[name], known(d))),
    constant([1, 1], 0),
  )
}

/**
 * ⟨d, H·e⟩ from gradients: q(h) = ⟨d, g(x + h·e) − g(x − h·e)⟩/2h, improved by the half step, r(h) = q(h/2) + (q(h/2) − q(h))/3
 * (Richardson), of which the error falls with h⁴. By how much r(h) differs from r(2h) bounds what is left of the truncation
 * wherever halving the steps halves it at least: by sixteen, where they are short enough for the function.
 */
async function curvature(trial: Trial, inputs: Tensors, d: Direction, e: Direction, step: number) {
  const { call, subject } = trial
  const gradientAt = (at: Tensors) => subject.backward(at, call.attributes, call.gradients)
  const quotient = async (h: number): Promise<Approximation> => {
    const [above, below] = [await gradientAt(moved(inputs, e, h)), await gradientAt(moved(inputs, e, -h))]
    return ledger.scale(ledger.subtract(slope(above, d), slope(below, d)), 0.5 / h)
  }
  const [farther, far, near] = [await quotient(2 * step), await quotient(step), await quotient(step / 2)]
  const improved = (whole: Approximation, half: Approximation) => half.value[0] + (half.value[0] - whole.value[0]) / 3
  const value = improved(far, near)
  const truncation = Math.abs(value - improved(farther, far))
  return {
    ...near,
    value: Float64Array.of(value),
    bound: Float64Array.of((4 * near.bound[0] + far.bound[0]) / 3 + truncation),
    variance: Float64Array.of((16 * near.variance[0] + far.variance[0]) / 9 + (truncation / 3) ** 2),
  }
}

/**
 * The second derivatives of L = ⟨∂L/∂y, y⟩ are symmetric: ⟨d, H·e⟩ = ⟨e, H·d⟩ for directions d and e of random signs over all
 * inputs, H·e being the change of the gradient along e. A backward pass that is not the gradient of anything has no such H,
 * whatever the forward pass says. (Clairaut's theorem)
 */
function hasSymmetricSecondDerivatives(operator: string, calls: Law['calls']): Law {
  return law({
    operator,
    kind: 'gradient',
    backward: true,
    calls,
    name: 'has a gradient whose own derivatives are symmetric',
    check: async (trial, random) => {
      const names = differentiated(operator, trial.call.inputs)
      const step = stepOf(trial.profile)
      const inputs = onGrid(names, trial.call.inputs, step)
      const [d, e] = [direction(names, inputs, random), direction(names, inputs, random)]
      return compare(
        'the gradient of the gradient in one direction, along another,',
        await curvature(trial, inputs, d, e, step),
        await curvature(trial, inputs, e, d, step),
      )
    },
  })
}

/** The laws of second derivatives, for operators that have calls around which they are smooth. */
export function secondOrderLaws({ operator, smooth }: OperatorProperties): Law[] {
  return smooth === undefined ? [] : [hasSymmetricSecondDerivatives(operator, smooth)]
}
