import ndarray from 'ndarray'
import { contract, oracle } from '../oracle/index.js'
import { copy, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { aliasingLaws } from './aliasing.js'
import { type Approximations, constant } from './approximation.js'
import { shapeComplaint } from './caller.js'
import type { OperatorProperties } from './calls.js'
import { broken, compare, held, type Verdict, worstOf } from './comparison.js'
import type { Random } from './data.js'
import { differentiated, gradientLaws } from './gradient.js'
import type { Law } from './law.js'
import type { Profile } from './profile.js'
import { known, law, ledger, plus, times, wholeNumbers } from './relations.js'

/** The laws that every operator obeys, whatever it computes. */
export function generalLaws(properties: OperatorProperties): Law[] {
  const { operator, calls, model } = properties
  const { differentiable, inputs: declared } = contract[operator]
  const wide = { operator, calls: calls('wide') }
  const simple = { operator, calls: calls('simple') }
  const forwardLaws: Law[] = [
    law({
      ...wide,
      name: 'has outputs of the shapes that the formulas give',
      kind: 'shape',
      check: async ({ call, subject }) =>
        verdictOf(
          shapeComplaint(
            'output',
            await subject.answer(call.inputs, call.attributes),
            model.shapes(call.inputs, call.attributes),
          ),
        ),
    }),
    law({
      ...wide,
      name: 'agrees with the oracle',
      kind: 'oracle',
      check: async ({ call, subject, profile }) => {
        const answer = await subject.forward(call.inputs, call.attributes)
        return compareAll('', answer, oracle.operators[operator].forward(call.inputs, call.attributes), profile)
      },
    }),
    law({
      ...simple,
      name: 'fills in attributes that are left out, and pairs given as one number',
      check: async ({ call, subject }) => {
        const complete = await subject.forward(call.inputs, call.attributes)
        const answer = await subject.answer(call.inputs, call.given)
        const complaint = shapeComplaint('output', answer, model.shapes(call.inputs, call.attributes))
        if (complaint !== undefined) return broken(`with defaults left out: ${complaint}`)
        return Object.entries(complete).map(([name, y]) =>
          compare(`with defaults left out, ${name}`, { ...y, value: rowMajor(answer[name]) }, y),
        )
      },
    }),
    law({
      ...wide,
      name: 'gives the same bits for the same call',
      check: async ({ call, subject }) =>
        sameBits(
          'output',
          model.shapes(call.inputs, call.attributes),
          await subject.answer(call.inputs, call.attributes),
          await subject.answer(call.inputs, call.attributes),
        ),
    }),
  ]
  if (Object.keys(declared).length > 0)
    forwardLaws.push(
      law({
        ...wide,
        name: 'does not modify its inputs',
        check: async ({ call, subject }) => {
          const inputs = copies(call.inputs)
          await subject.answerInPlace(inputs, call.attributes)
          return unmodified(inputs, call.inputs)
        },
      }),
      law({
        ...wide,
        name: 'takes inputs with any stride and offset',
        check: async ({ call, subject }, random) => {
          const plain = await subject.forward(call.inputs, call.attributes)
          const answer = await subject.answerInPlace(views(call.inputs, random), call.attributes)
          const complaint = shapeComplaint('output', answer, model.shapes(call.inputs, call.attributes))
          if (complaint !== undefined) return broken(`for strided inputs: ${complaint}`)
          return Object.entries(plain).map(([name, y]) =>
            compare(`for strided inputs, ${name}`, { ...y, value: rowMajor(answer[name]) }, y),
          )
        },
      }),
    )
  const whatever = [...forwardLaws, ...aliasingLaws(simple)]
  return differentiable ? [...whatever, ...backwardLaws({ wide, simple }), ...gradientLaws(properties)] : whatever
}

type CallsOf = Pick<Law, 'operator' | 'calls'>

function backwardLaws({ wide, simple }: { wide: CallsOf; simple: CallsOf }): Law[] {
  const { operator } = wide
  const gradient = { kind: 'gradient', backward: true } as const
  const floats = (inputs: Tensors) =>
    Object.fromEntries(differentiated(operator, inputs).map((name) => [name, inputs[name].shape]))
  return [
    law({
      ...wide,
      name: 'has gradients of the shapes of its inputs',
      kind: 'shape',
      backward: true,
      check: async ({ call, subject }) => {
        const answer = await subject.answerBackward(call.inputs, call.attributes, call.gradients)
        return verdictOf(shapeComplaint('gradient', answer, floats(call.inputs)))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: "has the oracle's gradient",
      check: async ({ call, subject, profile }) => {
        const answer = await subject.backward(call.inputs, call.attributes, call.gradients)
        const expected = oracle.operators[operator].backward?.(call.inputs, call.attributes, call.gradients) ?? {}
        return compareAll('∂L/∂', answer, expected, profile)
      },
    }),
    law({
      ...simple,
      ...gradient,
      name: 'has gradients that are linear in the gradient of the output',
      check: async ({ call, subject }, random) => {
        const others = Object.fromEntries(
          Object.entries(call.gradients).map(([name, g]) => [name, wholeNumbers(g.shape, random)]),
        )
        const both = Object.fromEntries(
          Object.entries(call.gradients).map(([name, g]) => [name, plus(g, others[name], 2)]),
        )
        const at = (gradients: Tensors) => subject.backward(call.inputs, call.attributes, gradients)
        const [sum, one, other] = [await at(both), await at(call.gradients), await at(others)]
        return Object.keys(sum).map((name) =>
          compare(
            `with 2 of another gradient added, ∂L/∂${name}`,
            sum[name],
            ledger.add(one[name], ledger.scale(other[name], 2)),
          ),
        )
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients of zero for an output gradient of zero, or for none',
      check: async ({ call, subject }) => {
        const zeros = Object.fromEntries(
          Object.entries(call.gradients).map(([name, g]) => [
            name,
            times(tensor(g.shape, new Float64Array(g.size)), 0),
          ]),
        )
        const accuracy = await subject.backward(call.inputs, call.attributes, zeros)
        const none = await subject.answerBackward(call.inputs, call.attributes, {})
        const complaint = shapeComplaint('gradient', none, floats(call.inputs))
        if (complaint !== undefined) return broken(`without a gradient of the output: ${complaint}`)
        return Object.entries(accuracy).flatMap(([name, zero]) => [
          compare(`∂L/∂${name}`, zero, constant(zero.shape, 0)),
          compare(
            `without a gradient of the output, ∂L/∂${name}`,
            { ...zero, value: rowMajor(none[name]) },
            constant(zero.shape, 0),
          ),
        ])
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives the same bits for the same backward call',
      check: async ({ call, subject }) =>
        sameBits(
          'gradient',
          floats(call.inputs),
          await subject.answerBackward(call.inputs, call.attributes, call.gradients),
          await subject.answerBackward(call.inputs, call.attributes, call.gradients),
        ),
    }),
    law({
      ...wide,
      ...gradient,
      name: 'does not modify inputs or gradients in the backward pass',
      check: async ({ call, subject }) => {
        const [inputs, gradients] = [copies(call.inputs), copies(call.gradients)]
        await subject.answerInPlace(inputs, call.attributes, gradients)
        return [...unmodified(inputs, call.inputs), ...unmodified(gradients, call.gradients)]
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'takes inputs and gradients with any stride and offset in the backward pass',
      check: async ({ call, subject }, random) => {
        const plain = await subject.backward(call.inputs, call.attributes, call.gradients)
        const answer = await subject.answerInPlace(
          views(call.inputs, random),
          call.attributes,
          views(call.gradients, random),
        )
        const complaint = shapeComplaint('gradient', answer, floats(call.inputs))
        if (complaint !== undefined) return broken(`for strided inputs: ${complaint}`)
        return Object.entries(plain).map(([name, g]) =>
          compare(`for strided inputs, ∂L/∂${name}`, { ...g, value: rowMajor(answer[name]) }, g),
        )
      },
    }),
  ]
}

function verdictOf(complaint: string | undefined): Verdict {
  return complaint === undefined ? held : broken(complaint)
}

/**
 * Compares answers with the oracle's results. Where the subject computes in float64 as well, the oracle is no more exact than
 * it, and both may be off.
 */
function compareAll(prefix: string, answer: Approximations, expected: Tensors, profile: Profile): Verdict {
  return worstOf(
    Object.entries(answer).map(([name, y]) => {
      const reference = known(expected[name])
      const accuracy = profile.precision === 'float64' ? { bound: y.bound, variance: y.variance } : {}
      return compare(`${prefix}${name}`, y, { ...reference, ...accuracy })
    }),
  )
}

function sameBits(
  what: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  first: Tensors,
  second: Tensors,
): Verdict | Verdict[] {
  const complaint = shapeComplaint(what, first, shapes) ?? shapeComplaint(what, second, shapes)
  if (complaint !== undefined) return broken(complaint)
  return Object.keys(shapes).map((name) => compare(`called again, ${name}`, known(second[name]), known(first[name])))
}

function copies(tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, copy(x)]))
}

function unmodified(after: Tensors, before: Tensors): Verdict[] {
  return Object.entries(before).map(([name, x]) => compare(`afterwards ${name}`, known(after[name]), known(x)))
}

/** The same tensors as views: axes in another order in memory, gaps between entries, an offset; the gaps hold 77. */
function views(tensors: Tensors, random: Random): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, view(x, random)]))
}

function view(x: Tensor, random: Random): Tensor {
  const order = random.permutation(x.shape.length)
  const gap = random.integer(1, 2)
  const offset = random.integer(0, 3)
  const stride: number[] = new Array(x.shape.length).fill(0)
  let step = gap
  for (const d of order) {
    stride[d] = step
    step *= x.shape[d]
  }
  const data = new Float64Array(offset + gap * x.size + 1).fill(77)
  const result = ndarray(data, [...x.shape], stride, offset)
  const values = rowMajor(x)
  for (let i = 0; i < values.length; i++) {
    let rest = i
    let at = offset
    for (let d = x.shape.length - 1; d >= 0; d--) {
      at += (rest % x.shape[d]) * stride[d]
      rest = Math.floor(rest / x.shape[d])
    }
    data[at] = values[i]
  }
  return result
}
