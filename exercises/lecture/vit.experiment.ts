import { map, type Tensor, zeros } from '../../oracle/tensor.js'
import { visionTransformer } from '../architecture/models/vit.js'
import { Network, seededInputs } from '../architecture/network.js'
import type { Experiment } from '../exercise.js'
import { largest } from '../expectation.js'
import { randomNumbers, shuffled } from '../training.js'

const sizes = {
  name: 'a small Vision Transformer',
  ...{ image: 12, channels: 2, patch: 4, width: 8, layers: 2, heads: 2, hidden: 16, classes: 4 },
}
const side = sizes.image / sizes.patch

/** The image with patch `order[i]` at the place of patch i. */
function rearranged(image: Tensor, order: readonly number[]): Tensor {
  const { patch, channels } = sizes
  const result = zeros(image.shape)
  for (const [to, from] of order.entries())
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < patch * patch; i++) {
        const [row, column] = [Math.floor(i / patch), i % patch]
        const at = (place: number) => [patch * Math.floor(place / side) + row, patch * (place % side) + column] as const
        result.set(0, c, ...at(to), image.get(0, c, ...at(from)))
      }
  return result
}

/** Images with their patches in another order, for a network with positions and for the same one with zeros in their place. */
export const positionsExperiment: Experiment = {
  question: 'Why are positions added to the patches?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const orders = extent === 'full' ? 12 : 2
    const architecture = visionTransformer(sizes)
    const placed = new Network(architecture, 5)
    const table = 'positions.table'
    const { [table]: positions } = placed.parameters
    if (positions === undefined) throw new Error(`the network has no ${table}`)
    const networks = [placed, placed.with({ ...placed.parameters, [table]: map(positions, () => 0) })]
    const { input } = seededInputs(architecture, 1, 6)
    const random = randomNumbers(7)
    const images = [input]
    for (let i = 0; i < orders; i++) images.push(rearranged(input, shuffled(side * side, random)))
    const answers: Tensor[] = []
    for (const image of images)
      for (const network of networks) {
        answers.push((await network.forward({ input: image }, operators)).outputs.head)
        progress?.(answers.length, images.length * networks.length)
      }
    await read(answers)
    const change = (i: number, network: number) => {
      const [original, other] = [answers[network], answers[2 * i + network]]
      return Math.max(
        ...Array.from({ length: sizes.classes }, (_, k) => Math.abs(other.get(0, k) - original.get(0, k))),
      )
    }
    const rows = images.slice(1).map((_, i) => [i + 1, change(i + 1, 0), change(i + 1, 1)])
    const size = 1 + largest(answers[1])
    return {
      columns: ['order of the patches', 'change of the scores with positions', 'change of the scores without'],
      rows,
      findings: [
        {
          statement: 'Without positions the scores are the same whatever the order of the patches.',
          holds: rows.every(([, , without]) => without <= 1e-4 * size),
        },
        {
          statement: 'With positions they change with every order.',
          holds: rows.every(([, placedChange]) => placedChange > 1e-3 * size),
        },
      ],
    }
  },
}
