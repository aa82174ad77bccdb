import { windowPositions } from '../oracle/convolution.js'

type Pair = readonly [number, number]

/** The sizes and settings of a convolution; a pair is height and width. */
export interface Convolution {
  readonly images: number
  readonly channels: number
  readonly image: Pair
  readonly outputs: number
  readonly kernel: Pair
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
  readonly groups: number
}

/** The height and width of a convolution's outputs. */
export function outputSize({ image, kernel, stride, padding, dilation }: Convolution): Pair {
  const positions = (d: 0 | 1) => windowPositions(image[d], kernel[d], stride[d], padding[d], dilation[d])
  return [positions(0), positions(1)]
}
