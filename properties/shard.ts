import { contract } from '../oracle/index.js'
import type { Law } from './law.js'

/**
 * The laws of shard `index` of `of`, in the order in which they were given. Which these are depends on the set of laws alone: every
 * law is in exactly one shard. Shards cost about the same, for laws that cost alike (the same law of operators with as many inputs)
 * are dealt out one by one, forth and back. Throws a RangeError where `index` is no whole number from 1 to `of`.
 */
export function shardOf(laws: readonly Law[], index: number, of: number): readonly Law[] {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(of) || index < 1 || index > of)
    throw new RangeError(`a shard should be 1 to ${of} of ${of}, got ${index}/${of}`)
  const dealt = new Set([...laws].sort(byCost).filter((_, place) => shardAt(place, of) === index))
  return laws.filter((law) => dealt.has(law))
}

/** To whom the law at this place is dealt: 1, 2, 3, 3, 2, 1, 1, … */
function shardAt(place: number, of: number): number {
  const round = place % (2 * of)
  return round < of ? round + 1 : 2 * of - round
}

/** Laws of a kind and name together, operators with many inputs first: a total order, whatever order laws are given in. */
function byCost(a: Law, b: Law): number {
  return order(a.kind, b.kind) || order(a.name, b.name) || inputsOf(b) - inputsOf(a) || order(a.operator, b.operator)
}

function inputsOf({ operator }: Law): number {
  return Object.keys(contract[operator]?.inputs ?? {}).length
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
