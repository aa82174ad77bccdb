import { mistaken, mistakes } from '../mistakes/index.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, sameShape, type Tensor, type Tensors } from '../oracle/tensor.js'
import type { FailingCase, Subject } from '../properties/index.js'
import { formats } from '../properties/precision.js'

/**
 * Explains a failing case: the name of the first mistake of the catalogue whose answer on the same call equals the subject's
 * and differs from the right one. Only a likeness, so agreement to a small part of the precision's digits is enough.
 */
export function lookalike(subject: Subject): (failing: FailingCase) => Promise<string | undefined> {
  const slack = 64 * formats[subject.precision].unitRoundoff
  return async ({ operator, call, outputs, gradients }) => {
    const right = oracle.operators[operator]
    const candidates = mistakes.filter((mistake) => mistake.operator === operator)
    for (const mistake of candidates) {
      const wrong = mistaken(mistake).operators[operator]
      try {
        const forward = await wrong.forward(call.inputs, call.attributes)
        const backward = gradients && (await wrong.backward?.(call.inputs, call.attributes, call.gradients))
        const rightForward = right.forward(call.inputs, call.attributes)
        const rightBackward = gradients && right.backward?.(call.inputs, call.attributes, call.gradients)
        const same = alike(outputs, forward, slack) && alike(gradients, backward, slack)
        const visible = !alike(rightForward, forward, slack) || !alike(rightBackward, backward, slack)
        if (same && visible) return mistake.name
      } catch {
        // A mistake that cannot answer this call does not explain it.
      }
    }
    return undefined
  }
}

function alike(actual: Tensors | undefined, expected: Tensors | undefined, slack: number): boolean {
  if (actual === undefined || expected === undefined) return actual === expected
  return Object.entries(expected).every(([name, y]) => actual[name] !== undefined && near(actual[name], y, slack))
}

/** Equal but for `slack` times the largest element. */
function near(actual: Tensor, expected: Tensor, slack: number): boolean {
  if (!sameShape(actual.shape, expected.shape)) return false
  const [a, b] = [rowMajor(actual), rowMajor(expected)]
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  return a.every((value, i) => Object.is(value, b[i]) || Math.abs(value - b[i]) <= slack * scale)
}
