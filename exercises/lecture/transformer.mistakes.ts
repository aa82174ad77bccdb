import { map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { lowerTriangle, ones } from '../matrices.js'
import { special } from './transformer.pairs.js'
import { countsOf, isNoPadding, lengthsOf, movedRight } from './transformer.quantities.js'

function mistake(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values) => Tensor,
): ExerciseMistake {
  return { name, quantities: [quantity], explanation, from: () => from, compute: async (_, values) => wrong(values) }
}

/** A mistake that is arithmetic with whole numbers. */
function miscount(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (...numbers: readonly number[]) => number,
): ExerciseMistake {
  return mistake(name, quantity, explanation, from, (values) =>
    scalar(wrong(...from.map((input) => numberOf(values, input)))),
  )
}

const vector = (numbers: readonly number[]) => tensor([numbers.length], numbers)

/** Every row moved one position to the left, padding behind it. */
function movedLeft(ids: Tensor): Tensor {
  const length = ids.shape[1]
  return tensor(
    ids.shape,
    rowMajor(ids).map((_, i, all) => (i % length === length - 1 ? special.padding : all[i + 1])),
  )
}

const ofSequences: readonly ExerciseMistake[] = [
  mistake(
    'targets not shifted',
    'decoderInput',
    'is the targets themselves: every position would read the very word that it should predict.',
    ['target'],
    (values) => tensorOf(values, 'target'),
  ),
  mistake(
    'shifted left',
    'decoderInput',
    'is the targets moved to the left: every position would read the word after the one that it should predict.',
    ['target'],
    (values) => movedLeft(tensorOf(values, 'target')),
  ),
  mistake(
    'padding in place of the start token',
    'decoderInput',
    'has padding in the first position, where the start token belongs.',
    ['target'],
    (values) => movedRight(tensorOf(values, 'target'), special.padding),
  ),
  mistake(
    'end token in place of the start token',
    'decoderInput',
    'has the end token in the first position; the decoder begins with the start token.',
    ['target'],
    (values) => movedRight(tensorOf(values, 'target'), special.end),
  ),
  mistake(
    'padding mask inverted',
    'paddingMask',
    'has ones where the padding is: it keeps the padding and hides the words.',
    ['source'],
    (values) => map(isNoPadding(tensorOf(values, 'source')), (value) => 1 - value),
  ),
  mistake(
    'padding not masked',
    'paddingMask',
    'has no zeros: the padding would take part in attention.',
    ['source'],
    (values) => ones(tensorOf(values, 'source').shape),
  ),
  mistake(
    'look-ahead mask upside down',
    'lookAheadMask',
    'has the ones above the diagonal: positions would see what comes later and not what came before.',
    ['target'],
    (values) => {
      const mask = lowerTriangle(lengthsOf(values, 'target')[1])
      return tensor(mask.shape, rowMajor(mask.transpose(1, 0)))
    },
  ),
  mistake(
    'own position hidden',
    'lookAheadMask',
    'has zeros on the diagonal too, which leaves the first position nothing to look at; the shift already hides the word to predict.',
    ['target'],
    (values) => {
      const length = lengthsOf(values, 'target')[1]
      return tensor(
        [length, length],
        rowMajor(lowerTriangle(length)).map((value, i) => (i % length === Math.floor(i / length) ? 0 : value)),
      )
    },
  ),
  mistake(
    'look-ahead not masked',
    'lookAheadMask',
    'has no zeros: that is the encoder’s self-attention, which may look both ways.',
    ['target'],
    (values) => {
      const length = lengthsOf(values, 'target')[1]
      return ones([length, length])
    },
  ),
  mistake(
    'run for the end token left out',
    'decoderRuns',
    'counts the words only; the decoder runs once more, and that run yields the end token.',
    ['target'],
    (values) => vector(countsOf(tensorOf(values, 'target')).map((count) => count - 1)),
  ),
  mistake(
    'run for the start token',
    'decoderRuns',
    'counts a run for the start token, which the decoder is given.',
    ['target'],
    (values) => vector(countsOf(tensorOf(values, 'target')).map((count) => count + 1)),
  ),
  mistake(
    'all sentences of one length',
    'decoderRuns',
    'is the padded length for every sentence; each ends where it yields the end token.',
    ['target'],
    (values) => {
      const [sentences, length] = lengthsOf(values, 'target')
      return vector(Array<number>(sentences).fill(length))
    },
  ),
  mistake(
    'padding counted in the loss',
    'countedPositions',
    'counts the padding, whose loss says nothing about the translation.',
    ['target'],
    (values) => scalar(tensorOf(values, 'target').size),
  ),
  mistake(
    'end tokens not counted in the loss',
    'countedPositions',
    'is what you get when the end token is left out; the model has to learn where to stop.',
    ['target'],
    (values) => scalar(countsOf(tensorOf(values, 'target')).reduce((sum, count) => sum + count - 1, 0)),
  ),
]

const batch = (values: Values, name: string) => lengthsOf(values, name)
const number = (values: Values, name: string) => numberOf(values, name)

const ofShapes: readonly ExerciseMistake[] = [
  mistake(
    'width of the heads not divided',
    'queryShape',
    'has the whole width in every head; the heads share it out.',
    ['source', 'heads', 'width'],
    (values) => {
      const [sentences, length] = batch(values, 'source')
      return vector([sentences, number(values, 'heads'), length, number(values, 'width')])
    },
  ),
  mistake(
    'memory of the target’s length',
    'memoryShape',
    'has the target’s length; the memory has a vector for every position of the source.',
    ['target', 'width'],
    (values) => vector([...batch(values, 'target'), number(values, 'width')]),
  ),
  mistake(
    'width of the feed-forward network',
    'memoryShape',
    'has the width of the hidden layer of the feed-forward network, which its second layer takes back to d_model.',
    ['source', 'hiddenWidth'],
    (values) => vector([...batch(values, 'source'), number(values, 'hiddenWidth')]),
  ),
  mistake(
    'embedding as long as the vocabulary',
    'embeddedShape',
    'has one-hot vectors in the last dimension; the embedding turns them into vectors of d_model.',
    ['source', 'vocabularySize'],
    (values) => vector([...batch(values, 'source'), number(values, 'vocabularySize')]),
  ),
  mistake(
    'target attends to itself in the encoder-decoder attention',
    'crossAttentionShape',
    'is the shape of self-attention; here the keys are those of the source.',
    ['target', 'heads'],
    (values) => {
      const [sentences, length] = batch(values, 'target')
      return vector([sentences, number(values, 'heads'), length, length])
    },
  ),
  mistake(
    'source attends to the target',
    'crossAttentionShape',
    'has rows and columns changed over: queries come from the target, keys from the source.',
    ['source', 'target', 'heads'],
    (values) => {
      const [sentences, sourceLength] = batch(values, 'source')
      return vector([sentences, number(values, 'heads'), sourceLength, batch(values, 'target')[1]])
    },
  ),
  mistake(
    'attention of one head',
    'decoderAttentionShape',
    'has the weights of one head only; every head has its own.',
    ['target'],
    (values) => {
      const [sentences, length] = batch(values, 'target')
      return vector([sentences, length, length])
    },
  ),
  mistake(
    'last linear layer left out',
    'logitsShape',
    'is the output of the decoder’s stack; the last linear layer makes a score for every word of it.',
    ['target', 'width'],
    (values) => vector([...batch(values, 'target'), number(values, 'width')]),
  ),
  mistake(
    'one word a sentence',
    'logitsShape',
    'has one distribution a sentence; in training every position of the target has its own.',
    ['target', 'vocabularySize'],
    (values) => vector([batch(values, 'target')[0], number(values, 'vocabularySize')]),
  ),
]

const ofParameters: readonly ExerciseMistake[] = [
  miscount(
    'heads multiplied in',
    'attentionParameters',
    'counts matrices of d_model × d_model for every head; a head’s are d_model × d_k.',
    ['width', 'heads'],
    (d, h) => (3 * h + 1) * d * d,
  ),
  miscount(
    'output projection forgotten',
    'attentionParameters',
    'counts queries, keys and values only; W^O belongs to the attention too.',
    ['width'],
    (d) => 3 * d * d,
  ),
  miscount(
    'biases of the feed-forward network forgotten',
    'feedForwardParameters',
    'is what you get without the biases of the two layers.',
    ['width', 'hiddenWidth'],
    (d, f) => 2 * d * f,
  ),
  miscount(
    'second layer of the feed-forward network forgotten',
    'feedForwardParameters',
    'counts the first of the two layers only.',
    ['width', 'hiddenWidth'],
    (d, f) => d * f + f,
  ),
  miscount(
    'one number a norm',
    'normParameters',
    'counts one gain and one bias in all; every one of the d_model features has its own.',
    [],
    () => 2,
  ),
  miscount(
    'norms forgotten in the encoder layer',
    'encoderLayerParameters',
    'is what you get without the gains and biases of the two norms.',
    ['attentionParameters', 'feedForwardParameters'],
    (attention, feedForward) => attention + feedForward,
  ),
  miscount(
    'encoder-decoder attention forgotten',
    'decoderLayerParameters',
    'counts one attention; a layer of the decoder has two.',
    ['attentionParameters', 'feedForwardParameters', 'normParameters'],
    (attention, feedForward, norm) => attention + feedForward + 3 * norm,
  ),
  miscount(
    'two norms in the decoder layer',
    'decoderLayerParameters',
    'counts two norms; a layer of the decoder has three sublayers with a norm each.',
    ['attentionParameters', 'feedForwardParameters', 'normParameters'],
    (attention, feedForward, norm) => 2 * attention + feedForward + 2 * norm,
  ),
  miscount(
    'one layer of each stack',
    'parameters',
    'counts one layer of the encoder and one of the decoder; every layer has weights of its own.',
    ['encoderLayerParameters', 'decoderLayerParameters', 'embeddingParameters'],
    (encoder, decoder, embedding) => encoder + decoder + embedding,
  ),
  miscount(
    'embedding not counted',
    'parameters',
    'is what you get without the table of embeddings.',
    ['layers', 'encoderLayerParameters', 'decoderLayerParameters'],
    (N, encoder, decoder) => N * (encoder + decoder),
  ),
  miscount(
    'decoder like the encoder',
    'parameters',
    'counts 2·N layers of the encoder; those of the decoder have one attention and one norm more.',
    ['layers', 'encoderLayerParameters', 'embeddingParameters'],
    (N, encoder, embedding) => 2 * N * encoder + embedding,
  ),
  miscount(
    'logarithm to base 2',
    'uniformLoss',
    'is what you get with the logarithm to base 2; the cross-entropy takes the natural one.',
    ['vocabularySize'],
    (V) => Math.log2(V),
  ),
  miscount(
    'logarithm to base 10',
    'uniformLoss',
    'is what you get with the logarithm to base 10; the cross-entropy takes the natural one.',
    ['vocabularySize'],
    (V) => Math.log10(V),
  ),
  miscount(
    'probability in place of the loss',
    'uniformLoss',
    'is the probability of a word; the loss is minus its logarithm.',
    ['vocabularySize'],
    (V) => 1 / V,
  ),
]

/** What people get wrong in lecture/transformer. */
export const transformerMistakes: readonly ExerciseMistake[] = [...ofSequences, ...ofShapes, ...ofParameters]
