import { rowMajor, tensor } from '../../oracle/tensor.js'
import { resNet } from '../architecture/models/resnet.js'
import { leaves, rowNamed, walk } from '../architecture/walker.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { sizesOf } from './resnet.network.js'

export const networkLaws: readonly ExerciseLaw[] = [
  {
    name: 'the architectures, layer by layer, have the sides, layers, parameters and multiply-adds of the quantities',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const same = (name: string, expected: number) =>
        expectClose(name, numberOf(solved, name), expected, 64 * slack * expected)
      for (const network of [1, 2, 3, 4, 5]) {
        const walked = walk(resNet(sizesOf(given, network)))
        for (const [name, layer] of [
          ['conv1Side', 'conv1'],
          ['pool1Side', 'conv2_x'],
          ['stage2Side', 'conv3_x'],
          ['stage3Side', 'conv4_x'],
          ['stage4Side', 'conv5_x'],
        ])
          same(name, rowNamed(walked, layer).shape[1])
        same(`parameters${network}`, walked.totals.parameters)
        same(`multiplyAdds${network}`, walked.totals.multiplyAdds)
        const onMainLine = leaves(walked.rows).filter(
          ({ kind, name }) => (kind === 'conv' || kind === 'linear') && !name.includes('shortcut'),
        )
        same(`layers${network}`, onMainLine.length)
      }
    },
  },
  {
    name: 'a block more costs what a block that keeps the shape has',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const [network, stage, name] of [
        [1, 1, 'basicIdentity1'],
        [2, 4, 'basicIdentity4'],
        [5, 3, 'bottleneckIdentity3'],
      ] as const) {
        const blocks = [...rowMajor(tensorOf(given, 'blocks'))]
        blocks[4 * (network - 1) + stage - 1] += 1
        const longer = await solve({ ...given, blocks: tensor([5, 4], blocks) })
        const total = numberOf(solved, `parameters${network}`)
        const expected = total + numberOf(solved, name)
        expectClose(`parameters${network}`, numberOf(longer, `parameters${network}`), expected, 64 * slack * expected)
      }
    },
  },
]
