import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { item, rowMajor, scalar, tensor } from '../oracle/tensor.js'
import type { Operators } from './exercise.js'
import { exercises } from './index.js'
import {
  Adam,
  Descent,
  gradientsOf,
  lossChart,
  minibatches,
  type Parameters as NamedTensors,
  type Optimizer,
  randomNumbers,
  rowsOf,
  shuffled,
  summed,
} from './training.js'

const { operators } = oracle

/** Trainings of two sides against each other: the loss of one may rise because the other learns. */
const contests: ReadonlySet<string> = new Set(['ntua/2.2'])

const trainings = exercises.flatMap(({ id, trainings = [] }) =>
  trainings.map((training) => [`${id}: ${training.name}`, training, contests.has(id)] as const),
)

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

/** The operators with a count of all calls. */
function counting(): { readonly operators: Operators; calls(): number } {
  let calls = 0
  const counted = Object.entries(operators).map(([name, operator]) => {
    const { forward, backward } = operator
    return [
      name,
      {
        forward: (...call: Parameters<typeof forward>) => {
          calls++
          return forward(...call)
        },
        ...(backward !== undefined && {
          backward: (...call: Parameters<typeof backward>) => {
            calls++
            return backward(...call)
          },
        }),
      },
    ] as const
  })
  return { operators: Object.fromEntries(counted), calls: () => calls }
}

describe.each(trainings)('training %s', (_, training, isContest) => {
  it('lowers its loss in 50 steps, unless it is a contest', async () => {
    const losses = (await training.losses(operators, 50)).map(item)
    expect(losses.length).toBe(50)
    expect(losses.every(Number.isFinite)).toBe(true)
    if (!isContest) expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)))
  })

  it('begins the same way however many steps it takes, and every time', async () => {
    const [short, long] = [await training.losses(operators, 3), await training.losses(operators, 6)]
    expect(short.map(item)).toEqual(long.slice(0, 3).map(item))
  })

  it('takes at most 150 calls of operators a step', async () => {
    const [few, more] = [counting(), counting()]
    await training.losses(few.operators, 2)
    await training.losses(more.operators, 4)
    expect((more.calls() - few.calls()) / 2).toBeLessThanOrEqual(150)
  })
})

/** Minimises Σ (x − c)²·k by a number of steps. */
async function minimised(begin: (x: ReturnType<typeof scalar>) => Optimizer, steps: number): Promise<number> {
  const optimizer = begin(scalar(3))
  for (let i = 0; i < steps; i++) {
    const x = item(optimizer.parameters.x)
    await optimizer.step({ x: scalar(2 * (x - 1)) }, operators)
  }
  return item(optimizer.parameters.x)
}

describe('optimizers', () => {
  it('go to the minimum of a parabola', async () => {
    expect(await minimised((x) => new Descent({ x }, { learningRate: 0.1, momentum: 0 }), 100)).toBeCloseTo(1, 8)
    expect(await minimised((x) => new Adam({ x }, { learningRate: 0.1 }), 1000)).toBeCloseTo(1, 3)
  })

  it('leave parameters without a gradient as they are', async () => {
    for (const optimizer of [
      new Descent({ x: scalar(1), y: scalar(2) }, { learningRate: 0.1, momentum: 0.9 }),
      new Adam({ x: scalar(1), y: scalar(2) }, { learningRate: 0.1 }),
    ]) {
      const { y } = optimizer.parameters
      await optimizer.step({ x: scalar(1) }, operators)
      expect(optimizer.parameters.y).toBe(y)
      expect(item(optimizer.parameters.x)).toBeLessThan(1)
    }
  })

  it('take a first step of Adam of the learning rate, whatever the size of the gradient', async () => {
    for (const slope of [1e-3, 1, 1e3]) {
      const adam = new Adam({ x: scalar(0) }, { learningRate: 0.25, epsilon: 1e-12 })
      await adam.step({ x: scalar(slope) }, operators)
      expect(item(adam.parameters.x)).toBeCloseTo(-0.25, 6)
    }
  })

  it('steps with gradients of several batches added up as with those of one batch', async () => {
    const parts: readonly NamedTensors[] = [
      { x: scalar(1) },
      { x: scalar(2), y: tensor([2], [1, 1]) },
      { y: tensor([2], [0, 3]) },
    ]
    const sums = summed(parts)
    expect(item(sums.x)).toBe(3)
    expect([...rowMajor(sums.y)]).toEqual([1, 4])
  })
})

describe('minibatches', () => {
  it('takes every index once an epoch, in an order of its own', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1 }),
        (count, size, seed) => {
          const batches = minibatches(count, size, randomNumbers(seed))
          for (let epoch = 0; epoch < 3; epoch++) {
            const taken: number[] = []
            while (taken.length < count) {
              const batch = batches.next().value
              expect(batch.length).toBeLessThanOrEqual(size)
              taken.push(...batch)
            }
            expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
          }
        },
      ),
    )
  })

  it('is in another order for another seed, and in the same for the same', () => {
    expect(shuffled(20, randomNumbers(1))).toEqual(shuffled(20, randomNumbers(1)))
    expect(shuffled(20, randomNumbers(1))).not.toEqual(shuffled(20, randomNumbers(2)))
  })

  it('picks rows of matrices, elements of vectors, also of views', () => {
    const x = tensor([3, 2], [1, 2, 3, 4, 5, 6])
    expect([...rowMajor(rowsOf(x, [2, 0]))]).toEqual([5, 6, 1, 2])
    expect([...rowMajor(rowsOf(x.transpose(1, 0), [1]))]).toEqual([2, 4, 6])
    expect([...rowMajor(rowsOf(tensor([3], [7, 8, 9]), [1, 1]))]).toEqual([8, 8])
  })
})

describe('helpers of training', () => {
  it('get all gradients of a call from one backward pass, and say so where there is none', async () => {
    const call = { a: tensor([1, 2], [1, 2]), b: tensor([2, 1], [3, 4]) }
    const { a, b } = await gradientsOf(operators, 'matmul', call, { y: tensor([1, 1], [1]) })
    expect([...rowMajor(a), ...rowMajor(b)]).toEqual([3, 4, 1, 2])
    await expect(gradientsOf(operators, 'oneHot', {}, {})).rejects.toThrow('oneHot has no backward pass')
  })

  it('draw a line a training, a point a step', () => {
    const chart = lossChart('losses', { one: [3, 2], other: [4] })
    expect(chart.lines).toEqual([
      {
        name: 'one',
        points: [
          [0, 3],
          [1, 2],
        ],
      },
      { name: 'other', points: [[0, 4]] },
    ])
  })
})
