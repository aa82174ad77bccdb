import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from '../oracle/wire.js'
import { jsonPieces } from './jsonPieces.js'
import { Lazily, mapped } from './lazily.js'

const entry = fc.jsonValue({ maxDepth: 3 })

/** A value, and the same with lists in it that are made when they are gone through. */
const both = fc.letrec<{ node: { readonly eager: unknown; readonly lazy: unknown } }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    entry.map((value) => ({ eager: value, lazy: value })),
    fc.array(entry, { maxLength: 4 }).map((list) => ({ eager: list, lazy: mapped(list, (one) => one) })),
    fc.array(tie('node'), { maxLength: 3 }).map((nodes) => ({
      eager: nodes.map(({ eager }) => eager),
      lazy: nodes.map(({ lazy }) => lazy),
    })),
    fc.dictionary(fc.string(), tie('node'), { maxKeys: 3 }).map((nodes) => ({
      eager: Object.fromEntries(Object.entries(nodes).map(([key, { eager }]) => [key, eager])),
      lazy: Object.fromEntries(Object.entries(nodes).map(([key, { lazy }]) => [key, lazy])),
    })),
  ),
})).node

describe('JSON in pieces', () => {
  it('is the text that the whole value has, wherever lists are made as they are gone through', () => {
    fc.assert(
      fc.property(both, ({ eager, lazy }) => {
        expect([...jsonPieces(lazy)].join('')).toBe(stringify(eager, 2))
        expect(JSON.stringify(lazy)).toBe(JSON.stringify(eager))
      }),
      { numRuns: 5000 },
    )
  })

  it('leaves out what is undefined, and keeps −0', () => {
    const list = mapped([-0, 0.5], (x) => ({ x }))
    expect([...jsonPieces({ none: undefined, list, empty: mapped([], String) })].join('')).toBe(
      '{\n  "list": [\n    {\n      "x": -0.0\n    },\n    {\n      "x": 0.5\n    }\n  ],\n  "empty": []\n}',
    )
  })

  it('makes an entry when its piece is asked for, not before', () => {
    let made = 0
    const list = new Lazily(function* () {
      for (;;) yield ++made
    })
    const written: string[] = []
    for (const piece of jsonPieces({ list })) {
      written.push(piece)
      if (written.length > 7) break
      expect(made).toBeLessThanOrEqual(written.length)
    }
    expect(written.join('')).toContain('"list": [\n    1,\n    2,')
  })
})
