import { map, reshape, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { googLeNet, inception, moduleNames } from '../architecture/models/googlenet.js'
import { Network } from '../architecture/network.js'
import type { Architecture } from '../architecture/notation.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose } from '../expectation.js'
import { channelOf, channelsOf, ones, totalSize } from './featureMaps.js'
import { placeOf, sizesOf } from './googlenet.network.js'

/** The module of one filter a branch on two channels of 3 × 3, as an architecture. */
const moduleArchitecture: Architecture = {
  name: 'module',
  input: { kind: 'image', channels: 2, height: 3, width: 3 },
  layers: [inception('module', { ones: 1, reduceThrees: 1, threes: 1, reduceFives: 1, fives: 1, projection: 1 })],
}

/** The module's filters by what the architecture calls its layers. */
const filterNames = {
  '1x1': 'one',
  '3x3_reduce': 'reduceThree',
  '3x3': 'three',
  '5x5_reduce': 'reduceFive',
  '5x5': 'five',
  pool_proj: 'poolProjection',
} as const

/** The architecture with the given filters, and no biases. */
function networkOf(given: Values): Network {
  const seeded = new Network(moduleArchitecture, 1)
  const parameters = Object.entries(seeded.parameters).map(([name, initial]) => {
    const [, layer] = /([^/]+)\.weight$/.exec(name) ?? []
    const datum = Object.entries(filterNames).find(([key]) => key === layer)?.[1]
    return [name, datum === undefined ? zeros(initial.shape) : reshape(tensorOf(given, datum), initial.shape)] as const
  })
  return seeded.with(Object.fromEntries(parameters))
}

/** What rounding may do: every path multiplies inputs by entries of at most two filters, and sums over all. */
function allowedFor(given: Values, slack: number): number {
  const size = (...names: readonly string[]) => names.reduce((sum, name) => sum + totalSize(tensorOf(given, name)), 1)
  const reductions = size('one', 'reduceThree', 'reduceFive', 'poolProjection', 'mixing')
  return 128 * slack * size('x1', 'x2') * reductions * size('three', 'five', 'depthwise1', 'depthwise2')
}

const outputs = ['oneBranch', 'threeBranch', 'fiveBranch', 'poolBranch']

export const inceptionLaws: readonly ExerciseLaw[] = [
  {
    name: 'the module run as a network answers with the branches as channels, and hands back the same gradients',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const allowed = allowedFor(given, slack)
      const run = await networkOf(given).forward({ input: channelsOf(given, ['x1', 'x2']) }, operators)
      const [[name, output]] = Object.entries(run.outputs)
      for (const [channel, branch] of outputs.entries())
        expectAllClose(branch, tensorOf(solved, branch), channelOf(output, channel), allowed)
      const [channels, height, width] = output.shape.slice(1)
      const shape = tensor([3], [height, width, channels])
      expectAllClose('the shape of the output', tensorOf(solved, 'moduleShape'), shape, 0)
      const back = await run.backward({ [name]: ones(output.shape) })
      for (const channel of [1, 2])
        expectAllClose(
          `the gradient by channel ${channel}`,
          tensorOf(solved, `inputGradient${channel}`),
          channelOf(back.inputs.input, channel - 1),
          allowed,
        )
      for (const [layer, quantity] of [
        ['3x3', 'threeGradient'],
        ['5x5', 'fiveGradient'],
      ]) {
        const found = Object.entries(back.parameters).find(([key]) => key.endsWith(`/${layer}.weight`))
        const expected = tensorOf(solved, quantity)
        expectAllClose(quantity, expected, reshape(found?.[1] ?? zeros([0]), expected.shape), allowed)
      }
    },
  },
  {
    name: 'the sum of the outputs is the input times its gradient',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const dot = (a: Tensor, b: Tensor) => rowMajor(a).reduce((sum, value, i) => sum + value * rowMajor(b)[i], 0)
      const sum = outputs.reduce((total, name) => total + dot(tensorOf(solved, name), ones([3, 3])), 0)
      const product = [1, 2].reduce(
        (total, i) => total + dot(tensorOf(given, `x${i}`), tensorOf(solved, `inputGradient${i}`)),
        0,
      )
      expectClose('input times gradient', product, sum, allowedFor(given, slack))
    },
  },
  {
    name: 'a depthwise separable convolution is a full one whose filter is the channels’ filters times the 1 × 1 filter',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const x = channelsOf(given, ['x1', 'x2'])
      const mixing = tensorOf(given, 'mixing')
      const kernels = [1, 2].map((i) => tensorOf(given, `depthwise${i}`))
      const weight = tensor(
        [1, 2, 3, 3],
        kernels.flatMap((kernel, i) => [...rowMajor(map(kernel, (value) => mixing.get(i) * value))]),
      )
      const depthwise = tensor(
        [2, 1, 3, 3],
        kernels.flatMap((kernel) => [...rowMajor(kernel)]),
      )
      const separable = { x, depthwise, pointwise: reshape(mixing, [1, 2, 1, 1]) }
      const allowed = allowedFor(given, slack)
      for (const y of [
        await forward(operators, 'conv2d', 'y', { x, weight }, { padding: 1 }),
        await forward(operators, 'depthwiseSeparableConv2d', 'y', separable, { padding: 1 }),
      ])
        expectAllClose('the separable convolution', tensorOf(solved, 'separableOutput'), channelOf(y, 0), allowed)
    },
  },
  {
    name: 'the architecture, layer by layer, has the sides, channels, parameters and multiply-adds of the table',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const walked = walk(googLeNet(sizesOf(given)))
      const { withoutAuxiliary = walked.totals } = walked
      const same = (name: string, expected: number) =>
        expectClose(name, numberOf(solved, name), expected, 64 * slack * expected)
      for (const [name, layer] of [
        ['conv1Side', 'conv1'],
        ['pool1Side', 'pool1'],
        ['pool2Side', 'pool2'],
        ['pool3Side', 'pool3'],
        ['pool4Side', 'pool4'],
      ])
        same(name, rowNamed(walked, layer).shape[1])
      for (const name of moduleNames) {
        const row = rowNamed(walked, `inception_${name}`)
        same(`channels${name}`, row.shape[0])
        same(placeOf(name).side, row.shape[2])
        same(`parameters${name}`, row.parameters)
        same(`multiplyAdds${name}`, row.multiplyAdds)
      }
      for (const i of [1, 2]) same(`auxiliary${i}Parameters`, rowNamed(walked, `auxiliary${i}`).parameters)
      same('parameters', withoutAuxiliary.parameters)
      same('trainingParameters', walked.totals.parameters)
      same('multiplyAdds', withoutAuxiliary.multiplyAdds)
    },
  },
  {
    name: 'the separable share is 1/9 and one over the number of filters; a reduction to all channels saves nothing',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const share = 1 / 9 + 1 / numberOf(given, 'stem3')
      expectClose('the share', numberOf(solved, 'separableRatio'), share, 32 * slack)
      const table = map(tensorOf(given, 'modules'), (value) => value)
      table.set(0, 3, numberOf(given, 'stem3'))
      const wide = await solve({ ...given, modules: table })
      const [direct, reduced] = ['directMultiplyAdds', 'reducedMultiplyAdds'].map((name) => numberOf(wide, name))
      const [side, depth] = [numberOf(wide, 'pool2Side'), numberOf(wide, 'stem3')]
      const expected = direct + side * side * depth * depth
      expectClose('multiply-adds with a reduction that keeps all channels', reduced, expected, 64 * slack * expected)
      expectClose('the ratio', numberOf(wide, 'reductionRatio'), direct / expected, 64 * slack)
    },
  },
]
