import { contract } from '../oracle/index.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, type Approximations, constant } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { type Direction, isCurvature } from './closerLook.js'
import { compare, held, type Verdict, worstOf } from './comparison.js'
import type { Random } from './data.js'
import type { Law, Trial } from './law.js'
import { type Profile, representable } from './profile.js'
import { inner, known, law, ledger } from './relations.js'

/** How many random directions a gradient is checked in; one finds a single wrong entry in nine cases out of ten. */
const directions = 4

/** The float inputs that a gradient flows to. */
export function differentiated(operator: string, inputs: Tensors): readonly string[] {
  return Object.keys(inputs).filter((name) => {
    const { kind, constant: fixed } = contract[operator].inputs[name]
    return kind === 'float' && fixed === undefined
  })
}

/** A direction of signs for every input, times that input's scale. */
function direction(names: readonly string[], inputs: Tensors, random: Random): Readonly<Record<string, Float64Array>> {
  return Object.fromEntries(
    names.map((name) => {
      const scale = rowMajor(inputs[name]).reduce((largest, x) => Math.max(largest, Math.abs(x)), 1)
      // A power of two: the step is then exact for most x.
      const size = 2 ** Math.round(Math.log2(scale))
      return [name, Float64Array.from({ length: inputs[name].size }, () => random.sign() * size)]
    }),
  )
}

/** The inputs moved by `step` along a direction, to numbers that the platform holds. */
function moved(
  inputs: Tensors,
  along: Readonly<Record<string, Float64Array>>,
  step: number,
  profile: Profile,
): Readonly<Record<string, Tensor>> {
  const result: Record<string, Tensor> = { ...inputs }
  for (const [name, d] of Object.entries(along))
    result[name] = tensor(
      inputs[name].shape,
      rowMajor(inputs[name]).map((x, i) => representable(profile, x + step * d[i])),
    )
  return result
}

/** ⟨∂L/∂y, y⟩ for all outputs: the scalar whose gradient the backward pass gives. */
function loss(outputs: Approximations, gradients: Tensors): Approximation {
  return Object.entries(outputs).reduce(
    (sum, [name, y]) => ledger.add(sum, inner(y, known(gradients[name]))),
    constant([1, 1], 0),
  )
}

/** ⟨∂L/∂x, to − from⟩ for all inputs: what the gradient says of the step that was really taken. */
function predicted(gradient: Approximations, from: Tensors, to: Tensors): Approximation {
  return Object.entries(gradient).reduce(
    (sum, [name, g]) => {
      const start = rowMajor(from[name])
      const step = tensor(
        from[name].shape,
        rowMajor(to[name]).map((x, i) => x - start[i]),
      )
      return ledger.add(sum, inner(g, known(step)))
    },
    constant([1, 1], 0),
  )
}

/** What the operator answers at and near the inputs of a trial, each with the accuracy that it has there. */
async function nearby({ call, subject }: Trial) {
  const at = (inputs: Tensors): Promise<Approximations> => subject.forward(inputs, call.attributes)
  return { here: await at(call.inputs), at }
}

/**
 * Along random signs d, (L(x + hd) − L(x − hd)) against ⟨g, 2hd⟩ for h = ∛u, improved by a second step of half the size
 * (Richardson): what is left of the truncation is far below the rounding of L, from which the tolerance comes. Where an output
 * bends by more than that, there is a kink: the direction is left out and counted. So it is where L is curved too strongly for
 * such steps (isCurvature).
 */
function agreesWithDifferences(operator: string, calls: Law['calls'], hasKinks: boolean): Law {
  return law({
    operator,
    kind: 'gradient',
    backward: true,
    calls,
    name: 'has the gradient that difference quotients of its own forward pass give',
    check: async (trial, random) => {
      const { call, subject, profile } = trial
      const gradient = await subject.backward(call.inputs, call.attributes, call.gradients)
      const { here, at } = await nearby(trial)
      const names = differentiated(operator, call.inputs)
      const h = 2 ** Math.round(Math.log2(Math.cbrt(profile.unitRoundoff)))
      const verdicts: Verdict[] = []
      for (let n = 0; n < directions; n++) {
        const along = direction(names, call.inputs, random)
        const sides = async (step: number): Promise<Sides> => {
          const [to, from] = [moved(call.inputs, along, step, profile), moved(call.inputs, along, -step, profile)]
          return { above: await at(to), below: await at(from), predicted: predicted(gradient, from, to) }
        }
        const [far, near] = [await sides(h), await sides(h / 2)]
        // A kink a third of h away bends like a smooth function from h to h/2, but not from there to h/4.
        const leftOut = hasKinks && (kinked(here, far, near) || kinked(here, near, await sides(h / 4)))
        if (leftOut) {
          verdicts.push({ ...held, leftOut: 1 })
          continue
        }
        const found = judged(far, near, call.gradients, hasKinks)
        const closer: Direction = {
          linearAt: async (step) => judged(await sides(step), await sides(step / 2), call.gradients, hasKinks).linear,
          finest: finestStep(profile),
        }
        const { verdict, linear } = found
        const seen = { step: h, linear, allowed: 2 * verdict.allowed }
        if (verdict.status !== 'held' && (await isCurvature(closer, seen, random))) {
          verdicts.push({ ...held, leftOut: 1 })
          continue
        }
        verdicts.push(verdict)
      }
      return worstOf(verdicts)
    },
  })
}

interface Sides {
  readonly above: Approximations
  readonly below: Approximations
  /** Of the loss above less that below, by the gradient. */
  readonly predicted: Approximation
}

/** Whether y(x+h) + y(x−h) − 2·y(x) of an output falls less than to a quarter, as it does where y is smooth, when h is halved. */
function kinked(here: Approximations, far: Sides, near: Sides): boolean {
  return Object.entries(here).some(([name, { value, variance }]) =>
    value.some((y, i) => {
      const bend = ({ above, below }: Sides) => above[name].value[i] + below[name].value[i] - 2 * y
      const noise = 6 * Math.sqrt(6 * variance[i]) + 16 * Number.EPSILON * Math.abs(y)
      return Math.abs(bend(near) - bend(far) / 4) > noise + 0.05 * Math.abs(bend(far))
    }),
  )
}

/**
 * How large a change a kink may make unseen, in standard deviations of a difference of two losses. `kinked` misses one with the
 * slopes J apart at a distance a where J·|h − 3a|/4 and J·|h/2 − 3a|/4 are within the noise of 6·√6 standard deviations of a
 * loss: then J·h is within 16 of them, and J·(h/2 − a), which it adds to the change, within 3 where a = h/3.
 */
const hidden = 3 * 6 * Math.sqrt(3)

/**
 * Both step sizes together: r(h/2) − (r(h)/2 − r(h/2))/3 of the residuals r = L(x+h) − L(x−h) − ⟨g, step⟩, from which the third
 * order cancels; and what is left of r(h) in this way, which a right gradient makes nothing and a wrong one linear in h.
 */
function judged(far: Sides, near: Sides, gradients: Tensors, hasKinks: boolean) {
  const difference = ({ above, below }: Sides) => ledger.subtract(loss(above, gradients), loss(below, gradients))
  const extrapolated = difference(near)
  const residual = ledger.subtract(extrapolated, near.predicted).value[0]
  const farResidual = ledger.subtract(difference(far), far.predicted).value[0]
  const correction = (farResidual / 2 - residual) / 3
  const truncation = Math.abs(correction) / 8
  // The correction has a share of the noise; kinks too small to be seen may add several times the noise in which they hide.
  const noise = hasKinks ? 16 : 3
  const verdict = compare(
    'the change of the loss along random signs',
    {
      ...extrapolated,
      value: Float64Array.of(extrapolated.value[0] - correction),
      bound: extrapolated.bound.map(
        (bound, i) => 2 * bound + truncation + (hasKinks ? hidden * Math.sqrt(extrapolated.variance[i]) : 0),
      ),
      variance: extrapolated.variance.map((variance) => noise * variance + (truncation / 3) ** 2),
    },
    near.predicted,
  )
  return { verdict, linear: 2 * (residual - correction) }
}

/** Half of this step, less a quarter, along signs of this size still moves every input by one unit in its last place. */
function finestStep({ unitRoundoff }: Profile): number {
  return 4 * unitRoundoff
}

/**
 * R(t) = |L(x + td) − L(x) − ⟨g, td⟩| falls at second order: what it is for t = 1/8, 1/16 and 1/64 bounds what it may be for
 * t = 1/1024, apart from rounding (1/64, since a function that saturates is less curved over a long step than where it starts).
 * With a wrong gradient it falls at first order only, and is four times what is allowed. Where it is more than that, L may be
 * curved more strongly at x than the longer steps could show (isCurvature, of 4·R(t/2) − R(t), from which the second order
 * cancels). For operators without kinks.
 */
function remainderFalls(operator: string, calls: Law['calls']): Law {
  return law({
    operator,
    kind: 'gradient',
    backward: true,
    calls,
    name: 'has a Taylor remainder that falls at second order',
    check: async (trial, random) => {
      const { call, subject, profile } = trial
      const gradient = await subject.backward(call.inputs, call.attributes, call.gradients)
      const { here, at } = await nearby(trial)
      const start = loss(here, call.gradients)
      const along = direction(differentiated(operator, call.inputs), call.inputs, random)
      const remainder = async (step: number): Promise<Approximation> => {
        const there = moved(call.inputs, along, step, profile)
        const change = ledger.subtract(loss(await at(there), call.gradients), start)
        return ledger.subtract(change, predicted(gradient, call.inputs, there))
      }
      const linearAt = async (step: number): Promise<number> =>
        4 * (await remainder(step / 2)).value[0] - (await remainder(step)).value[0]
      let curvature = 0
      for (const parts of [8, 16, 64])
        curvature = Math.max(curvature, Math.abs((await remainder(1 / parts)).value[0]) * parts ** 2)
      const step = 1 / 1024
      const smallest = await remainder(step)
      const most = 4 * curvature * step ** 2
      const expected = { ...constant([1, 1], 0), bound: Float64Array.of(most), variance: Float64Array.of(most ** 2) }
      const verdict = compare('the Taylor remainder for the smallest step', smallest, expected)
      if (verdict.status === 'held') return verdict
      const seen = { step, linear: smallest.value[0], allowed: verdict.allowed }
      const curved = await isCurvature({ linearAt, finest: finestStep(profile) }, seen, random)
      return curved ? { ...held, leftOut: 1 } : verdict
    },
  })
}

/** The laws that tie an operator's backward pass to its forward pass. */
export function gradientLaws({ operator, calls, smooth, hasKinks }: OperatorProperties): Law[] {
  const laws = [agreesWithDifferences(operator, calls('smooth'), hasKinks ?? false)]
  return smooth === undefined ? laws : [...laws, remainderFalls(operator, smooth)]
}
