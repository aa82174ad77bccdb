import type { Exercise } from '../exercise.js'
import { exerciseAlexNet } from './alexnet.js'
import { exerciseBert } from './bert.js'
import { complexity } from './complexity.js'
import { exerciseGoogLeNet } from './googlenet.js'
import { layerNormalization } from './layer-norm.js'
import { loss } from './loss.js'
import { masks } from './masks.js'
import { multiHead } from './multi-head.js'
import { positionalEncoding } from './positional-encoding.js'
import { exerciseResNet } from './resnet.js'
import { seq2seq } from './seq2seq.js'
import { transfer } from './transfer.js'
import { transformer } from './transformer.js'
import { exerciseVgg } from './vgg.js'
import { exerciseVit } from './vit.js'

/** The exercises of the NTUA lecture on attention, transformers and transfer learning, and of the papers it names. */
export const lectureExercises: readonly Exercise[] = [
  seq2seq,
  positionalEncoding,
  masks,
  multiHead,
  complexity,
  layerNormalization,
  transformer,
  loss,
  transfer,
  exerciseAlexNet,
  exerciseVgg,
  exerciseGoogLeNet,
  exerciseResNet,
  exerciseVit,
  exerciseBert,
]
