import type { Input } from './notation.js'

/** What flows between layers, without the batch. */
export type Signal =
  | { readonly kind: 'image'; readonly shape: readonly [channels: number, height: number, width: number] }
  | { readonly kind: 'vector'; readonly shape: readonly [size: number] }
  | { readonly kind: 'tokens'; readonly shape: readonly [length: number]; readonly vocabulary: number }
  | { readonly kind: 'sequence'; readonly shape: readonly [length: number, width: number] }

export function image(channels: number, height: number, width: number): Signal {
  return { kind: 'image', shape: [channels, height, width] }
}

export function vectorSignal(size: number): Signal {
  return { kind: 'vector', shape: [size] }
}

export function sequence(length: number, width: number): Signal {
  return { kind: 'sequence', shape: [length, width] }
}

export function signalOf(input: Input): Signal {
  switch (input.kind) {
    case 'image':
      return image(input.channels, input.height, input.width)
    case 'vector':
      return vectorSignal(input.size)
    case 'tokens':
      return { kind: 'tokens', shape: [input.length], vocabulary: input.vocabulary }
    case 'sequence':
      return sequence(input.length, input.width)
  }
}

/** `an image of 3×62×62`, `a vector of 10`, as messages print it. */
export function signalText({ kind, shape }: Signal): string {
  const article = kind === 'image' ? 'an image' : kind === 'tokens' ? 'tokens' : `a ${kind}`
  return `${article} of ${shape.join('×')}`
}

/** A pair as [height, width], or the default where it is left out. */
export function pairOr(value: number | readonly [number, number] | undefined, otherwise: number): [number, number] {
  if (value === undefined) return [otherwise, otherwise]
  return typeof value === 'number' ? [value, value] : [value[0], value[1]]
}
