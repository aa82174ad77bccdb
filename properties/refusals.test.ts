import { describe, expect, it } from 'vitest'
import type { Attributes } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { laws, runLaws, type Subject } from './index.js'

type Tolerates = (attributes: Attributes, inputs: Tensors) => boolean

const attributeRange = 'refuses an attribute out of range'
const attributeFinite = 'refuses an attribute that is not finite'
const attributeFraction = 'refuses a fraction for an attribute that is a whole number'
const wholeNumbers = 'refuses a whole number out of range'
const numbers = 'refuses a number out of range'
const fractions = 'refuses a fraction where a whole number belongs'

const holds = (x: unknown, has: (value: number) => boolean) => Array.isArray(x) && x.some(has)
const above = (x: unknown, limit: number) => typeof x === 'number' && x > limit
const entries = (inputs: Tensors, name: string) => [...rowMajor(inputs[name])]

/** One check that an implementation may lack: the calls that it then answers, and the law that says so. */
const lacking: readonly (readonly [what: string, operator: string, law: string, Tolerates])[] = [
  ['a closed lower end', 'leakyRelu', attributeRange, ({ negativeSlope: s }) => typeof s === 'number' && s < 0],
  ['a closed upper end', 'momentumUpdate', attributeRange, ({ momentum }) => above(momentum, 1)],
  ['what is right beside an upper end', 'crossEntropy', attributeRange, ({ labelSmoothing: s }) => s === 1 + 2 ** -6],
  ['an open lower end', 'layerNorm', attributeRange, ({ epsilon }) => epsilon === 0],
  ['an open upper end', 'dropout', attributeRange, ({ p }) => p === 1],
  ['what lies beyond an open upper end', 'adam', attributeRange, ({ beta2 }) => above(beta2, 1)],
  ['the second of a pair', 'conv2d', attributeRange, ({ stride }) => Array.isArray(stride) && stride[1] < 1],
  ['an entry of a list', 'convOutputSize', attributeRange, ({ padding }) => holds(padding, (value) => value < 0)],
  ['capital letters of a choice', 'crossEntropy', attributeRange, ({ reduction }) => reduction === 'MEAN'],
  ['a choice of numbers', 'weightPenalty', attributeRange, ({ norm }) => norm === 1.5],
  ['infinity', 'sgd', attributeFinite, ({ learningRate }) => learningRate === Number.POSITIVE_INFINITY],
  ['NaN', 'squaredError', attributeFinite, ({ factor }) => Number.isNaN(factor)],
  ['an infinite entry of a pair', 'maxPool2d', attributeFinite, ({ stride }) => holds(stride, (s) => s > 2 ** 53)],
  [
    'a little more than a whole number',
    'conv1d',
    attributeFraction,
    ({ groups }) => groups !== Math.trunc(Number(groups)),
  ],
  ['labels of C', 'crossEntropy', wholeNumbers, (_, x) => entries(x, 'target').some((t) => t === x.logits.shape[1])],
  ['labels below 0', 'crossEntropy', wholeNumbers, (_, x) => entries(x, 'target').some((t) => t < 0)],
  [
    'ids beyond the vocabulary',
    'embedding',
    wholeNumbers,
    (_, x) => entries(x, 'ids').some((i) => i >= x.table.shape[0]),
  ],
  ['lengths of 0', 'meanOverTime', wholeNumbers, (_, x) => 'lengths' in x && entries(x, 'lengths').includes(0)],
  ['a mask of 2', 'dropout', wholeNumbers, (_, x) => entries(x, 'mask').includes(2)],
  ['probabilities above 1', 'binaryCrossEntropy', numbers, (_, x) => entries(x, 'target').some((t) => t > 1)],
  ['probabilities below 0', 'binaryCrossEntropy', numbers, (_, x) => entries(x, 'target').some((t) => t < 0)],
  ['negative variances', 'batchNorm', numbers, (_, x) => 'variance' in x && entries(x, 'variance').some((v) => v < 0)],
  ['labels that are fractions', 'crossEntropy', fractions, (_, x) => entries(x, 'target').some((t) => t % 1 !== 0)],
]

/** Whether every number among the attributes is finite. */
function areFinite(attributes: Attributes): boolean {
  const all = Object.values(attributes).flat()
  return all.every((value) => typeof value !== 'number' || Number.isFinite(value))
}

/** The oracle, but that an operator answers the bad calls that it tolerates. */
function tolerant(operator: string, law: string, tolerates: Tolerates): Subject {
  const right = oracle.operators[operator]
  return {
    ...oracle,
    operators: {
      [operator]: {
        ...right,
        forward: (inputs, attributes) => {
          try {
            return right.forward(inputs, attributes)
          } catch (refusal) {
            const complete = Object.keys(right.declaration.inputs).every(
              (name) => name in inputs || right.declaration.inputs[name].optional,
            )
            if (!complete || (law !== attributeFinite && !areFinite(attributes)) || !tolerates(attributes, inputs))
              throw refusal
            return { y: tensor([], [0]) }
          }
        },
      },
    },
  }
}

describe('an implementation that lacks one check', () => {
  it.each(lacking)('answers %s of %s, and «%s» says so', async (_, operator, law, tolerates) => {
    const names = [attributeRange, attributeFinite, attributeFraction, wholeNumbers, numbers, fractions].filter(
      (name) => laws.some((each) => each.operator === operator && each.name === name),
    )
    const report = await runLaws(tolerant(operator, law, tolerates), {
      ...{ operators: [operator], laws: names, seed: 3, shrinkSeconds: 0 },
    })
    const broken = report.operators[operator].laws
      .filter(({ status }) => status !== 'held')
      .map(({ law: name }) => name)
    expect(broken).toEqual([law])
  })
})

describe('the counterexample of a law about refusals', () => {
  /** What a subject that answers every call of an operator is said to have answered. */
  async function answered(operator: string, law: string) {
    const { forward } = oracle.operators[operator]
    const subject: Subject = {
      name: 'answers all',
      precision: 'float64',
      operators: { [operator]: { forward: () => forward({ x: tensor([1], [0]) }, { axis: -1 }) } },
    }
    const report = await runLaws(subject, { operators: [operator], laws: [law], runs: 5, seed: 1 })
    return report.operators[operator].laws.find((one) => one.law === law)?.counterexample
  }

  it('is the bad call, as the subject got it', async () => {
    expect(await answered('softmax', 'refuses an unknown input')).toMatchObject({
      inputs: { surplus: { shape: [1], data: [1] } },
      actual: { y: { data: [1] } },
    })
    expect(await answered('softmax', 'refuses an unknown attribute')).toMatchObject({ attributes: { colour: 1 } })
    const { attributes } = (await answered('softmax', attributeFinite)) ?? {}
    expect(['NaN', 'Infinity', '-Infinity']).toContain(attributes?.axis)
  })
})
