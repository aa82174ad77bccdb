import type { Architecture, Layer } from '../notation.js'

export interface AutoencoderSizes {
  /** Numbers that it reads and restores. */
  readonly input: number
  /** Units of the hidden layers, the code among them. */
  readonly hidden: readonly number[]
}

/** The sizes of exercise 1.4: 256 numbers a word, 500, 250, 50, 250 and 500 hidden units. */
export const autoencoderSizes: AutoencoderSizes = { input: 256, hidden: [500, 250, 50, 250, 500] }

/** An autoencoder of fully connected layers, with ReLU between them and none behind the last. */
export function autoencoder({ input, hidden }: AutoencoderSizes = autoencoderSizes): Architecture {
  return {
    name: 'autoencoder',
    source: 'NTUA, Neural Networks and Deep Learning, series 1, exercise 1.4',
    input: { kind: 'vector', size: input },
    layers: [
      ...hidden.flatMap((units, i): readonly Layer[] => [
        { kind: 'linear', name: `hidden${i + 1}`, units },
        { kind: 'relu', name: `relu${i + 1}` },
      ]),
      { kind: 'linear', name: 'restored', units: input },
    ],
  }
}
