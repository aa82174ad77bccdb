import type { DecoderLayer, EncoderLayer, FeedForward, Layer, Residual } from './notation.js'

/** What the layers of an expanded decoder layer call its memory. */
export const memoryName = 'memory'

/** The layers that a layer of a transformer consists of, on positions of this width. */
export function expand(layer: EncoderLayer | DecoderLayer | FeedForward, width: number): readonly Layer[] {
  if (layer.kind === 'feedForward')
    return [
      { kind: 'linear', name: 'linear1', units: layer.width },
      { kind: layer.activation ?? 'relu', name: layer.activation ?? 'relu' },
      { kind: 'linear', name: 'linear2', units: width },
    ]
  const { heads, attentionBias: bias, activation } = layer
  const feedForward: Layer = { kind: 'feedForward', name: 'layers', width: layer.feedForward, activation }
  const attention = (rest: { readonly causal?: boolean; readonly memory?: string }): Layer => ({
    kind: 'multiHeadAttention',
    name: 'heads',
    heads,
    bias,
    ...rest,
  })
  const sublayers: readonly (readonly [string, Layer])[] =
    layer.kind === 'encoderLayer'
      ? [
          ['attention', attention({})],
          ['feedForward', feedForward],
        ]
      : [
          ['selfAttention', attention({ causal: true })],
          ['crossAttention', attention({ memory: memoryName })],
          ['feedForward', feedForward],
        ]
  return sublayers.flatMap(([name, sublayer], i): readonly Layer[] => {
    const norm: Layer = { kind: 'layerNorm', name: `norm${i + 1}` }
    const residual = (...layers: readonly Layer[]): Residual => ({ kind: 'residual', name, layers })
    return layer.norm === 'pre' ? [residual(norm, sublayer)] : [residual(sublayer), norm]
  })
}
