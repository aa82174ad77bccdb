import fc from 'fast-check'
import { rowMajor, scalar } from '../../oracle/tensor.js'
import { googLeNet, moduleNames } from '../architecture/models/googlenet.js'
import { tableOf, walk } from '../architecture/walker.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { wholeNumbers } from './featureMaps.js'
import { comparisonQuantities } from './googlenet.comparisons.js'
import { branchExperiment, branchTraining } from './googlenet.experiment.js'
import { inceptionLaws } from './googlenet.laws.js'
import { inceptionMistakes } from './googlenet.mistakes.js'
import { moduleGiven, moduleQuantities } from './googlenet.module.js'
import { networkGiven, networkQuantities, sizesOf } from './googlenet.network.js'
import { inceptionGraph, outputMaps } from './googlenet.pictures.js'

/** Small whole numbers on the maps and in the filters; networks of few filters on images that the auxiliary classifiers can read. */
function arbitrary(): fc.Arbitrary<Values> {
  const few = fc.integer({ min: 1, max: 6 }).map((number) => scalar(number))
  const maps = moduleGiven.map(({ name, value }) => {
    const small = wholeNumbers(value.shape, -2, 2)
    // Where much is negative, a maximum at the edge is too.
    return [name, value.shape[0] === 3 ? fc.oneof(small, wholeNumbers(value.shape, -3, 1)) : small] as const
  })
  const counts = networkGiven
    .filter(({ value }) => value.size === 1)
    .map(
      ({ name }) =>
        [name, name === 'image' ? fc.integer({ min: 80, max: 160 }).map((side) => scalar(side)) : few] as const,
    )
  return fc.record({
    ...Object.fromEntries(maps),
    ...Object.fromEntries(counts),
    modules: wholeNumbers([moduleNames.length, 6], 1, 6),
  })
}

/** Something comes out of every branch, and the first ReLU of each has something to do. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  const branches = ['oneBranch', 'threeBranch', 'fiveBranch', 'poolBranch']
  const filtered = ['oneSum', 'threeSum', 'fiveSum']
  return (
    branches.every((name) => numbers(name).some((value) => value > 0)) &&
    filtered.every((name) => numbers(name).some((value) => value < 0))
  )
}

export const exerciseGoogLeNet: Exercise = {
  id: 'lecture/googlenet',
  title: 'GoogLeNet: Inception modules',
  source:
    'NTUA, lecture on attention, transformers and transfer learning, «ILSVRC-2014: Inception»; Going Deeper with Convolutions, 2015',
  statement: `An Inception module lets four branches read the same input of two channels, $X_1$ and $X_2$: 1 × 1 filters; 1 × 1 filters that reduce the
channels, then 3 × 3 ones; a reduction, then 5 × 5 ones; a maximum over windows of 3 × 3 that moves by one position, then 1 × 1 filters.
Here every layer has one filter, given below; zeros are put around so that every map keeps its size; there are no biases; ReLU follows every
convolution. The four maps are concatenated along the channels.

(1) Work out the four branches and the dimensions of the output. (2) Work out the gradient of the sum of all outputs with respect to both channels of
the input. (3) A depthwise separable convolution passes each channel through a 3 × 3 filter of its own, $D_1$ and $D_2$, and mixes both by the 1 × 1
filter $t$. What does it answer?

GoogLeNet takes images of side $n_0$ and has: a 7 × 7 convolution of stride 2 (three zeros around), a pooling, a 1 × 1 and a 3 × 3 convolution, a
pooling, modules 3a and 3b, a pooling, modules 4a to 4e, a pooling, modules 5a and 5b, global average pooling and a fully connected layer.
Poolings are maxima over 3 × 3 in steps of 2, rounded up; row $i$ of $F$ has the filters of module $i$: $F_{i1}$ of 1 × 1, $F_{i2}$ of
reduction and $F_{i3}$ of 3 × 3, $F_{i4}$ of reduction and $F_{i5}$ of 5 × 5, $F_{i6}$ behind the pooling. In symbols, 3a is 31, 3b is 32, 4a is 41 and so on. Every convolution has biases. Behind 4a
and 4d an auxiliary classifier reads along in training: a mean over 5 × 5 in steps of 3, $a_1$ 1 × 1 filters, fully connected layers of $a_2$
units and of the classes.

(4) How many parameters has the network, without and with its auxiliary classifiers, and how many multiply-adds? (5) How many multiply-adds take the 5 × 5
filters of module 3a with their reduction and without one? (6) How many weights would a depthwise separable convolution have in the place of the second convolution?`,
  heading: { number: 'googlenet' },
  given: [...moduleGiven, ...networkGiven],
  arbitrary,
  stages: [
    { name: 'branches', title: 'The four branches' },
    { name: 'gradients', title: 'Their gradients' },
    { name: 'separable', title: 'A depthwise separable convolution' },
    { name: 'network', title: 'The whole network' },
    { name: 'comparisons', title: 'What reductions and separable convolutions save' },
  ],
  quantities: [...moduleQuantities, ...networkQuantities, ...comparisonQuantities],
  conventions: [],
  mistakes: inceptionMistakes,
  laws: inceptionLaws,
  experiments: [branchExperiment],
  trainings: [branchTraining],
  worksheet: { arbitrary, isWorkable },
  pictures: (values) => [inceptionGraph, ...outputMaps(values)],
  tables: (values) => [tableOf(walk(googLeNet(sizesOf(values))))],
}
