import { chainLaws } from '../architecture/laws.js'
import { chainMistakes } from '../architecture/mistakes.js'
import { vgg, vgg16Sizes, vgg19Sizes } from '../architecture/models/vgg.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { numberOf } from '../computation.js'
import type { ExerciseLaw, ExerciseMistake } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { countMistake, hiddenWhereSizeIsKept, shownIn } from './mistakes.js'
import { chain, deeper, network, sizesOf } from './vgg.network.js'

// Small images do not show receptive fields whole: the gradient's support is a law of the stacks, and of a large image in the tests.
const [shapesLaw] = chainLaws(chain, network)

export const networkLaws: readonly ExerciseLaw[] = [
  shapesLaw,
  {
    name: 'the architectures, layer by layer, have the parameters, multiply-adds and receptive field of the table',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [walked, longer] = [vgg16Sizes, vgg19Sizes].map(({ depths }) => walk(vgg(sizesOf(given, depths))))
      const same = (name: string, expected: number) =>
        expectClose(name, numberOf(solved, name), expected, 64 * slack * expected)
      same('parameters', walked.totals.parameters)
      same('multiplyAdds', walked.totals.multiplyAdds)
      same('parameters19', longer.totals.parameters)
      const { receptiveField, jump } = rowNamed(walked, 'pool5')
      same('pool5ReceptiveField', receptiveField[0])
      same('pool5Jump', jump[0])
    },
  },
]

/** What cannot show: convolutions keep height and width, within a stage the channels too; until the first pooling all steps are 1. */
const hiddenPlaces: Readonly<Record<string, RegExp>> = {
  'channels of the input kept': /_[23]Shape$/,
  'jump left out': /^(conv1_2|pool1)R/,
  'strides added': /^pool2J/,
  'stride of the layer only': /^(conv1_2|pool1)J/,
}

function isHidden(mistake: string, quantity: string): boolean {
  if (hiddenWhereSizeIsKept.has(mistake)) return quantity.startsWith('conv')
  return hiddenPlaces[mistake]?.test(quantity) === true
}

export const networkMistakes: readonly ExerciseMistake[] = [
  ...shownIn(chainMistakes(network), isHidden),
  countMistake(
    'biases of the further convolutions forgotten',
    'parameters19',
    'is what you get when the three further convolutions have no biases.',
    ['parameters', ...deeper],
    (parameters, ...widths) => widths.reduce((sum, d) => sum + 9 * d * d, parameters),
  ),
  countMistake(
    'one further convolution',
    'parameters19',
    'counts one convolution more; there is one more in each of three stages.',
    ['parameters', 'width5'],
    (parameters, d) => parameters + (9 * d + 1) * d,
  ),
]
