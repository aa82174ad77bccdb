import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, elementwise, pick, run } from './layout.js'

export function localResponseNorm(arithmetic: EmulatedArithmetic): Operator {
  const { add, multiply, divide } = {
    add: arithmetic.add.bind(arithmetic),
    multiply: arithmetic.multiply.bind(arithmetic),
    divide: arithmetic.divide.bind(arithmetic),
  }
  /** The places of the neighbours of each entry of x[N,C,H,W], itself among them. */
  const neighbours = (x: Tensor, size: number) => {
    const [, C, H, W] = x.shape
    return (place: number) => {
      const channel = Math.floor(place / (H * W)) % C
      return run(-(size - 1) / 2, size)
        .filter((offset) => channel + offset >= 0 && channel + offset < C)
        .map((offset) => place + offset * H * W)
    }
  }
  const share = ({ alpha, size }: Attributes) => divide(arithmetic.round(Number(alpha)), Number(size))
  const power = (D: number, beta: number) => arithmetic.exp(multiply(beta, arithmetic.log(D)))
  const denominators = (x: Tensor, attributes: Attributes) => {
    const near = neighbours(x, Number(attributes.size))
    const data = rowMajor(x)
    return build(x.shape, (place) => {
      const values = pick(data, near(place))
      return add(arithmetic.round(Number(attributes.k)), multiply(share(attributes), arithmetic.dot(values, values)))
    })
  }
  return {
    forward({ x }, attributes) {
      const beta = Number(attributes.beta)
      return {
        y: elementwise([x, denominators(x, attributes)], (value, D) =>
          arithmetic.options.formulation === 'textbook'
            ? divide(value, power(D, beta))
            : multiply(value, power(D, -beta)),
        ),
      }
    },
    backward({ x }, attributes, { y }) {
      const beta = Number(attributes.beta)
      const near = neighbours(x, Number(attributes.size))
      const D = denominators(x, attributes)
      const shares = elementwise([x, y, D], (value, g, d) => divide(multiply(g, value), multiply(power(d, beta), d)))
      const [data, g, d] = [rowMajor(x), rowMajor(y), rowMajor(D)]
      return {
        x: build(x.shape, (place) => {
          const others = arithmetic.sum(pick(rowMajor(shares), near(place)))
          const taken = multiply(multiply(2 * beta, share(attributes)), multiply(data[place], others))
          return arithmetic.subtract(divide(g[place], power(d[place], beta)), taken)
        }),
      }
    },
  }
}

export function dropout(arithmetic: EmulatedArithmetic): Operator {
  const kept = (x: Tensor, mask: Tensor, p: number) => {
    const share = arithmetic.subtract(1, p)
    return elementwise([x, mask], (value, bit) =>
      arithmetic.options.formulation === 'textbook'
        ? arithmetic.divide(arithmetic.multiply(value, bit), share)
        : arithmetic.multiply(value, arithmetic.divide(bit, share)),
    )
  }
  return {
    forward: ({ x, mask }, { p }) => ({ y: kept(x, mask, Number(p)) }),
    backward: ({ mask }, { p }, { y }) => ({ x: kept(y, mask, Number(p)) }),
  }
}
