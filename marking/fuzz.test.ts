import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fateOf } from '../bench/fuzzChecks.js'
import { exercises } from '../exercises/index.js'
import { hostileDocument } from './fixtures/hostileDocuments.js'
import { markContent } from './markFile.js'

/** Documents of each run; npm run measure:fuzz runs as many as are asked for. */
const documents = 500

/** Milliseconds of the processor that one document may take: what else the machine does is left out. */
const limit = 10_000

describe('hostile documents', () => {
  it.each([
    ['always the same ones', 1],
    ['others each time', Math.floor(Math.random() * 2 ** 31)],
  ])(
    'are marked or refused, and nothing that was read of them is lost: %s (seed %i)',
    async (_, seed) => {
      const troubles: string[] = []
      for (const [index, document] of fc.sample(hostileDocument(), { seed, numRuns: documents }).entries()) {
        const before = process.cpuUsage()
        const { troubles: own } = await fateOf(document)
        const { user, system } = process.cpuUsage(before)
        const milliseconds = (user + system) / 1000
        if (milliseconds > limit) troubles.push(`document ${index}: took ${Math.round(milliseconds)} ms`)
        for (const trouble of own) troubles.push(`document ${index} (${document.file}): ${trouble}`)
      }
      expect(troubles).toEqual([])
    },
    600_000,
  )
})

describe('what such documents have brought to light', () => {
  it.each([
    ['e^x where e is a symbol of the exercise too', '# Exercise 2.1 (a)\n\n$e^{1.443} = 4.933$\n', 'e^{1.443} = 4.933'],
    ['a calculation behind an index that is a letter', '$d_k = 512 / 8 = 65$\n', 'd_k = 512 / 8 = 65'],
    ['a calculation behind a sum of symbols', '$L = \\sum_i |f_i - g_i| = 4 \\cdot 2 = 9$\n', undefined],
  ])('%s is not lost', async (_, content, text) => {
    const { report } = await markContent('found.md', content, { exercises })
    const [claim, ...others] = report.claims.filter(({ verdict }) => verdict === 'arithmetic')
    expect(others).toEqual([])
    expect(claim).toMatchObject({ root: true, ...(text !== undefined && { text }) })
  })
})

describe('what is checked of a document', () => {
  it('is that all is well with a plain one', async () => {
    const content = '# Exercise 1.1 (b)\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n'
    expect(await fateOf({ file: 'plain.md', content })).toMatchObject({
      kind: 'marked',
      claims: expect.any(Number),
      troubles: [],
    })
  })

  it('is that nothing can be read of a binary one', async () => {
    expect(await fateOf({ file: 'binary.md', content: Uint8Array.of(0x89, 0x50, 0, 0xff, 0, 1) })).toMatchObject({
      kind: 'refused',
    })
  })
})
