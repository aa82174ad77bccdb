import { describe, expect, it } from 'vitest'
import type { OracleOperator } from '../operator.js'
import { copy, rowMajor, sizeOf, type Tensor, type Tensors, tensor, toNested } from '../tensor.js'
import { position } from '../validation.js'
import { type Call, Random } from './random.js'

/** The same tensor as a view: axes stored in reverse order, every second element, a negative stride, an offset, NaN around. */
function awkwardView(x: Tensor): Tensor {
  const roomyShape = x.shape.map((length) => 2 * length + 1)
  const roomy = tensor([...roomyShape].reverse(), new Float64Array(sizeOf(roomyShape)).fill(Number.NaN))
  const view = roomy
    .transpose(...x.shape.map((_, d) => x.shape.length - 1 - d))
    .lo(...x.shape.map(() => 1))
    .hi(...x.shape.map((length) => 2 * length))
    .step(...x.shape.map((_, d) => (d === 0 ? -2 : 2)))
  for (const [i, value] of rowMajor(x).entries()) view.set(...JSON.parse(position(i, x.shape)), value)
  return view
}

/** What holds of every operator, on the given calls: views are legal, inputs are left alone, gradients are the slopes. */
export function describeCalls(operators: readonly OracleOperator[], calls: readonly Call[]): void {
  const byName = new Map(operators.map((operator) => [operator.declaration.name, operator]))
  const operatorOf = ({ operator }: Call): OracleOperator => {
    const found = byName.get(operator)
    if (found === undefined) throw new Error(`no operator ${operator} in this test`)
    return found
  }
  const gradientsFor = (outputs: Tensors): Tensors => {
    const random = new Random(20)
    return Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, random.tensor(y.shape)]))
  }
  const all = (call: Call): Tensors => {
    const outputs = operatorOf(call).forward(call.inputs, call.attributes)
    const gradients = operatorOf(call).backward?.(call.inputs, call.attributes, gradientsFor(outputs)) ?? {}
    return { ...outputs, ...Object.fromEntries(Object.entries(gradients).map(([name, x]) => [`∂${name}`, x])) }
  }

  describe('every call', () => {
    it('uses every operator of this file', () => {
      expect([...new Set(calls.map(({ operator }) => operator))].sort()).toEqual([...byName.keys()].sort())
    })

    it.each(calls)('$operator gives the same for awkward views, and reads nothing beside them', (call) => {
      const inputs = Object.fromEntries(Object.entries(call.inputs).map(([name, x]) => [name, awkwardView(x)]))
      const actual = all({ ...call, inputs })
      for (const [name, y] of Object.entries(all(call))) expect(toNested(actual[name]), name).toEqual(toNested(y))
    })

    it.each(calls)('$operator modifies no input and shares no memory with one, nor between its results', (call) => {
      const before = Object.fromEntries(Object.entries(call.inputs).map(([name, x]) => [name, copy(x)]))
      const results = all(call)
      for (const [name, x] of Object.entries(call.inputs)) expect(x.data, name).toEqual(before[name].data)
      const buffers = [...Object.values(call.inputs), ...Object.values(results)].map(({ data }) => data.buffer)
      expect(new Set(buffers).size).toBe(buffers.length)
    })

    it.each(calls)('$operator answers with the gradient of every float input, in its shape', (call) => {
      const operator = operatorOf(call)
      if (operator.backward === undefined) return
      const gradients = operator.backward(call.inputs, call.attributes, {})
      const wanted = Object.keys(call.inputs).filter((name) => {
        const { kind, constant } = operator.declaration.inputs[name]
        return kind === 'float' && constant !== true
      })
      expect(Object.keys(gradients).sort()).toEqual(wanted.sort())
      for (const [name, gradient] of Object.entries(gradients)) {
        expect(gradient.shape, name).toEqual(call.inputs[name].shape)
        expect(
          rowMajor(gradient).every((value) => value === 0),
          `${name}: zero for no gradient`,
        ).toBe(true)
      }
    })

    it.each(calls)('$operator has the gradient that a central difference of its forward pass has', (call) => {
      const operator = operatorOf(call)
      const gradients = gradientsFor(operator.forward(call.inputs, call.attributes))
      const analytic = operator.backward?.(call.inputs, call.attributes, gradients) ?? {}
      const scalarised = (inputs: Tensors) =>
        Object.entries(operator.forward(inputs, call.attributes)).reduce((sum, [name, y]) => {
          const g = rowMajor(gradients[name])
          return sum + rowMajor(y).reduce((part, value, i) => part + value * g[i], 0)
        }, 0)
      for (const [name, gradient] of Object.entries(analytic))
        for (const [i, slope] of rowMajor(gradient).entries()) {
          const [up, down] = [copy(call.inputs[name]), copy(call.inputs[name])]
          const h = 1e-5
          up.data[i] += h
          down.data[i] -= h
          const rise = scalarised({ ...call.inputs, [name]: up }) - scalarised({ ...call.inputs, [name]: down })
          const numeric = rise / (2 * h)
          expect(Math.abs(numeric - slope), `${name}[${i}]: ${slope} against ${numeric}`).toBeLessThan(
            2e-8 * Math.max(1, Math.abs(slope)),
          )
        }
    })
  })
}
