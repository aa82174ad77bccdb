import fc from 'fast-check'
import { type Tensor, tensor } from '../../oracle/tensor.js'
import { drawMask, maskings } from '../attention.js'
import { readable } from './tensors.js'

/** Which keys a query may attend to: any, none after the query itself, or the first so many, the same for every query. */
export type MaskKind = 'any' | 'causal' | 'padding'

/**
 * Attention masks [queries, keys]: 1 where a query may attend to a key, 0 where not. No query is left without a key. They shrink
 * towards masks that allow all that their kind allows.
 */
export function masks(queries: number, keys: number, kind: MaskKind = 'any'): fc.Arbitrary<Tensor> {
  const entries = (allowed: (t: number, s: number) => boolean): Tensor =>
    readable(
      tensor(
        [queries, keys],
        Float64Array.from({ length: queries * keys }, (_, i) => (allowed(Math.floor(i / keys), i % keys) ? 1 : 0)),
      ),
    )
  if (kind === 'padding') return fc.integer({ min: 0, max: keys - 1 }).map((left) => entries((_, s) => s < keys - left))
  return maskings.map((masking) => {
    const drawn = drawMask(queries, keys, masking, kind === 'causal')
    return entries((t, s) => drawn.get(t, s) === 1 && (kind === 'any' || s <= t))
  })
}

export interface SequenceConstraints {
  /** Token ids are below this; 10 where not given. */
  readonly vocabulary?: number
  /** Tokens of a sequence at most; 6 where not given. The least is 1. */
  readonly mostLength?: number
  /** Sequences of a batch at most; 3 where not given. The least is 1. */
  readonly mostSequences?: number
}

/** A batch of token sequences of unequal length. */
export interface Sequences {
  /** [N, T], T being the longest sequence's length; 0 after the end of a shorter one. */
  readonly ids: Tensor
  /** [N], 1 … T. */
  readonly lengths: Tensor
}

/** Batches of token ids; they shrink to one sequence of one token, and to ids of 0. */
export function sequences({
  vocabulary = 10,
  mostLength = 6,
  mostSequences = 3,
}: SequenceConstraints = {}): fc.Arbitrary<Sequences> {
  const sequence = fc.array(fc.nat(vocabulary - 1), { minLength: 1, maxLength: mostLength, size: 'max' })
  return fc.array(sequence, { minLength: 1, maxLength: mostSequences, size: 'max' }).map((rows) => {
    const T = Math.max(...rows.map((row) => row.length))
    const ids = rows.flatMap((row) => Array.from({ length: T }, (_, t) => row[t] ?? 0))
    const lengths = rows.map((row) => row.length)
    return { ids: readable(tensor([rows.length, T], ids)), lengths: readable(tensor([rows.length], lengths)) }
  })
}
