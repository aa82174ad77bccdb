import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, constant } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Law } from './law.js'
import { representable } from './profile.js'
import { at, steps } from './recurrent.js'
import {
  inner,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
  zerosSayNothing,
} from './relations.js'

const asTensor = (a: Approximation): Tensor => tensor(a.shape, a.value)

export const hiddenUnits = ({ weightHidden }: Tensors) => weightHidden.shape[1]

/** Rows of `gates` blocks of H: those of some blocks times −1. */
function negatedBlocks(x: Tensor, blocks: readonly number[], H: number): Tensor {
  const rowSize = x.size / x.shape[0]
  return tensorOf(x.shape, (i) => {
    const negative = blocks.includes(Math.floor(i / rowSize / H))
    return negative ? -rowMajor(x)[i] : rowMajor(x)[i]
  })
}

/** Inputs without weights, so that the gates are what a bias says, the same for every unit. */
export function ruledByBias(inputs: Tensors, gates: readonly number[]): Tensors {
  const { biasHidden: _, ...others } = inputs
  const H = hiddenUnits(inputs)
  return {
    ...others,
    weightInput: tensorOf(inputs.weightInput.shape, () => 0),
    weightHidden: tensorOf(inputs.weightHidden.shape, () => 0),
    biasInput: tensorOf([gates.length * H], (i) => gates[Math.floor(i / H)]),
  }
}

/** A pre-activation that opens a gate, or shuts it negated, to within every format's rounding. */
export const open = 64

/** The block of the candidate state, in LSTM and GRU alike. */
const candidate = 2

/** What LSTM and GRU have in common. */
export function sharedLaws(base: Omit<OperatorProperties, 'laws'>, gates: number): Law[] {
  const { operator } = base
  const wide = { operator, calls: base.calls('wide') }
  const rows = (inputs: Tensors) => [gates * hiddenUnits(inputs)]
  const states = ({ x, weightHidden }: Tensors) => [x.shape[1], weightHidden.shape[1]]
  const hasCell = operator === 'lstm'
  const gradient = { kind: 'gradient', backward: true } as const
  return [
    treatsSlicesAlone({
      ...wide,
      name: 'treats each sequence alone',
      inputs: { x: 1, h0: 0, c0: 0 },
      outputs: hasCell ? { hidden: 1, cell: 0 } : { hidden: 1 },
    }),
    zerosSayNothing({ ...wide, name: 'starts from zeros where no initial state is given', input: 'h0', shape: states }),
    zerosSayNothing({ ...wide, name: 'takes an input bias of zeros for none', input: 'biasInput', shape: rows }),
    zerosSayNothing({ ...wide, name: 'takes a hidden bias of zeros for none', input: 'biasHidden', shape: rows }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the input features',
      inputs: { x: 2, weightInput: 1 },
      outputs: {},
    }),
    law({
      ...wide,
      name: 'reorders its hidden units with weights, biases and initial state',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const H = hiddenUnits(inputs)
        const order = random.permutation(H)
        const inBlocks = Array.from({ length: gates }, (_, gate) => order.map((i) => gate * H + i)).flat()
        const moved: Record<string, Tensor> = { x: inputs.x }
        for (const name of ['weightInput', 'weightHidden', 'biasInput', 'biasHidden'])
          if (name in inputs) moved[name] = taken(inputs[name], 0, inBlocks)
        moved.weightHidden = taken(moved.weightHidden, 1, order)
        for (const name of ['h0', 'c0']) if (name in inputs) moved[name] = taken(inputs[name], 1, order)
        const plain = await subject.forward(inputs, attributes)
        const reordered = await subject.forward(moved, attributes)
        return Object.entries(plain).map(([name, y]) =>
          compare(`${name}, reordered,`, reordered[name], takenFrom(y, y.shape.length - 1, order)),
        )
      },
    }),
    law({
      ...wide,
      name: 'goes on from its last state as if it had never stopped',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const T = inputs.x.shape[0]
        if (T === 1) return []
        const half = random.integer(1, T - 1)
        const whole = await subject.forward(inputs, attributes)
        const first = await subject.forward({ ...inputs, x: taken(inputs.x, 0, steps(0, half)) }, attributes)
        const state = {
          h0: asTensor(at(first.hidden, half - 1)),
          ...(hasCell ? { c0: asTensor(first.cell) } : {}),
        }
        const rest = { ...inputs, ...state, x: taken(inputs.x, 0, steps(half, T)) }
        const second = await subject.forward(rest, attributes)
        return [
          compare('hidden of the first part', first.hidden, takenFrom(whole.hidden, 0, steps(0, half))),
          compare('hidden of the second part', second.hidden, takenFrom(whole.hidden, 0, steps(half, T))),
          ...(hasCell ? [compare('cell of the second part', second.cell, whole.cell)] : []),
        ]
      },
    }),
    law({
      ...wide,
      name: 'does not look into the future',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [T, N, I] = inputs.x.shape
        const from = random.integer(0, T)
        const other = wholeNumbers(inputs.x.shape, random)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(i < from * N * I ? inputs.x : other)[i])
        const plain = await subject.forward(inputs, attributes)
        const changed = await subject.forward({ ...inputs, x }, attributes)
        const earlier = (a: Approximation) => toTheBit(takenFrom(a, 0, steps(0, from)))
        return compare(`hidden before step ${from}, where x changes,`, earlier(changed.hidden), earlier(plain.hidden))
      },
    }),
    law({
      ...wide,
      name: 'changes its sign with its candidate and its initial state',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const H = hiddenUnits(inputs)
        const others = Array.from({ length: gates }, (_, gate) => gate).filter((gate) => gate !== candidate)
        // The candidate's U·h changes its sign with h; the gates stay as they are where their U does as well.
        const opposite: Record<string, Tensor> = { ...inputs }
        for (const name of ['weightInput', 'biasInput', 'biasHidden'])
          if (name in inputs) opposite[name] = negatedBlocks(inputs[name], [candidate], H)
        opposite.weightHidden = negatedBlocks(inputs.weightHidden, others, H)
        for (const name of ['h0', 'c0'])
          if (name in inputs) opposite[name] = tensorOf(inputs[name].shape, (i) => -rowMajor(inputs[name])[i])
        const plain = await subject.forward(inputs, attributes)
        const turned = await subject.forward(opposite, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`${name}, turned,`, turned[name], ledger.negate(y)))
      },
    }),
    law({
      ...wide,
      name: 'takes the input bias for the weight of a feature of ones',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [T, N, I] = inputs.x.shape
        const [R] = inputs.weightInput.shape
        const bias = inputs.biasInput ?? tensorOf([R], (i) => (i % 5) - 2)
        const { biasInput: _, ...others } = inputs
        const widened = {
          ...others,
          x: tensorOf([T, N, I + 1], (i) =>
            i % (I + 1) === I ? 1 : rowMajor(inputs.x)[Math.floor(i / (I + 1)) * I + (i % (I + 1))],
          ),
          weightInput: tensorOf([R, I + 1], (i) => {
            const [row, column] = [Math.floor(i / (I + 1)), i % (I + 1)]
            return column === I ? rowMajor(bias)[row] : rowMajor(inputs.weightInput)[row * I + column]
          }),
        }
        const plain = await subject.forward({ ...inputs, biasInput: bias }, attributes)
        const other = await subject.forward(widened, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`with a feature of ones, ${name}`, other[name], y))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives no gradient to steps after the last one that counts',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const [T, N] = inputs.x.shape
        const H = hiddenUnits(inputs)
        const from = random.integer(0, T)
        const hidden = tensorOf(gradients.hidden.shape, (i) => (i < from * N * H ? rowMajor(gradients.hidden)[i] : 0))
        const { x } = await subject.backward(inputs, attributes, { ...onlyHidden(gradients), hidden })
        const later = takenFrom(x, 0, steps(from, T))
        return compare(`∂L/∂x from step ${from} on`, later, constant(later.shape, 0))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients of x and of the input weight that agree about their product',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x, weightInput } = await subject.backward(inputs, attributes, gradients)
        return compare(
          '⟨∂L/∂weightInput, weightInput⟩ against ⟨∂L/∂x, x⟩:',
          inner(weightInput, known(inputs.weightInput)),
          inner(x, known(inputs.x)),
        )
      },
    }),
    law({
      operator,
      calls: base.calls('smooth'),
      ...gradient,
      name: 'sends its gradient back through a state as if it had never stopped',
      check: async ({ call: { inputs, attributes, gradients }, subject, profile }, random) => {
        const [T, N] = inputs.x.shape
        const H = hiddenUnits(inputs)
        if (T === 1) return []
        const half = random.integer(1, T - 1)
        const g = (from: number, to: number) => taken(gradients.hidden, 0, steps(from, to))
        const firstInputs = { ...inputs, x: taken(inputs.x, 0, steps(0, half)) }
        const first = await subject.forward(firstInputs, attributes)
        const state = {
          h0: asTensor(at(first.hidden, half - 1)),
          ...(hasCell ? { c0: asTensor(first.cell) } : {}),
        }
        const rest = { ...inputs, ...state, x: taken(inputs.x, 0, steps(half, T)) }
        const later = await subject.backward(rest, attributes, { ...gradients, hidden: g(half, T) })
        const hidden = tensorOf([half, N, H], (i) => {
          const back = i >= (half - 1) * N * H ? later.h0.value[i - (half - 1) * N * H] : 0
          return representable(profile, rowMajor(g(0, half))[i] + back)
        })
        const cell: Tensors = hasCell ? { cell: asTensor(later.c0) } : {}
        const earlier = await subject.backward(firstInputs, attributes, { hidden, ...cell })
        const whole = await subject.backward(inputs, attributes, gradients)
        return [
          compare('∂L/∂x of the first part', earlier.x, takenFrom(whole.x, 0, steps(0, half))),
          compare('∂L/∂x of the second part', later.x, takenFrom(whole.x, 0, steps(half, T))),
        ]
      },
    }),
  ]
}

/** The gradient for hidden; that for the cell zero. */
function onlyHidden({ cell, ...others }: Tensors): Tensors {
  return cell === undefined ? others : { ...others, cell: tensorOf(cell.shape, () => 0) }
}
