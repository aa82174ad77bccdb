import { type Mistake, mistaken, mistakesOf } from '../mistakes/index.js'
import { oracle } from '../oracle/index.js'
import { copy, rowMajor, sameShape, type Tensor, type Tensors } from '../oracle/tensor.js'
import type { Call, FailingCase, Subject } from '../properties/index.js'
import { formats } from '../properties/precision.js'

/** A mistake's answer is so many times further from the right one than from the subject's, at least. */
const clarity = 8

/**
 * Explains a failing case: the name of the mistake of the catalogue whose answer to the same call is the subject's, but for a
 * small part of the precision's digits, and clearly not the right one; the nearest where there are several. Nothing where the
 * subject gave no answer.
 */
export function lookalike(subject: Subject): (failing: FailingCase) => Promise<string | undefined> {
  const slack = 16 * formats[subject.precision].unitRoundoff
  return async ({ operator, call, outputs, gradients }) => {
    if (outputs === undefined) return undefined
    const answer = { outputs, gradients }
    const right = await answerOf(oracle.operators[operator], call, gradients !== undefined)
    if (right === undefined) return undefined
    let nearest: { mistake: Mistake; distance: number } | undefined
    for (const mistake of mistakesOf(operator)) {
      const wrong = await answerOf(mistaken(mistake).operators[operator], call, gradients !== undefined)
      if (wrong === undefined) continue
      const away = distance(answer, wrong)
      const isShown = away <= slack && distance(right, wrong) > slack && distance(right, wrong) >= clarity * away
      if (isShown && away < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { mistake, distance: away }
    }
    return nearest?.mistake.name
  }
}

interface Answer {
  readonly outputs: Tensors
  readonly gradients: Tensors | undefined
}

/** What an operator answers, each time to a copy of the call: some mistakes write to their inputs. Undefined where it cannot. */
async function answerOf(
  { forward, backward }: Subject['operators'][string],
  { inputs, attributes, gradients }: Call,
  both: boolean,
): Promise<Answer | undefined> {
  try {
    const outputs = await forward(copies(inputs), attributes)
    return { outputs, gradients: both ? await backward?.(copies(inputs), attributes, copies(gradients)) : undefined }
  } catch {
    return undefined
  }
}

function copies(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, copy(x)]))
}

/** How far an answer is from another, in units of the largest element of each of its tensors; ∞ where it is no such answer. */
function distance(answer: Answer, from: Answer): number {
  const parts = [distanceOf(answer.outputs, from.outputs)]
  if (answer.gradients !== from.gradients)
    parts.push(
      answer.gradients === undefined || from.gradients === undefined
        ? Number.POSITIVE_INFINITY
        : distanceOf(answer.gradients, from.gradients),
    )
  return Math.max(...parts)
}

function distanceOf(answer: Tensors, from: Tensors): number {
  return Math.max(
    0,
    ...Object.entries(from).map(([name, y]) =>
      answer[name] === undefined ? Number.POSITIVE_INFINITY : distanceOfTensors(answer[name], y),
    ),
  )
}

/** NaN and the infinities are near nothing but themselves. */
function distanceOfTensors(answer: Tensor, from: Tensor): number {
  if (!sameShape(answer.shape, from.shape)) return Number.POSITIVE_INFINITY
  const [a, b] = [rowMajor(answer), rowMajor(from)]
  let [largest, difference] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i])) continue
    if (!Number.isFinite(a[i]) || !Number.isFinite(b[i])) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(a[i] - b[i]))
  }
  for (const value of b) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
  return difference === 0 ? 0 : difference / largest
}
