import fc from 'fast-check'
import { scalar } from '../../oracle/tensor.js'
import { vgg, vgg19Sizes } from '../architecture/models/vgg.js'
import { tableOf, walk } from '../architecture/walker.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { receptiveFields } from './alexnet.pictures.js'
import { hasBothSigns, wholeNumbers } from './featureMaps.js'
import { matrixPicture } from './googlenet.pictures.js'
import { receptiveFieldExperiment } from './vgg.experiment.js'
import { stackLaws } from './vgg.laws.js'
import { stackMistakes } from './vgg.mistakes.js'
import { networkGiven, networkQuantities, sizesOf } from './vgg.network.js'
import { networkLaws, networkMistakes } from './vgg.networkLaws.js'
import { biasConventions, comparisons, stackGiven, stackQuantities } from './vgg.stack.js'

const range = (min: number, max: number) => fc.integer({ min, max }).map((number) => scalar(number))

function arbitrary(): fc.Arbitrary<Values> {
  return fc
    .record({
      small: fc.integer({ min: 2, max: 3 }),
      stackChannels: range(1, 3),
      depths: fc.uniqueArray(fc.integer({ min: 2, max: 5 }), { minLength: 3, maxLength: 3 }),
      patch: wholeNumbers([5, 5], -2, 2),
      kernel1: wholeNumbers([3, 3], -2, 2),
      kernel2: wholeNumbers([3, 3], -2, 2),
      side: range(32, 56),
      channels: range(1, 3),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((stage) => [`width${stage}`, range(1, 3)])),
      hidden6: range(1, 4),
      hidden7: range(1, 4),
      classes: range(2, 4),
    })
    .map(({ small, depths, ...others }) => ({
      ...others,
      smallKernel: scalar(small),
      ...Object.fromEntries(comparisons.map((i) => [`largeKernel${i}`, scalar(1 + depths[i - 1] * (small - 1))])),
    }))
}

/** No feature at the kink of ReLU, both of its sides in use, and an output that is not zero. */
function isWorkable(values: Values): boolean {
  return hasBothSigns(tensorOf(values, 'stackPreActivation')) && numberOf(values, 'stackOutput') !== 0
}

const windows = ['conv1_2', 'pool1', 'conv2_2', 'pool2', 'conv3_3', 'pool3', 'conv4_3', 'pool4', 'conv5_3', 'pool5']

export const exerciseVgg: Exercise = {
  id: 'lecture/vgg',
  title: 'VGG: small filters in a row, and the layer table',
  source:
    'NTUA, lecture on attention, transformers and transfer learning, «ILSVRC-2014: VGG»; Very Deep Convolutional Networks for Large-Scale Image Recognition, 2015',
  statement: `VGG takes small filters of side $k$, several in a row, in the place of a large one of side $K_i$. All feature maps have $C$ channels, the stride is 1.

(1) How many layers of small filters see as much of the image as one with the large filter, and how large is their receptive field? (2) How many weights
has the large filter's layer, how many have the small ones', and which share is saved?

The image $X$ goes through the filter $W_1$, ReLU and the filter $W_2$, without padding or biases. (3) What comes out? (4) What are the gradients of that number with
respect to the filters and to the image: which pixels count? (5) Which single filter does the same as both without the ReLU, and what does it answer?

VGG-16 reads square images of side $n_0$ with $d_0$ channels. It has five stages of 2, 2, 3, 3 and 3 convolutions of 3 × 3 with one zero around and ReLU behind each; stage $s$
has $d_s$ filters in each and ends with a maximum over 2 × 2 in steps of 2. Three fully connected layers follow, of $U_6$, $U_7$ and $O$ units. All have biases.

(6) Fill in the table: shapes, parameters, receptive fields and multiply-adds of all layers. (7) How many parameters and multiply-adds has the network in all, and how many
parameters has VGG-19, with four convolutions in stages 3, 4 and 5?`,
  heading: { number: 'vgg' },
  given: [...stackGiven, ...networkGiven],
  arbitrary,
  stages: [
    { name: 'counts', title: 'One large filter and several small ones' },
    { name: 'two small filters', title: 'Two small filters on an image' },
    { name: 'gradients', title: 'Their gradients' },
    { name: 'one large filter', title: 'One large filter in their place' },
    { name: 'network', title: 'The network' },
  ],
  quantities: [...stackQuantities, ...networkQuantities],
  conventions: [{ axis: 'parameters of the comparison', conventions: biasConventions }],
  mistakes: [...stackMistakes, ...networkMistakes],
  laws: [...stackLaws, ...networkLaws],
  experiments: [receptiveFieldExperiment],
  worksheet: { arbitrary, isWorkable },
  pictures: (values) => [
    matrixPicture(values, 'equivalentKernel', 'The one filter that does the same as two without ReLU'),
    matrixPicture(values, 'stackGradientPatch', 'Gradient of the output by the image'),
    receptiveFields(values, windows, numberOf(values, 'side')),
  ],
  tables: (values) => [tableOf(walk(vgg(sizesOf(values)))), tableOf(walk(vgg(sizesOf(values, vgg19Sizes.depths))))],
}
