import { describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { readDocumentFile } from './document/reader.js'
import { labelledSolutions } from './fixtures/labelled.js'
import { markDocument, markShare } from './mark.js'
import { readingOptions } from './markFile.js'
import { type PlacedPart, reportOf } from './parts.js'

const names = ['ntua-1.1-1.4.md', 'ntua-2.1.md', 'fer-exam.md', 'hands/2.1-whole.ipynb', 'hands/1.1b-calculator.yaml']
const solutions = labelledSolutions().filter(({ path }) => names.some((name) => path.endsWith(`/${name}`)))

describe('shares of the marking of a file', () => {
  it.each(solutions)('$name: put together, they are the marking of the whole', async ({ path, exercise }) => {
    const options = { exercises, ...(exercise !== undefined && { exercise }) }
    const document = await readDocumentFile(path, readingOptions(options))
    const whole = JSON.stringify(await markDocument(document, options))
    for (const of of [1, 2, 3, 50]) {
      const parts: PlacedPart[] = []
      for (let index = 0; index < of; index++) parts.push(...(await markShare(document, options, { index, of })))
      expect(JSON.stringify(reportOf(document.file, parts.reverse()))).toBe(whole)
    }
  })

  it('are of about the same size', async () => {
    const [{ path }] = solutions.filter(({ name }) => name.includes('ntua-1.1-1.4'))
    const document = await readDocumentFile(path, readingOptions({ exercises }))
    const claims = await Promise.all(
      [0, 1].map(async (index) => {
        const parts = await markShare(document, { exercises }, { index, of: 2 })
        return parts.reduce((sum, { part }) => sum + part.claims.length, 0)
      }),
    )
    expect(Math.min(...claims)).toBeGreaterThan(Math.max(...claims) / 2)
  })
})
