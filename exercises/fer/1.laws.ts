import { reshape, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'

/** Σ a⊙b. */
function inner(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

/**
 * What rounding may do to anything computed here: the number of products that a sum holds, N·O·I at most, times their
 * largest size, each rounded a few times.
 */
function allowedFor(slack: number, values: Values): number {
  const [p, W, b, G] = ['input', 'weight', 'bias', 'outputGradient'].map((name) => tensorOf(values, name))
  const items = p.size / W.shape[1]
  const entry = 1 + largest(p) * largest(W) * W.shape[1] + largest(b)
  const sums = items * W.size * (1 + largest(p)) * (1 + largest(W)) + G.size * entry
  return 16 * slack * (1 + largest(G)) * (1 + sums)
}

/** Signs that differ from entry to entry, the same every time. */
function direction(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    shape,
    Array.from({ length: size }, (_, i) => ((i * i + i) % 3 === 0 ? 1 : -1)),
  )
}

const derived = [
  ['weight', 'weightGradient'],
  ['bias', 'biasGradient'],
  ['input', 'inputGradient'],
] as const

/** The rows of a tensor with any leading dimensions. */
function rowsOf(x: Tensor, width: number): Tensor[] {
  const data = rowMajor(x)
  return Array.from({ length: x.size / width }, (_, n) => tensor([width], data.slice(n * width, (n + 1) * width)))
}

/** What holds for fer/1 whatever the layer and the batch. */
export const affineLaws: readonly ExerciseLaw[] = [
  {
    // L = Σ G⊙q is affine in each of W, b and p: the central difference is exact with any step.
    name: 'every gradient is the finite difference of the loss Σ G⊙q in a direction',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const G = tensorOf(given, 'outputGradient')
      for (const [name, gradient] of derived) {
        const x = tensorOf(given, name)
        const d = direction(x.shape)
        const loss = async (sign: 1 | -1) => {
          const moved = await solve({ ...given, [name]: zip(x, d, (value, step) => value + sign * step) })
          return inner(G, tensorOf(moved, 'affineOutput'))
        }
        const slope = ((await loss(1)) - (await loss(-1))) / 2
        const actual = inner(tensorOf(solved, gradient), d)
        expectClose(`${gradient} in a direction`, actual, slope, 8 * allowedFor(slack, given))
      }
    },
  },
  {
    name: 'a batch is a loop over its items: outputs and input gradients by item, parameter gradients added up',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [O, I] = tensorOf(given, 'weight').shape
      const gradients = rowsOf(tensorOf(given, 'outputGradient'), O)
      const allowed = allowedFor(slack, given)
      const sums = { weightGradient: new Float64Array(O * I), biasGradient: new Float64Array(O) }
      const [outputs, inputGradients] = [
        rowsOf(tensorOf(solved, 'affineOutput'), O),
        rowsOf(tensorOf(solved, 'inputGradient'), I),
      ]
      for (const [n, input] of rowsOf(tensorOf(given, 'input'), I).entries()) {
        const item = await solve({ ...given, input, outputGradient: gradients[n] })
        expectAllClose(`output ${n}`, outputs[n], tensorOf(item, 'affineOutput'), allowed)
        expectAllClose(`input gradient ${n}`, inputGradients[n], tensorOf(item, 'inputGradient'), allowed)
        for (const [name, sum] of Object.entries(sums))
          rowMajor(tensorOf(item, name)).forEach((value, i) => {
            sum[i] += value
          })
      }
      for (const [name, sum] of Object.entries(sums)) {
        const whole = tensorOf(solved, name)
        expectAllClose(name, whole, tensor(whole.shape, sum), allowed)
      }
    },
  },
  {
    name: 'gradients times parameters sum to the loss: ⟨∂L/∂W, W⟩ + ⟨∂L/∂b, b⟩ = ⟨G, q⟩, and ⟨∂L/∂W, W⟩ = ⟨∂L/∂p, p⟩',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const pair = (gradient: string, name: string) => inner(tensorOf(solved, gradient), tensorOf(given, name))
      const ofWeights = pair('weightGradient', 'weight')
      const loss = inner(tensorOf(given, 'outputGradient'), tensorOf(solved, 'affineOutput'))
      const allowed = 8 * allowedFor(slack, given) * (1 + largest(tensorOf(given, 'weight')))
      expectClose('the loss', ofWeights + pair('biasGradient', 'bias'), loss, allowed)
      expectClose('⟨∂L/∂p, p⟩', pair('inputGradient', 'input'), ofWeights, allowed)
    },
  },
  {
    name: 'how the items are arranged in the batch makes no difference to the parameters',
    async check(given, solve, slack) {
      const [solved, [O, I]] = [await solve(given), tensorOf(given, 'weight').shape]
      const reversed = (name: string, width: number) => {
        const data = rowsOf(tensorOf(given, name), width).reverse()
        const all = tensor([data.length * width], Float64Array.from(data.flatMap((row) => [...rowMajor(row)])))
        return reshape(all, [1, data.length, width])
      }
      const other = await solve({
        ...given,
        input: reversed('input', I),
        outputGradient: reversed('outputGradient', O),
      })
      for (const name of ['weightGradient', 'biasGradient'])
        expectAllClose(name, tensorOf(other, name), tensorOf(solved, name), allowedFor(slack, given))
    },
  },
]
