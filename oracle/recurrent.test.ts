import { describe, expect, it } from 'vitest'
import { gru, gruResetBefore } from './gru.js'
import { lstm, rnn } from './recurrent.js'
import { copy, fromNested, rowMajor, type Tensor, type Tensors, tensor } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

function network(gates: number, [T, N, I, H]: readonly number[], withOptional: boolean): Tensors {
  const random = new Random(gates)
  return {
    x: random.tensor([T, N, I]),
    weightInput: random.tensor([gates * H, I]),
    weightHidden: random.tensor([gates * H, H]),
    ...(withOptional
      ? {
          h0: random.tensor([N, H]),
          biasInput: random.tensor([gates * H]),
          biasHidden: random.tensor([gates * H]),
          ...(gates === 4 ? { c0: random.tensor([N, H]) } : {}),
        }
      : {}),
  }
}

const sizes = [3, 2, 3, 2]
const calls: readonly Call[] = [
  ...['tanh', 'relu', 'identity'].map((activation) => ({
    operator: 'rnn',
    inputs: network(1, sizes, activation === 'tanh'),
    attributes: { activation },
  })),
  { operator: 'lstm', inputs: network(4, sizes, true), attributes: {} },
  { operator: 'lstm', inputs: network(4, [1, 1, 1, 1], false), attributes: {} },
  { operator: 'gru', inputs: network(3, sizes, true), attributes: {} },
  { operator: 'gru', inputs: network(3, [1, 1, 1, 1], false), attributes: {} },
  { operator: 'gruResetBefore', inputs: network(3, sizes, true), attributes: {} },
  { operator: 'gruResetBefore', inputs: network(3, [1, 1, 1, 1], false), attributes: {} },
]
describeCalls([rnn, lstm, gru, gruResetBefore], calls)

const sigma = (x: number) => 1 / (1 + Math.exp(-x))

/** Row `row` of W·x + b for one sequence, by the definition. */
function affine(weight: Tensor, bias: Tensor, row: number, entries: readonly number[]): number {
  return entries.reduce((sum, entry, i) => sum + weight.get(row, i) * entry, bias.get(row))
}

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(1e-14 * Math.max(1, Math.abs(expected)))
}

describe('second formulations', () => {
  it('lstm follows the equations of a cell, unit by unit', () => {
    const inputs = network(4, [4, 2, 3, 2], true)
    const { hidden, cell } = lstm.forward(inputs)
    for (let n = 0; n < 2; n++) {
      let h = [0, 1].map((j) => inputs.h0.get(n, j))
      let c = [0, 1].map((j) => inputs.c0.get(n, j))
      for (let t = 0; t < 4; t++) {
        const x = [0, 1, 2].map((i) => inputs.x.get(t, n, i))
        const a = Array.from(
          { length: 8 },
          (_, row) =>
            affine(inputs.weightInput, inputs.biasInput, row, x) +
            affine(inputs.weightHidden, inputs.biasHidden, row, h),
        )
        c = c.map((old, j) => sigma(a[2 + j]) * old + sigma(a[j]) * Math.tanh(a[4 + j]))
        h = c.map((value, j) => sigma(a[6 + j]) * Math.tanh(value))
        for (const j of [0, 1]) expectClose(hidden.get(t, n, j), h[j])
      }
      for (const j of [0, 1]) expectClose(cell.get(n, j), c[j])
    }
  })

  it('gru follows the equations of a cell, unit by unit', () => {
    const inputs = network(3, [4, 2, 3, 2], true)
    const { hidden } = gru.forward(inputs)
    for (let n = 0; n < 2; n++) {
      let h = [0, 1].map((j) => inputs.h0.get(n, j))
      for (let t = 0; t < 4; t++) {
        const x = [0, 1, 2].map((i) => inputs.x.get(t, n, i))
        const rows = Array.from({ length: 6 }, (_, row) => row)
        const a = rows.map((row) => affine(inputs.weightInput, inputs.biasInput, row, x))
        const u = rows.map((row) => affine(inputs.weightHidden, inputs.biasHidden, row, h))
        h = h.map((old, j) => {
          const z = sigma(a[2 + j] + u[2 + j])
          return (1 - z) * Math.tanh(a[4 + j] + sigma(a[j] + u[j]) * u[4 + j]) + z * old
        })
        for (const j of [0, 1]) expectClose(hidden.get(t, n, j), h[j])
      }
    }
  })

  it('gruResetBefore follows the equations of a cell, unit by unit', () => {
    const inputs = network(3, [4, 2, 3, 2], true)
    const { hidden } = gruResetBefore.forward(inputs)
    for (let n = 0; n < 2; n++) {
      let h = [0, 1].map((j) => inputs.h0.get(n, j))
      for (let t = 0; t < 4; t++) {
        const x = [0, 1, 2].map((i) => inputs.x.get(t, n, i))
        const a = Array.from({ length: 6 }, (_, row) => affine(inputs.weightInput, inputs.biasInput, row, x))
        const gate = (row: number) => sigma(a[row] + affine(inputs.weightHidden, inputs.biasHidden, row, h))
        const kept = h.map((old, j) => gate(j) * old)
        h = h.map((old, j) => {
          const z = gate(2 + j)
          const candidate = Math.tanh(a[4 + j] + affine(inputs.weightHidden, inputs.biasHidden, 4 + j, kept))
          return (1 - z) * candidate + z * old
        })
        for (const j of [0, 1]) expectClose(hidden.get(t, n, j), h[j])
      }
    }
  })

  it('both GRUs are one where there is one hidden unit and no hidden bias', () => {
    const { biasHidden: _, ...inputs } = network(3, [4, 2, 3, 1], true)
    const [before, after] = [gruResetBefore, gru].map((operator) => operator.forward(inputs).hidden)
    for (let t = 0; t < 4; t++) for (const n of [0, 1]) expectClose(before.get(t, n, 0), after.get(t, n, 0))
  })

  it.each([
    [rnn, 1],
    [gru, 3],
    [gruResetBefore, 3],
    [lstm, 4],
  ])('a sequence run in two parts gives the same as in one', (operator, gates) => {
    const inputs = network(gates, [5, 2, 3, 2], true)
    const whole = operator.forward(inputs)
    const first = operator.forward({ ...inputs, x: inputs.x.hi(2, -1, -1) })
    const { c0, ...rest } = inputs
    const second = operator.forward({
      ...rest,
      x: inputs.x.lo(2),
      h0: first.hidden.pick(1, -1, -1),
      ...(c0 === undefined ? {} : { c0: first.cell }),
    })
    expect([...rowMajor(first.hidden), ...rowMajor(second.hidden)]).toEqual([...rowMajor(whole.hidden)])
  })
})

describe('values worked by hand', () => {
  it('an lstm with all weights 0 halves its cell at every step', () => {
    const inputs = {
      x: tensor([2, 1, 1], [3, -5]),
      c0: fromNested([[1]]),
      weightInput: tensor([4, 1], [0, 0, 0, 0]),
      weightHidden: tensor([4, 1], [0, 0, 0, 0]),
    }
    const { hidden, cell } = lstm.forward(inputs)
    expect(cell.get(0, 0)).toBe(0.25)
    expectClose(hidden.get(0, 0, 0), 0.5 * Math.tanh(0.5))
    expectClose(hidden.get(1, 0, 0), 0.5 * Math.tanh(0.25))
  })

  it('gruResetBefore gates the state, unit by unit, before U mixes it', () => {
    // z = 0 and r = (1, 0): of h₀ = (0.5, 0.25) the candidate's U meets (0.5, 0), and exchanges the two.
    const inputs = {
      x: tensor([1, 1, 1], [1]),
      h0: fromNested([[0.5, 0.25]]),
      weightInput: tensor([6, 1], [0, 0, 0, 0, 0, 0]),
      weightHidden: fromNested([
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 1],
        [1, 0],
      ]),
      biasInput: fromNested([800, -800, -800, -800, 0, 0]),
    }
    const { hidden } = gruResetBefore.forward(inputs)
    expectClose(hidden.get(0, 0, 0), 0)
    expectClose(hidden.get(0, 0, 1), Math.tanh(0.5))
    const gradients = gruResetBefore.backward?.(inputs, {}, { hidden: tensor([1, 1, 2], [1, 1]) })
    expectClose(gradients?.weightHidden.get(4, 0) ?? Number.NaN, 0.5)
    expectClose(gradients?.weightHidden.get(4, 1) ?? Number.NaN, 0)
    expectClose(gradients?.h0.get(0, 0) ?? Number.NaN, 1 - Math.tanh(0.5) ** 2)
    expectClose(gradients?.h0.get(0, 1) ?? Number.NaN, 0)
  })

  it('a gru whose update gate is shut tight passes its state on unchanged, gradient included', () => {
    const inputs = {
      x: tensor([2, 1, 1], [3, -5]),
      h0: fromNested([[0.7]]),
      weightInput: tensor([3, 1], [0, 0, 0]),
      weightHidden: tensor([3, 1], [0, 0, 0]),
      biasInput: fromNested([0, 800, 0]),
    }
    expect([...rowMajor(gru.forward(inputs).hidden)]).toEqual([0.7, 0.7])
    const gradient = gru.backward?.(inputs, {}, { hidden: tensor([2, 1, 1], [0, 1]) })
    expect(gradient?.h0.get(0, 0)).toBe(1)
  })
})

describe('extreme inputs', () => {
  it.each([
    [lstm, 4],
    [gru, 3],
    [gruResetBefore, 3],
    [rnn, 1],
  ])('pre-activations of 1e300 give finite states and gradients', (operator, gates) => {
    const inputs = network(gates, [3, 2, 2, 2], true)
    const large = copy(inputs.x)
    for (let i = 0; i < large.size; i++) large.data[i] *= 1e300
    const outputs = operator.forward({ ...inputs, x: large })
    const results = operator.backward?.({ ...inputs, x: large }, {}, { hidden: outputs.hidden }) ?? {}
    for (const result of [...Object.values(outputs), ...Object.values(results)])
      expect(rowMajor(result).every(Number.isFinite)).toBe(true)
  })
})

describe('refusals', () => {
  const refused = (operator: typeof rnn, inputs: Tensors) => () => operator.forward(inputs)
  it.each([
    [
      'weights for three gates',
      refused(lstm, { ...network(4, sizes, false), weightInput: tensor([6, 3], new Float64Array(18)) }),
      'lstm: weightInput has 6 hidden units, weightHidden has 2; it should have 8 (4H)',
    ],
    [
      'a cell for another number of sequences',
      refused(lstm, { ...network(4, sizes, false), c0: tensor([1, 2], [0, 0]) }),
      'lstm: c0 has 1 sequences, x has 2',
    ],
    [
      'a cell for a gru',
      refused(gru, { ...network(3, sizes, false), c0: tensor([2, 2], [0, 0, 0, 0]) }),
      'gru: unknown input c0; known: x, h0, weightInput, weightHidden, biasInput, biasHidden',
    ],
    [
      'a bias for two gates',
      refused(gru, { ...network(3, sizes, false), biasHidden: tensor([4], [0, 0, 0, 0]) }),
      'gru: biasHidden has 4 hidden units, weightHidden has 2; it should have 6 (3H)',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})
