import type { Precision } from '../../oracle/contract.js'
import { formats, roundTo } from '../../properties/precision.js'

/** How an honest platform computes: everything that a correct implementation is free to choose. */
export interface ArithmeticOptions {
  readonly precision: Precision
  /** Whether sums are kept in the next wider precision and rounded once at the end. */
  readonly accumulate: 'same' | 'wider'
  readonly order: 'natural' | 'reversed' | 'pairwise' | 'shuffled'
  /** Whether a product is added to a sum with one rounding instead of two. */
  readonly fused: boolean
  /** Whether subnormal operands and results become 0. */
  readonly flushesSubnormals: boolean
  /**
   * Elementary functions and division: correctly rounded; or as far off as the WebGPU Shading Language (section 15.7.4)
   * lets them be, always upwards (`largest`) or by any amount up to that (`scattered`).
   */
  readonly functions: 'rounded' | 'largest' | 'scattered'
  /** The textbook's formulas, or others that equal them: σ from the smaller exponential, softmax as e^(x − log Σe^x). */
  readonly formulation: 'textbook' | 'logarithmic'
  /** Decides the shuffled order and the scattered errors. */
  readonly seed: number
}

const wider: Readonly<Record<Precision, Precision>> = {
  bfloat16: 'float32',
  float16: 'float32',
  float32: 'float64',
  float64: 'float64',
}

/** Scalar arithmetic that rounds as the options say. Operands are numbers of its precision. */
export class EmulatedArithmetic {
  readonly options: ArithmeticOptions
  private readonly accumulator: Precision
  private readonly orders = new Map<number, readonly number[]>()

  constructor(options: ArithmeticOptions) {
    this.options = options
    this.accumulator = options.accumulate === 'wider' ? wider[options.precision] : options.precision
  }

  round(x: number): number {
    return this.roundIn(this.options.precision, x)
  }

  add(a: number, b: number): number {
    return this.round(a + b)
  }

  subtract(a: number, b: number): number {
    return this.round(a - b)
  }

  multiply(a: number, b: number): number {
    return this.round(a * b)
  }

  divide(a: number, b: number): number {
    return this.inexact('divide', a / b, a + 31 * b, 2.5)
  }

  exp(x: number): number {
    return this.inexact('exp', Math.exp(x), x, 3 + 2 * Math.abs(x))
  }

  log(x: number): number {
    const y = Math.log(x)
    return x >= 0.5 && x <= 2
      ? this.offBy('log', y, x, 2 ** 3 * formats[this.options.precision].unitRoundoff)
      : this.inexact('log', y, x, 3)
  }

  sqrt(x: number): number {
    return this.inexact('sqrt', Math.sqrt(x), x, 4.5)
  }

  tanh(x: number): number {
    return this.offBy('tanh', Math.tanh(x), x, Math.max(1e-5, 40 * formats[this.options.precision].unitRoundoff))
  }

  /** The sum of the terms, in the order and precision of the options. */
  sum(terms: ArrayLike<number>): number {
    return this.dot(terms, undefined)
  }

  /** Σ aᵢ·bᵢ; Σ aᵢ without b. */
  dot(a: ArrayLike<number>, b: ArrayLike<number> | undefined): number {
    const keep = (x: number) => this.roundIn(this.accumulator, x)
    const order = this.orderOf(a.length)
    const term = (i: number) => (b === undefined ? a[order[i]] : a[order[i]] * b[order[i]])
    if (this.options.order === 'pairwise') {
      const halves = (from: number, to: number): number => {
        if (to - from === 1) return keep(term(from))
        const middle = (from + to) >> 1
        return keep(halves(from, middle) + halves(middle, to))
      }
      return a.length === 0 ? 0 : this.round(halves(0, a.length))
    }
    let total = 0
    for (let i = 0; i < a.length; i++) total = keep(total + (this.options.fused ? term(i) : keep(term(i))))
    return this.round(total)
  }

  private roundIn(precision: Precision, x: number): number {
    const rounded = roundTo(precision, x)
    return this.options.flushesSubnormals && Math.abs(rounded) < formats[precision].smallestNormal ? 0 : rounded
  }

  private orderOf(length: number): readonly number[] {
    const known = this.orders.get(length)
    if (known !== undefined) return known
    const order = Array.from({ length }, (_, i) => i)
    if (this.options.order === 'reversed') order.reverse()
    if (this.options.order === 'shuffled')
      for (let i = length - 1; i > 0; i--) {
        const j = Math.floor(((hash(this.options.seed, i) + 1) / 2) * (i + 1)) % (i + 1)
        ;[order[i], order[j]] = [order[j], order[i]]
      }
    this.orders.set(length, order)
    return order
  }

  /** A result that may be off by some units in the last place. */
  private inexact(name: string, result: number, argument: number, ulps: number): number {
    const { unitRoundoff, smallestSubnormal } = formats[this.options.precision]
    const ulp = Math.max(2 * unitRoundoff * 2 ** Math.floor(Math.log2(Math.abs(result))), smallestSubnormal)
    return this.offBy(name, result, argument, Number.isFinite(ulp) ? ulps * ulp : 0)
  }

  /** A result that may be off by this much. A function is a function: the same argument always has the same error. */
  private offBy(name: string, result: number, argument: number, error: number): number {
    const { functions, seed } = this.options
    if (functions === 'rounded' || result === 0) return this.round(result)
    const share = functions === 'largest' ? 1 : hash(seed + name.length, argument)
    // What is left of the error after the result has been rounded into the format.
    return this.round(result + share * error * 0.8)
  }
}

const bits = new DataView(new ArrayBuffer(8))

/** A number in [−1, 1) that depends on all bits of both arguments. */
function hash(seed: number, x: number): number {
  bits.setFloat64(0, x)
  let h =
    Math.imul(bits.getInt32(0) ^ Math.imul(bits.getInt32(4), 0x9e3779b1), 0x85ebca6b) ^ Math.imul(seed, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1
}
