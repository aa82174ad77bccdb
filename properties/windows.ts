import type { Attributes } from '../oracle/contract.js'
import { compare } from './comparison.js'
import { turned, turnedBack } from './images.js'
import type { Law } from './law.js'
import { law, type Relation, takenFrom } from './relations.js'
import { pair } from './shapes.js'

/** Every so many-th position, from the first. */
export function every(step: number, length: number): number[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step)
}

/** Pairs as [width, height]; what is no pair as it is. */
function swappedPairs(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'object' ? value.toReversed() : value]),
  )
}

/** A window that moves by a stride stops at every so many-th of the places where one stops that moves by 1. */
export function leavesOutPositions(relation: Relation): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [vertical, horizontal] = pair(attributes.stride)
      const plain = await subject.forward(inputs, attributes)
      const { y: all } = await subject.forward(inputs, { ...attributes, stride: [1, 1] })
      const rows = takenFrom(all, 2, every(vertical, all.shape[2]))
      return compare('y', plain.y, takenFrom(rows, 3, every(horizontal, all.shape[3])))
    },
  })
}

/** With rows and columns exchanged in `images`, and in the attributes that are pairs, they are exchanged in y. */
export function treatsRowsLikeColumns(relation: Relation & { images: readonly string[] }): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const others = Object.fromEntries(relation.images.map((name) => [name, turned(inputs[name])]))
      const { y } = await subject.forward({ ...inputs, ...others }, swappedPairs(attributes))
      return compare('y, all exchanged,', turnedBack(y), plain.y)
    },
  })
}
