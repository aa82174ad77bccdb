import type { Definitions } from './operator.js'
import { type Given, shapeOf, type Tensor, type TensorFlow, withWeights } from './tensorflow.js'

type Layers = TensorFlow['layers']
type Recurrent = ReturnType<Layers['lstm']> | ReturnType<Layers['gru']> | ReturnType<Layers['simpleRNN']>

/** What every recurrent layer is made with: it answers all steps, and the last state. */
function settingsOf({ weightHidden, biasInput, biasHidden }: Given) {
  return {
    units: shapeOf(weightHidden)[1],
    useBias: biasInput !== undefined || biasHidden !== undefined,
    returnSequences: true,
    returnState: true,
    kernelInitializer: 'zeros' as const,
    recurrentInitializer: 'zeros' as const,
  }
}

/** A recurrent layer over x[T,N,I]: hidden[T,N,H] and the last states. A layer has one bias, the sum of the contract's two. */
function sequence(tf: TensorFlow, layer: Recurrent, inputs: Given, states: readonly (Tensor | undefined)[]) {
  const { x, weightInput, weightHidden, biasInput, biasHidden } = inputs
  const biases = [biasInput, biasHidden].filter((bias) => bias !== undefined)
  const weights = [
    tf.transpose(weightInput),
    tf.transpose(weightHidden),
    ...(biases.length > 0 ? [tf.addN(biases)] : []),
  ]
  const [, N] = shapeOf(x)
  const H = shapeOf(weightHidden)[1]
  const initial = states.some((state) => state !== undefined)
    ? { initialState: states.map((state) => state ?? tf.zeros([N, H])) }
    : {}
  const batchFirst = tf.transpose(x, [1, 0, 2])
  const answer = withWeights(layer, batchFirst.shape, weights, () => layer.call(batchFirst, initial))
  const [sequences, ...last] = Array.isArray(answer) ? answer : [answer]
  return { hidden: tf.transpose(sequences, [1, 0, 2]), last }
}

export const recurrent: Definitions = {
  rnn(tf, inputs, settings) {
    const activation = settings.text('activation')
    const layer = tf.layers.simpleRNN({
      ...settingsOf(inputs),
      activation: activation === 'identity' ? 'linear' : activation === 'relu' ? 'relu' : 'tanh',
    })
    return { hidden: sequence(tf, layer, inputs, [inputs.h0]).hidden }
  },
  lstm(tf, inputs) {
    const layer = tf.layers.lstm({ ...settingsOf(inputs), recurrentActivation: 'sigmoid', unitForgetBias: false })
    const { hidden, last } = sequence(tf, layer, inputs, [inputs.h0, inputs.c0])
    return { hidden, cell: last[1] }
  },
  /** The layer has no other form of a GRU. Its gates are update, reset, new. */
  gruResetBefore(tf, inputs) {
    const layer = tf.layers.gru({ ...settingsOf(inputs), recurrentActivation: 'sigmoid' })
    const ordered = Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => {
        if (!/^(weight|bias)/.test(name)) return [name, x]
        const [reset, update, candidate] = tf.split(x, 3)
        return [name, tf.concat([update, reset, candidate])]
      }),
    )
    return { hidden: sequence(tf, layer, ordered, [inputs.h0]).hidden }
  },
}
