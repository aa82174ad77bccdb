import { rowMajor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Quantity } from '../exercise.js'
import { symbolKey } from '../symbols.js'
import type { Aspect, ChainLayer } from './chain.js'

/** The words behind a layer's name in the names of its quantities, and spellings of their symbols before the layer's tag. */
const aspectWords: Readonly<Record<Aspect, { readonly suffix: string; readonly bases: readonly string[] }>> = {
  side: { suffix: 'Side', bases: ['n', 'w', 'h', 'W', 'H', 'side', 'size'] },
  shape: { suffix: 'Shape', bases: ['shape', 'output', 'out', 'tensor', 'y', 'dim', 'dimensions'] },
  parameters: { suffix: 'Parameters', bases: ['P', 'parameters', 'params', 'N', 'weights'] },
  receptiveField: { suffix: 'ReceptiveField', bases: ['r', 'R', 'RF', 'rf', 'receptive field'] },
  jump: { suffix: 'Jump', bases: ['j', 'J', 'jump'] },
  multiplyAdds: { suffix: 'MultiplyAdds', bases: ['M', 'macs', 'multiplications', 'mults', 'flops'] },
}

/** A layer's name as a script of symbols: letters and digits only. */
function tagOf({ tag, name }: ChainLayer): string {
  return tag ?? name.replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** Name and symbols of a layer's quantity. */
export function namesOf(
  layer: ChainLayer,
  aspect: Aspect,
): { readonly name: string; readonly symbols: readonly string[] } {
  const { suffix, bases } = aspectWords[aspect]
  const tag = tagOf(layer)
  const spellings = bases.flatMap((base) => [`${base}_{${tag}}`, ...(base.length > 2 ? [`${base} ${tag}`] : [])])
  const all = aspect === 'shape' ? [...spellings, layer.name] : spellings
  return { name: `${layer.name}${suffix}`, symbols: [...new Set(all.flatMap(stableKey))] }
}

/** The key of a spelling that is its own spelling too: `side_{flatten}` is read as two words where it is written `side_flatten`. */
function stableKey(spelling: string): readonly string[] {
  const key = symbolKey(spelling)
  const again = key === undefined ? undefined : symbolKey(key)
  return again !== undefined && symbolKey(again) === again ? [again] : []
}

/** An image's shape as height × width × channels. */
export function channelsLast(name: string): NonNullable<Quantity['alternatives']>[number] {
  return {
    note: 'written channels last, as height × width × channels',
    value(values) {
      const [channels, ...rest] = rowMajor(tensorOf(values, name))
      return tensor([rest.length + 1], [...rest, channels])
    },
  }
}
