import type { Definitions } from './operator.js'
import { lacks } from './tensorflow.js'

export const embeddings: Definitions = {
  oneHot(tf, { ids }, settings) {
    const classes = settings.number('classes')
    if (classes === 1) lacks('one-hot encoding of a single class')
    return { y: tf.cast(tf.oneHot(ids, classes), 'float32') }
  },
  embedding: (tf, { ids, table }) => ({ y: tf.gather(table, ids) }),
  momentumUpdate: (tf, { target, online }, settings) => ({
    y: tf.movingAverage(target, online, settings.number('momentum'), undefined, false),
  }),
}
