import { normalTensor } from '../training.js'
import type { Examples } from './transfer.network.js'

/** Inputs, the hidden features that both tasks are about, classes. */
const sizes = { inputs: 8, features: 4, classes: 4 } as const

export const inputSize = sizes.inputs
export const classes = sizes.classes

/** Examples of the source task and of the target task. */
export interface TaskPair {
  source(count: number): Examples
  target(count: number): Examples
}

/**
 * Two tasks on inputs of the same kind. In both the class follows from the same hidden features, magnitudes |a·x| that no
 * linear function of x tells: it is the row of largest w·feature. The target's rows w are at an angle of `angle` to the source's.
 */
export function taskPair(angle: number, random: () => number): TaskPair {
  const directions = normalTensor([sizes.features, sizes.inputs], 1, random)
  const [sourceRows, otherRows] = [0, 1].map(() => normalTensor([sizes.classes, sizes.features], 1, random))
  const along = (f: number, x: (i: number) => number) =>
    Array.from({ length: sizes.inputs }, (_, i) => directions.get(f, i) * x(i)).reduce((sum, term) => sum + term, 0)
  // The mean of |a·x| for standard normal x is taken off, so that all classes are about as frequent.
  const means = Array.from({ length: sizes.features }, (_, f) =>
    Math.sqrt((2 / Math.PI) * along(f, (i) => directions.get(f, i))),
  )
  const examples = (count: number, weight: (c: number, f: number) => number): Examples => {
    const inputs = normalTensor([count, sizes.inputs], 1, random)
    const labels = Array.from({ length: count }, (_, n) => {
      const features = means.map((mean, f) => Math.abs(along(f, (i) => inputs.get(n, i))) - mean)
      const scores = Array.from({ length: sizes.classes }, (_, c) =>
        features.reduce((sum, feature, f) => sum + weight(c, f) * feature, 0),
      )
      return scores.indexOf(Math.max(...scores))
    })
    return { inputs, labels }
  }
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  return {
    source: (count) => examples(count, (c, f) => sourceRows.get(c, f)),
    target: (count) => examples(count, (c, f) => cosine * sourceRows.get(c, f) + sine * otherRows.get(c, f)),
  }
}
