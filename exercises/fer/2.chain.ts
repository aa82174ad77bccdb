import { type Chain, count } from '../architecture/chain.js'
import { chainQuantities } from '../architecture/quantities.js'
import type { Given } from '../exercise.js'

/** The source's sizes. */
export const classifierGiven: readonly Given[] = [
  count('channels', ['C', 'channels', 'colour channels'], 'the colour channels of the image', 3),
  count('side', ['n_0', 'n', 'side', 'n_in'], 'height and width of the image', 62),
  count('filters1', ['F_1', 'f_1', 'filters_1'], 'the filters of the first convolution', 16),
  count('kernel1', ['K_1', 'k_1', 'kernel_1'], 'height and width of the first convolution’s filters', 7),
  count('stride1', ['S_1', 's_1', 'stride_1'], 'the stride of the first convolution', 2),
  count('poolSize', ['K_p', 'k_p', 'pool size'], 'height and width of the windows of both poolings', 2),
  count('poolStride', ['S_p', 's_p', 'pool stride'], 'the stride of both poolings', 2),
  count('filters2', ['F_2', 'f_2', 'filters_2'], 'the filters of the second convolution', 32),
  count('kernel2', ['K_2', 'k_2', 'kernel_2'], 'height and width of the second convolution’s filters', 3),
  count('stride2', ['S_2', 's_2', 'stride_2'], 'the stride of the second convolution', 1),
  count('classes', ['O', 'classes', 'number of classes'], 'the classes: units of the fully connected layer', 10),
]

/** The classifier of fer/2. */
export const classifier: Chain = {
  name: 'the classifier',
  source: 'FER, exam questions, question 2',
  channels: 'channels',
  side: 'side',
  given: classifierGiven,
  layers: [
    {
      kind: 'conv',
      name: 'conv1',
      meaning: 'the first convolution',
      filters: 'filters1',
      kernel: 'kernel1',
      stride: 'stride1',
      asked: ['shape'],
    },
    { kind: 'relu', name: 'relu1', meaning: 'the first ReLU' },
    {
      kind: 'maxPool',
      name: 'pool1',
      meaning: 'the first pooling',
      kernel: 'poolSize',
      stride: 'poolStride',
      asked: ['shape', 'receptiveField'],
    },
    {
      kind: 'conv',
      name: 'conv2',
      meaning: 'the second convolution',
      filters: 'filters2',
      kernel: 'kernel2',
      stride: 'stride2',
      asked: ['shape'],
    },
    { kind: 'relu', name: 'relu2', meaning: 'the second ReLU' },
    {
      kind: 'maxPool',
      name: 'pool2',
      meaning: 'the second pooling',
      kernel: 'poolSize',
      stride: 'poolStride',
      asked: ['shape', 'receptiveField'],
    },
    { kind: 'flatten', name: 'flatten', meaning: 'the input of the fully connected layer' },
    { kind: 'linear', name: 'fc', meaning: 'the fully connected layer', units: 'classes', asked: ['shape'] },
    { kind: 'softmax', name: 'softmax', meaning: 'the softmax' },
  ],
}

export const classifierTable = chainQuantities(classifier, {
  aspects: ['parameters', 'receptiveField', 'jump'],
  asked: ['parameters'],
})
