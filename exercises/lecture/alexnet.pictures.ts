import { numberOf } from '../computation.js'
import type { Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { matrixPicture } from './googlenet.pictures.js'

const windows = ['conv1', 'pool1', 'conv2', 'pool2', 'conv3', 'conv4', 'conv5', 'pool5']

/** The normalized maps, and what one unit of each layer sees of the image. */
export function alexNetPictures(values: Values): readonly Picture[] {
  const side = numberOf(values, 'side')
  return [
    ...[1, 2, 3, 4].map((i) => matrixPicture(values, `normalized${i}`, `B${i}: channel ${i} behind the normalization`)),
    receptiveFields(values, windows, side),
  ]
}

/** Squares of the receptive fields of layers, in the middle of the image. */
export function receptiveFields(values: Values, layers: readonly string[], side: number): Picture {
  const square = (name: string, size: number) => {
    const from = (side - size) / 2
    return { name, from: [from, from] as const, to: [from + size, from + size] as const }
  }
  const sizes = layers.map((layer) => numberOf(values, `${layer}ReceptiveField`))
  const reach = Math.max(side, ...sizes)
  const range = [(side - reach) / 2, (side + reach) / 2] as const
  return {
    kind: 'plane',
    title: 'What one unit of each layer sees of the image',
    x: { title: 'column' },
    y: { title: 'row' },
    xRange: range,
    yRange: range,
    contours: [],
    paths: [],
    points: [],
    rectangles: [square('the image', side), ...layers.map((layer, i) => square(layer, sizes[i]))],
  }
}
