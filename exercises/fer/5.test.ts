import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { fromNested, map, scalar, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise5 } from './5.js'
import { type Hessian, lassoMinimum, lossAt, type Pair, ridgeMinimum } from './5.minima.js'

async function solved(given: Values, convention?: string) {
  const chosen = exercise5.conventions[0].conventions.filter(({ name }) => name === convention)
  const values = await solve(exercise5, given, oracle, { conventions: chosen })
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toNested(value)]))
}

/** The lowest point of a fine grid. */
function lowestOnGrid(total: (w: Pair) => number): Pair {
  let best: Pair = [0, 0]
  for (let i = -300; i <= 300; i++)
    for (let j = -300; j <= 300; j++) if (total([i / 100, j / 100]) < total(best)) best = [i / 100, j / 100]
  return best
}

describe('fer/5', () => {
  it('has the minima worked by hand', async () => {
    expect(await solved(defaultGiven(exercise5))).toMatchObject({
      // 1.5 − λ/2, held at 0; 3 − λ/8.
      lasso1: [1.5, 3],
      lasso2: [1, 2.875],
      lasso3: [0, 2.5],
      lasso4: [0, 0],
      // 1.5·2/(2 + 2λ); 3·8/(8 + 2λ).
      ridge1: [1.5, 3],
      ridge2: [0.75, 2.4],
      ridge3: [0.3, 1.5],
      ridge4: [0, 0],
      lassoAxis: 1,
      ridgeAxis: 1,
      // ½·2·0.5² + ½·8·0.125²; the gradient is −λ·sign(w).
      lassoLoss2: 0.3125,
      lassoGradient2: [-1, -1],
      lassoPenalty2: 3.875,
    })
  })

  it('follows the convention of the halved norm', async () => {
    // 1.5·2/(2 + λ); 3·8/(8 + λ).
    const halved = await solved(defaultGiven(exercise5), 'halved squared norm')
    expect(halved).toMatchObject({ ridge2: [1, 24 / 9], ridge3: [0.5, 2], ridgePenalty3: 2.125 })
  })

  it.each([
    [[2, 0.5, 1], [2, -1], 0.7],
    [[1, -0.6, 1], [1.5, 1.2], 0.5],
    [[3, 1, 0.5], [-0.4, 2.1], 0.3],
    [[1, 0.9, 1], [1, -1], 0.15],
  ] as const)('finds the lowest point of a grid: H = %j, w* = %j, λ = %d', (entries, optimum, lambda) => {
    const hessian: Hessian = entries
    const of = (norm: (w: Pair) => number) => (w: Pair) => lossAt(hessian, optimum, w) + lambda * norm(w)
    const lasso = of(([x, y]) => Math.abs(x) + Math.abs(y))
    const ridge = of(([x, y]) => x * x + y * y)
    for (const [total, found] of [
      [lasso, lassoMinimum(hessian, optimum, lambda)],
      [ridge, ridgeMinimum(hessian, optimum, lambda)],
    ] as const) {
      const [x, y] = lowestOnGrid(total)
      expect(total(found)).toBeLessThanOrEqual(total([x, y]))
      // Within a step of the grid, and its widening along the flatter direction.
      expect(Math.hypot(found[0] - x, found[1] - y)).toBeLessThan(0.03)
    }
  })

  it('draws the contours through the minima, and a path from w* to 0', async () => {
    const values = await solve(exercise5, defaultGiven(exercise5), oracle)
    const pictures = exercise5.pictures?.(values) ?? []
    expect(pictures.map(({ kind }) => kind)).toEqual(['plane', 'plane'])
    for (const picture of pictures) {
      if (picture.kind !== 'plane') continue
      const [{ points }] = picture.paths
      expect([points[0], points.at(-1)]).toEqual([
        [1.5, 3],
        [0, 0],
      ])
      expect(picture.points.map(({ name }) => name)).toEqual(['w₁ (λ = 0)', 'w₂ (λ = 1)', 'w₃ (λ = 4)', 'w₄ (λ = ∞)'])
    }
    // ½·2·0.5² + ½·8·0.125², ½·2·1.5² + ½·8·0.5², ½·2·1.5² + ½·8·3².
    expect(pictures[0].kind === 'plane' && pictures[0].contours[0].levels).toEqual([0.3125, 3.25, 38.25])
  })

  it.each([
    [0, 'ridge2', 'L2 minimum'],
    [1, 'lasso2', 'L1 minimum'],
    [2, 'ridgeLoss3', 'loss'],
    [3, 'lassoPenalty3', 'norm'],
    [4, 'ridge1', 'start of the path'],
    [5, 'ridge3', 'closed form'],
    [7, 'lasso2', 'symmetry'],
  ])('law %i breaks where %s is wrong (%s)', async (i, target) => {
    const given: Values = {
      ...defaultGiven(exercise5),
      hessian: fromNested([
        [2, 1],
        [1, 8],
      ]),
    }
    const wrong = async (values: Values): Promise<Values> => {
      const right = await solve(exercise5, values, oracle)
      return solve(exercise5, values, oracle, { replaced: { [target]: map(right[target], (w) => 1.5 * w + 0.25) } })
    }
    await expect(exercise5.laws[i].check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should/)
  })

  it('law 6 breaks where the steeper axis moves more', async () => {
    const wrong = (values: Values) =>
      solve(exercise5, values, oracle, { replaced: { ridge2: tensor([2], [1.5, 0.5]) } })
    await expect(
      exercise5.laws[6].check({ ...defaultGiven(exercise5), lambda2: scalar(0.5) }, wrong, 2 ** -52, oracle.operators),
    ).rejects.toThrow(/it should move more/)
  })
})
