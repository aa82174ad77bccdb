import { contrastiveLoss, momentumUpdate } from '../oracle/contrastive.js'
import { map, rowMajor, type Tensor, tensor, zip } from '../oracle/tensor.js'
import { reduced } from './losses.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { scaled, sum, upTo } from './rearrange.js'

const rightContrastive = passes(contrastiveLoss)

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [N, D] = x.shape
  return upTo(N).map((n) => Array.from(rowMajor(x).subarray(n * D, (n + 1) * D)))
}

/** A contrastive loss of the distance of a pair, whether it is alike, and the margin. */
function pairLoss(
  f: (distance: number, same: boolean, margin: number) => number,
  measure = (difference: readonly number[]) => Math.hypot(...difference),
): Required<Mistake>['forward'] {
  return ({ a, b, same }, attributes) => {
    const marks = rowMajor(same)
    const items = rowsOf(zip(a, b, (x, y) => x - y)).map((difference, n) =>
      f(measure(difference), marks[n] === 1, numberOf(attributes, 'margin')),
    )
    return reduced(tensor([items.length], items), attributes)
  }
}

const contrastiveMistakes: readonly Mistake[] = [
  {
    name: 'contrastiveLoss with alike and different exchanged',
    operator: 'contrastiveLoss',
    explanation: 'same = 1 was taken to mark pairs that differ.',
    forward: (inputs, attributes) =>
      rightContrastive.forward({ ...inputs, same: map(inputs.same, (mark) => 1 - mark) }, attributes),
  },
  {
    name: 'contrastiveLoss of the margin less the squared distance',
    operator: 'contrastiveLoss',
    explanation: 'max(0, margin − d²) was computed instead of max(0, margin − d)².',
    forward: pairLoss((d, same, margin) => (same ? d * d : Math.max(0, margin - d * d))),
  },
  {
    name: 'contrastiveLoss with a hinge that is not squared',
    operator: 'contrastiveLoss',
    explanation: 'max(0, margin − d) was computed instead of its square.',
    forward: pairLoss((d, same, margin) => (same ? d * d : Math.max(0, margin - d))),
  },
  {
    name: 'contrastiveLoss without the hinge',
    operator: 'contrastiveLoss',
    explanation: '(margin − d)² was computed without max(0, ·): pairs beyond the margin are drawn back.',
    forward: pairLoss((d, same, margin) => (same ? d * d : (margin - d) ** 2)),
  },
  {
    name: 'contrastiveLoss of the distance itself',
    operator: 'contrastiveLoss',
    explanation: 'd was taken for pairs that are alike instead of d².',
    forward: pairLoss((d, same, margin) => (same ? d : Math.max(0, margin - d) ** 2)),
  },
  {
    name: 'contrastiveLoss halved',
    operator: 'contrastiveLoss',
    explanation: 'The factors ½ of the original paper were kept; the contract leaves them out.',
    forward: (inputs, attributes) => scaled(rightContrastive.forward(inputs, attributes), 0.5),
  },
  {
    name: 'contrastiveLoss of the sum of absolute differences',
    operator: 'contrastiveLoss',
    explanation: 'The L1 distance was taken instead of the Euclidean one.',
    forward: pairLoss(
      (d, same, margin) => (same ? d * d : Math.max(0, margin - d) ** 2),
      (difference) => sum(difference.map(Math.abs)),
    ),
  },
  {
    name: 'contrastiveLoss with a margin of 1 always',
    operator: 'contrastiveLoss',
    explanation: 'The attribute margin was ignored.',
    forward: (inputs, attributes) => rightContrastive.forward(inputs, { ...attributes, margin: 1 }),
  },
  {
    name: 'contrastiveLoss gradient of b equal to that of a',
    operator: 'contrastiveLoss',
    explanation: 'a and b got the same gradient; that of b has the opposite sign.',
    backward: (inputs, attributes, gradients) => {
      const { a } = rightContrastive.backward(inputs, attributes, gradients)
      return { a, b: a }
    },
  },
  {
    name: 'contrastiveLoss gradient that is NaN where a is b',
    operator: 'contrastiveLoss',
    explanation: '(a − b)/d was computed at d = 0, where it is 0/0; the derivative is 0 there.',
    backward: ({ a, b, same }, attributes, gradients) => {
      const result = rightContrastive.backward({ a, b, same }, attributes, gradients)
      const D = a.shape[1]
      const differences = rowsOf(zip(a, b, (x, y) => x - y))
      const lost = differences.map((row, n) => rowMajor(same)[n] === 0 && row.every((x) => x === 0))
      const spoil = (x: Tensor) =>
        tensor(
          x.shape,
          rowMajor(x).map((value, i) => (lost[Math.floor(i / D)] ? Number.NaN : value)),
        )
      return { a: spoil(result.a), b: spoil(result.b) }
    },
  },
  {
    name: 'contrastiveLoss gradient beyond the margin',
    operator: 'contrastiveLoss',
    explanation: 'Pairs beyond the margin got the gradient −2(margin − d)·(a − b)/d instead of none.',
    backward: (inputs, attributes, gradients) => {
      const result = rightContrastive.backward(inputs, attributes, gradients)
      const far = rightContrastive.backward(inputs, { ...attributes, margin: 1e9 }, gradients)
      const [N, D] = inputs.a.shape
      const margin = numberOf(attributes, 'margin')
      const distances = rowsOf(zip(inputs.a, inputs.b, (x, y) => x - y)).map((row) => Math.hypot(...row))
      const marks = rowMajor(inputs.same)
      const factor = upTo(N).map((n) => (margin - distances[n]) / (1e9 - distances[n]))
      const spoil = (x: Tensor, y: Tensor) =>
        tensor(
          x.shape,
          rowMajor(x).map((value, i) => {
            const n = Math.floor(i / D)
            return marks[n] === 0 && distances[n] > margin ? rowMajor(y)[i] * factor[n] : value
          }),
        )
      return { a: spoil(result.a, far.a), b: spoil(result.b, far.b) }
    },
  },
  {
    name: 'contrastiveLoss that takes −1 for different',
    operator: 'contrastiveLoss',
    explanation: 'A mark other than 0 and 1 was taken for a pair that differs instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      inputs.same === undefined
        ? undefined
        : contrastiveLoss.forward({ ...inputs, same: map(inputs.same, (mark) => (mark === 1 ? 1 : 0)) }, attributes),
  },
]

/** A moving average written in another way. */
function averaged(f: (t: number, o: number, m: number) => number): Required<Mistake>['forward'] {
  return ({ target, online }, attributes) => ({
    y: zip(target, online, (t, o) => f(t, o, numberOf(attributes, 'momentum'))),
  })
}

const momentumMistakes: readonly Mistake[] = [
  {
    name: 'momentumUpdate with target and online exchanged',
    operator: 'momentumUpdate',
    explanation: 'm·online + (1 − m)·target was computed: the target follows almost at once.',
    forward: averaged((t, o, m) => m * o + (1 - m) * t),
  },
  {
    name: 'momentumUpdate without the weight of the online parameters',
    operator: 'momentumUpdate',
    explanation: 'm·target + online was computed, as for a velocity; the weights do not add up to one.',
    forward: averaged((t, o, m) => m * t + o),
  },
  {
    name: 'momentumUpdate that only decays',
    operator: 'momentumUpdate',
    explanation: 'm·target was computed: the online parameters are missing.',
    forward: averaged((t, _, m) => m * t),
  },
  {
    name: 'momentumUpdate with the step in the wrong direction',
    operator: 'momentumUpdate',
    explanation: 'target − (1 − m)·(online − target) was computed: the target moves away from the online parameters.',
    forward: averaged((t, o, m) => t - (1 - m) * (o - t)),
  },
  {
    name: 'momentumUpdate with a momentum of 0.9 where none is given',
    operator: 'momentumUpdate',
    explanation: 'The default of another library, 0.9, was taken instead of 0.999.',
    forward: averaged((t, o, m) => (m === 0.999 ? 0.9 * t + 0.1 * o : m * t + (1 - m) * o)),
  },
  {
    name: 'momentumUpdate that clips a momentum out of range',
    operator: 'momentumUpdate',
    explanation: 'A momentum below 0 or above 1 was clipped instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.momentum === 'number' && (attributes.momentum < 0 || attributes.momentum > 1)
        ? momentumUpdate.forward(inputs, { momentum: Math.min(1, Math.max(0, attributes.momentum)) })
        : undefined,
  },
]

export const mistakes: readonly Mistake[] = [...contrastiveMistakes, ...momentumMistakes]
