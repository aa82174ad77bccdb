import type { Definitions } from './operator.js'
import type { Tensor, TensorFlow } from './tensorflow.js'

type Optimizer = ReturnType<TensorFlow['train']['momentum']> | ReturnType<TensorFlow['train']['adam']>

/** One step of an optimizer from the given state: the new parameter and the new state, in the order of the given one. */
async function step(
  tf: TensorFlow,
  optimizer: Optimizer,
  { parameter, gradient }: { parameter: Tensor; gradient: Tensor },
  { iterations, state }: { iterations: number; state: readonly Tensor[] },
): Promise<readonly Tensor[]> {
  const variable = tf.variable(parameter)
  try {
    if (state.length > 0)
      await optimizer.setWeights([
        { name: 'iter', tensor: tf.scalar(iterations, 'int32') },
        ...state.map((tensor, i) => ({ name: String(i), tensor })),
      ])
    optimizer.applyGradients([{ name: variable.name, tensor: gradient }])
    const [, ...weights] = await optimizer.getWeights()
    return [tf.clone(variable), ...weights.map(({ tensor }) => tf.clone(tensor))]
  } finally {
    variable.dispose()
    optimizer.dispose()
  }
}

export const optimizers: Definitions = {
  async sgd(tf, { parameter, gradient, velocity }, settings) {
    const optimizer = tf.train.momentum(settings.number('learningRate'), settings.number('momentum'))
    const state = velocity === undefined ? [] : [velocity]
    const [moved, kept] = await step(tf, optimizer, { parameter, gradient }, { iterations: 1, state })
    return { parameter: moved, velocity: kept }
  },
  async adam(tf, { parameter, gradient, mean, variance }, settings) {
    const optimizer = tf.train.adam(
      settings.number('learningRate'),
      settings.number('beta1'),
      settings.number('beta2'),
      settings.number('epsilon'),
    )
    const before = { iterations: settings.number('step') - 1, state: [mean, variance] }
    const [moved, first, second] = await step(tf, optimizer, { parameter, gradient }, before)
    return { parameter: moved, mean: first, variance: second }
  },
}
