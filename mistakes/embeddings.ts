import { embedding, oneHot } from '../oracle/embeddings.js'
import { map, reshape, rowMajor, type Tensors, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, readTransposed } from './rearrange.js'

const rightEmbedding = passes(embedding)

/** The ids changed one by one. */
function withIds(inputs: Tensors, change: (id: number) => number): Tensors {
  return { ...inputs, ids: map(inputs.ids, change) }
}

const oneHotMistakes: readonly Mistake[] = [
  {
    name: 'oneHot with ids counted from one',
    operator: 'oneHot',
    explanation: 'Column id − 1 was set, as if ids started at 1; id 0 fell on the last column.',
    forward: (inputs, attributes) => {
      const classes = numberOf(attributes, 'classes')
      return oneHot.forward(
        withIds(inputs, (id) => (id + classes - 1) % classes),
        attributes,
      )
    },
  },
  {
    name: 'oneHot with ones and zeros exchanged',
    operator: 'oneHot',
    explanation: 'The column of the id is 0 and all others 1.',
    forward: (inputs, attributes) => ({ y: map(oneHot.forward(inputs, attributes).y, (y) => 1 - y) }),
  },
  {
    name: 'oneHot with −1 for the other classes',
    operator: 'oneHot',
    explanation: 'The other columns hold −1 instead of 0.',
    forward: (inputs, attributes) => ({ y: map(oneHot.forward(inputs, attributes).y, (y) => 2 * y - 1) }),
  },
  {
    name: 'oneHot with the classes first',
    operator: 'oneHot',
    explanation: 'The result has shape [classes, …]; the classes are the last dimension.',
    forward: (inputs, attributes) => {
      const { y } = oneHot.forward(inputs, attributes)
      const classes = numberOf(attributes, 'classes')
      return { y: reshape(reshape(y, [inputs.ids.size, classes]).transpose(1, 0), [classes, ...inputs.ids.shape]) }
    },
  },
  {
    name: 'oneHot of flattened ids',
    operator: 'oneHot',
    explanation: 'The leading dimensions of the ids were flattened into one instead of kept.',
    forward: (inputs, attributes) => ({
      y: reshape(oneHot.forward(inputs, attributes).y, [inputs.ids.size, numberOf(attributes, 'classes')]),
    }),
  },
  {
    name: 'oneHot with a row of zeros for an id out of range',
    operator: 'oneHot',
    explanation: 'An id that is no class gave a row of zeros instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { classes } = attributes
      if (inputs.ids === undefined || typeof classes !== 'number') return undefined
      const inside = (id: number) => id >= 0 && id < classes
      const ids = rowMajor(inputs.ids)
      const { y } = oneHot.forward(
        withIds(inputs, (id) => (inside(id) ? id : 0)),
        attributes,
      )
      return { y: mapPlaces(y, (value, place) => (inside(ids[Math.floor(place / classes)]) ? value : 0)) }
    },
  },
  {
    name: 'oneHot that counts a negative id from the end',
    operator: 'oneHot',
    explanation: 'An id of −1 set the last column, as array indices do, instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { classes } = attributes
      if (inputs.ids === undefined || typeof classes !== 'number') return undefined
      return oneHot.forward(
        withIds(inputs, (id) => (id < 0 ? id + classes : id)),
        attributes,
      )
    },
  },
  {
    name: 'oneHot that rounds a fraction down',
    operator: 'oneHot',
    explanation: 'An id that is no whole number was rounded down instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      inputs.ids === undefined ? undefined : oneHot.forward(withIds(inputs, Math.floor), attributes),
  },
]

const embeddingMistakes: readonly Mistake[] = [
  {
    name: 'embedding with ids counted from one',
    operator: 'embedding',
    explanation: 'Row id − 1 of the table was read, as if ids started at 1; id 0 read the last row.',
    forward: (inputs, attributes) => {
      const V = inputs.table.shape[0]
      return rightEmbedding.forward(
        withIds(inputs, (id) => (id + V - 1) % V),
        attributes,
      )
    },
  },
  {
    name: 'embedding with the table read column by column',
    operator: 'embedding',
    explanation: 'The table was read as if it were stored [D, V] instead of [V, D].',
    forward: (inputs, attributes) =>
      rightEmbedding.forward({ ...inputs, table: readTransposed(inputs.table) }, attributes),
  },
  {
    name: 'embedding with id 0 as padding',
    operator: 'embedding',
    explanation: 'Id 0 was taken for padding and gave a row of zeros; it is a row of the table like any other.',
    forward: (inputs, attributes) => {
      const ids = rowMajor(inputs.ids)
      const D = inputs.table.shape[1]
      const { y } = rightEmbedding.forward(inputs, attributes)
      return { y: mapPlaces(y, (value, place) => (ids[Math.floor(place / D)] === 0 ? 0 : value)) }
    },
  },
  {
    name: 'embedding gradient overwritten by a repeated id',
    operator: 'embedding',
    explanation:
      'gradient[ids] = g was assigned, so that a repeated id kept its last gradient instead of the sum of all.',
    backward: ({ ids, table }, _, { y }) => {
      const D = table.shape[1]
      const g = rowMajor(y)
      const result = zeros(table.shape)
      for (const [i, id] of rowMajor(ids).entries()) result.data.set(g.subarray(i * D, (i + 1) * D), id * D)
      return { table: result }
    },
  },
  {
    name: 'embedding gradient averaged over a repeated id',
    operator: 'embedding',
    explanation: 'The gradients of a repeated id were averaged instead of added up.',
    backward: (inputs, attributes, gradients) => {
      const ids = [...rowMajor(inputs.ids)]
      const { table } = rightEmbedding.backward(inputs, attributes, gradients)
      const count = (id: number) => Math.max(1, ids.filter((other) => other === id).length)
      return { table: mapPlaces(table, (g, place) => g / count(Math.floor(place / table.shape[1]))) }
    },
  },
  {
    name: 'embedding gradient without row 0',
    operator: 'embedding',
    explanation: 'Row 0 got no gradient, as if id 0 were padding.',
    backward: (inputs, attributes, gradients) => {
      const { table } = rightEmbedding.backward(inputs, attributes, gradients)
      return { table: mapPlaces(table, (g, place) => (place < table.shape[1] ? 0 : g)) }
    },
  },
  {
    name: 'embedding that counts a negative id from the end',
    operator: 'embedding',
    explanation: 'An id of −1 read the last row, as array indices do, instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { ids, table } = inputs
      if (ids === undefined || table === undefined) return undefined
      return embedding.forward(
        withIds(inputs, (id) => (id < 0 ? id + table.shape[0] : id)),
        attributes,
      )
    },
  },
  {
    name: 'embedding that takes an id beyond the table for the last row',
    operator: 'embedding',
    explanation: 'An id beyond the table was clipped to the last row instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { ids, table } = inputs
      if (ids === undefined || table === undefined) return undefined
      return embedding.forward(
        withIds(inputs, (id) => Math.min(id, table.shape[0] - 1)),
        attributes,
      )
    },
  },
]

export const mistakes: readonly Mistake[] = [...oneHotMistakes, ...embeddingMistakes]
