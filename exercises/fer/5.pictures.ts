import { numberOf, tensorOf } from '../computation.js'
import type { Values } from '../exercise.js'
import { type Picture, sampled } from '../picture.js'
import { hessianOf, lassoLimit, lossAt, type Pair, pairOf } from './5.minima.js'
import { type Penalty, penalties } from './5.quantities.js'

const norms = {
  1: (x: number, y: number) => Math.abs(x) + Math.abs(y),
  2: (x: number, y: number) => x * x + y * y,
} as const

/** The minima from λ = 0 on: 80 factors, each the double of one a few before it, and 0 at the end. */
function pathOf(values: Values, penalty: Penalty): readonly Pair[] {
  const limit = lassoLimit(hessianOf(tensorOf(values, 'hessian')), pairOf(tensorOf(values, 'optimum')))
  const factors = Array.from({ length: 80 }, (_, k) => (limit || 1) * 2 ** ((k - 60) / 4))
  return [
    pairOf(tensorOf(values, 'optimum')),
    ...factors.map((lambda) => penalty.minimum(values, lambda)),
    ...(penalty.norm === 1
      ? [[0, 0] as const]
      : factors.map((lambda) => penalty.minimum(values, 32 * lambda)).slice(-8)),
    [0, 0],
  ]
}

/** A range that holds 0 and the points, with a margin. */
function rangeOf(numbers: readonly number[]): readonly [number, number] {
  const [least, most] = [Math.min(0, ...numbers), Math.max(0, ...numbers)]
  const margin = Math.max(1, 0.3 * (most - least))
  return [least - margin, most + margin]
}

/** For each norm a plane: the contours of J and of the norm through the minima, and the path that they move on. */
export function regularisationPictures(values: Values): readonly Picture[] {
  const [hessian, optimum] = [hessianOf(tensorOf(values, 'hessian')), pairOf(tensorOf(values, 'optimum'))]
  return penalties.map((penalty): Picture => {
    const points = [1, 2, 3, 4].map((i) => pairOf(tensorOf(values, `${penalty.prefix}${i}`)))
    const path = pathOf(values, penalty)
    const norm = norms[penalty.norm]
    const ranges = {
      xRange: rangeOf([...points, ...path].map(([x]) => x)),
      yRange: rangeOf([...points, ...path].map(([, y]) => y)),
    }
    const levels = (of: (point: Pair) => number, among: readonly Pair[]) =>
      [...new Set(among.map(of))].filter((level) => level > 0).sort((a, b) => a - b)
    return {
      kind: 'plane',
      title: `Contours of J and of the ${penalty.stage} norm, and the path of the minima`,
      x: { title: 'first axis' },
      y: { title: 'second axis' },
      ...ranges,
      contours: [
        {
          name: 'J',
          levels: levels((point) => lossAt(hessian, optimum, point), points.slice(1)),
          values: sampled(ranges, (x, y) => lossAt(hessian, optimum, [x, y])),
        },
        {
          name: `Ω (${penalty.stage})`,
          levels: levels(([x, y]) => norm(x, y), points.slice(0, 3)),
          values: sampled(ranges, norm),
        },
      ],
      paths: [{ name: 'minima of J + λΩ', points: path }],
      points: points.map((at, i) => ({
        name: [
          'w₁ (λ = 0)',
          `w₂ (λ = ${numberOf(values, 'lambda2')})`,
          `w₃ (λ = ${numberOf(values, 'lambda3')})`,
          'w₄ (λ = ∞)',
        ][i],
        at,
      })),
      rectangles: [],
    }
  })
}
