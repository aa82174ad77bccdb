import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, rowMajor, scalar, toNested, zip } from '../../oracle/tensor.js'
import { defaultGiven, solve } from '../exercise.js'
import { Descent, normalTensor, randomNumbers } from '../training.js'
import { countingBackward } from './transfer.counting.js'
import { transfer } from './transfer.js'
import { initialNetwork, logitsOf, TransferTraining, transferPass } from './transfer.network.js'
import { classes, inputSize, taskPair } from './transfer.tasks.js'

const { operators } = oracle
const given = defaultGiven(transfer)

describe('lecture/transfer', () => {
  it('has the lecture’s 4096 features of an AlexNet, three new classes and 1000 old ones', async () => {
    const { classifierParameters, removedParameters } = await solve(transfer, given, oracle)
    expect(item(classifierParameters)).toBe(4096 * 3 + 3)
    expect(item(removedParameters)).toBe(4096 * 1000 + 1000)
  })

  it('has the gradients of finite differences of its loss', async () => {
    const solved = await solve(transfer, given, oracle)
    for (const layer of [1, 2, 3]) {
      const weights = given[`W${layer}`]
      for (const [i, slope] of rowMajor(solved[`gradient${layer}`]).entries()) {
        const lossAt = async (step: number) => {
          const moved = copy(weights)
          moved.data[i] += step
          return item((await solve(transfer, { ...given, [`W${layer}`]: moved }, oracle)).loss)
        }
        expect(((await lossAt(1e-6)) - (await lossAt(-1e-6))) / 2e-6).toBeCloseTo(slope, 8)
      }
    }
  })

  it('moves what each way trains and nothing else', async () => {
    const solved = await solve(transfer, given, oracle)
    const same = (name: string, layer: number) =>
      JSON.stringify(toNested(solved[name])) === JSON.stringify(toNested(given[`W${layer}`]))
    expect(['frozenW1', 'frozenW2', 'lastW1'].every((name) => same(name, Number(name.slice(-1))))).toBe(true)
    expect(['lastW2', 'allW1', 'allW2', 'newW3'].some((name) => same(name, Number(name.slice(-1))))).toBe(false)
    // η′ = η/5.
    const [last, all] = ['lastW2', 'allW2'].map((name) => zip(solved[name], given.W2, (a, b) => a - b))
    for (const [i, moved] of rowMajor(last).entries()) expect(moved).toBeCloseTo(5 * rowMajor(all)[i], 12)
  })

  it('leaves the loss as it is where nothing moves', async () => {
    const still = await solve(transfer, { ...given, rate: scalar(0), smallRate: scalar(0) }, oracle)
    for (const name of ['frozenLoss', 'lastLoss', 'allLoss']) expect(item(still[name])).toBe(item(still.loss))
  })
})

describe('the network of the transfer experiment', () => {
  const random = randomNumbers(8)
  const parameters = initialNetwork([3, 4, 4, 2], random)
  const examples = { inputs: normalTensor([5, 3], 1, random), labels: [0, 1, 1, 0, 1] }

  it('has the gradients of finite differences, and for frozen layers none', async () => {
    const { gradients } = await transferPass(parameters, examples, 'all', operators)
    for (const [name, x] of Object.entries(parameters)) {
      const direction = normalTensor(x.shape, 1, random)
      const lossAt = async (step: number) => {
        const moved = { ...parameters, [name]: zip(x, direction, (p, d) => p + step * d) }
        return item((await transferPass(moved, examples, 'all', operators)).loss)
      }
      const slope = rowMajor(gradients[name]).reduce((sum, g, i) => sum + g * rowMajor(direction)[i], 0)
      expect(((await lossAt(1e-6)) - (await lossAt(-1e-6))) / 2e-6).toBeCloseTo(slope, 7)
    }
    expect(Object.keys((await transferPass(parameters, examples, 'frozen', operators)).gradients)).toEqual([
      'weight3',
      'bias3',
    ])
  })

  it('calls two backward passes more for each layer that is trained', async () => {
    for (const [strategy, calls] of [
      ['frozen', 2],
      ['last', 4],
      ['all', 6],
    ] as const) {
      const counted = countingBackward(operators)
      await transferPass(parameters, examples, strategy, counted.operators)
      expect([strategy, counted.calls()]).toEqual([strategy, calls])
    }
  })

  it('keeps frozen parameters the very same through many steps', async () => {
    const training = new TransferTraining(
      parameters,
      'last',
      (own) => new Descent(own, { learningRate: 0.1, momentum: 0.9 }),
    )
    for (let i = 0; i < 20; i++) await training.step(examples, operators)
    const moved = Object.keys(parameters).filter((name) => training.parameters[name] !== parameters[name])
    expect(moved.sort()).toEqual(['bias2', 'bias3', 'weight2', 'weight3'])
  })

  it('draws tasks whose classes are all about as frequent, equal where the angle is 0', async () => {
    const tasks = taskPair(0, randomNumbers(4))
    const { inputs, labels } = tasks.source(2000)
    expect(inputs.shape).toEqual([2000, inputSize])
    for (let c = 0; c < classes; c++)
      expect(labels.filter((label) => label === c).length).toBeGreaterThan(2000 / (3 * classes))
    expect(
      (await logitsOf(initialNetwork([inputSize, 4, 4, classes], randomNumbers(1)), inputs, operators)).shape,
    ).toEqual([2000, classes])
  })
})
