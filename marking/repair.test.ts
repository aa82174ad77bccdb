import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exercises } from '../exercises/index.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise11c } from '../exercises/ntua/1.1c.js'
import type { Document } from './document/document.js'
import { readDocument } from './document/reader.js'
import { faultySolutions } from './fixtures/faulty.js'
import { documentOf, faultlessSolutions } from './fixtures/generated.js'
import { handwritten } from './fixtures/handwritten.js'
import { threeDecimals } from './fixtures/writings.js'
import { symbolsOf } from './markFile.js'
import { type Repair, repair, repairDocument } from './repair.js'

const solutionsFolder = fileURLToPath(new URL('../exercises/solutions', import.meta.url))

/** Milliseconds that repairs of many solutions may take on a busy machine. */
const limit = 300_000

/** Repairs a text as a file of this name would be. */
function mend(file: string, text: string, exercise?: Exercise): Promise<Repair> {
  const options = { exercises, ...(exercise !== undefined && { exercise: exercise.id }) }
  const read = (again: string): Document =>
    readDocument(file, again, { symbolsOf: (answered) => symbolsOf(answered, options) })
  return repairDocument(read(text), options, read)
}

const heading = '# Exercise 1.1 (b)\n\n'

describe('what is mended', () => {
  it('the root and all that follows from it, in the decimals of the solution', async () => {
    const { text, unmended } = await mend(
      'solution.md',
      `${heading}$y_3 = 0.731$\n\n$y_4 = 0.5$\n\n$a_5 = -2 + 0.731 + 0.5 = -0.796$\n\n$y_5 = \\frac{1}{1 + e^{0.796}} = 0.311$\n\n$t - y_5 = 1 - 0.311 = 0.689$\n`,
    )
    expect(text).toBe(
      `${heading}$y_3 = 0.731$\n\n$y_4 = 0.5$\n\n$a_5 = -2 + 0.731 + 0.5 = -0.769$\n\n$y_5 = \\frac{1}{1 + e^{0.769}} = 0.317$\n\n$t - y_5 = 1 - 0.317 = 0.683$\n`,
    )
    expect(unmended).toEqual([])
  })

  it('a numeral that was copied wrongly, and nothing beside it', async () => {
    const { text } = await mend('solution.md', `${heading}$y_5 = \\frac{1}{1 + e^{0.317}} = 0.317$\n`)
    expect(text).toBe(`${heading}$y_5 = \\frac{1}{1 + e^{0.769}} = 0.317$\n`)
  })

  it('a formula, in the symbols of the solution', async () => {
    const { text } = await mend('solution.md', `${heading}$\\delta_5 = (t - y_5) y_5 = 0.683 \\cdot 0.317 = 0.217$\n`)
    expect(text).toContain('\\delta_5 = ')
    expect(text).toContain('= 0.148$')
    expect(text).toMatch(/t/)
    expect(text).not.toContain('0.217')
  })

  it('one symbol of an answer in symbols', async () => {
    const { text, unmended } = await mend(
      'solution.md',
      '# Exercise 1.1 (a)\n\n- $Δw₁₃ = d₃$\n- $Δw₂₃ = d₃$\n- $Δw₁₄ = d₃$\n- $Δw₂₄ = −d₄$\n',
    )
    expect(text).toBe('# Exercise 1.1 (a)\n\n- $Δw₁₃ = d₃$\n- $Δw₂₃ = −d₃$\n- $Δw₁₄ = d₄$\n- $Δw₂₄ = −d₄$\n')
    expect(unmended).toEqual([])
  })

  it('counts and shapes', async () => {
    const { text } = await mend(
      'solution.md',
      '# Exercise 1.2\n\n(a) output dimensions = $54 \\times 55 \\times 3$\n\n(b) $\\text{Units} = 55 \\times 55 \\times 96 = 290{,}040$\n',
    )
    expect(text).toBe(
      '# Exercise 1.2\n\n(a) output dimensions = $55 \\times 55 \\times 96$\n\n(b) $\\text{Units} = 55 \\times 55 \\times 96 = 290{,}400$\n',
    )
  })

  it('an answer sheet, its comments and order kept', async () => {
    const { text } = await mend('sheet.yaml', '# mine\nntua/1.1b:\n  y_5: 0.371 # copied\n  error: 0.629\n')
    expect(text).toBe('# mine\nntua/1.1b:\n  y_5: 0.317 # copied\n  error: 0.683\n')
  })

  it('a line about nothing of the exercise, by its own arithmetic', async () => {
    const { text } = await mend('page.md', 'A page.\n\n$1 - 0.317 = 0.983$\n')
    expect(text).toBe('A page.\n\n$1 - 0.317 = 0.683$\n')
  })
})

describe("notation stays the hand's own", () => {
  it.each([
    ['decimal comma', '$y_5 = 0{,}371$', '$y_5 = 0{,}317$'],
    ['four decimals', '$y_5 = 0.3617$', '$y_5 = 0.3167$'],
    ['percent', '$y_5 = 37.1\\%$', '$y_5 = 31.7\\%$'],
    ['power of ten', '$y_5 = 3.71 \\cdot 10^{-1}$', '$y_5 = 3.17 \\cdot 10^{-1}$'],
    ['exponent', '$y_5 = 3.71e-1$', '$y_5 = 3.17e-1$'],
    ['no leading zero', '$y_5 = .371$', '$y_5 = .317$'],
    ['a long minus sign', '$a_5 = −0.796$', '$a_5 = −0.769$'],
    ['a sign that is missing', '$a_5 = 0.769$', '$a_5 = -0.769$'],
    ['a sign too many', '$y_5 = -0.317$', '$y_5 = 0.317$'],
  ])('%s', async (_, written, mended) => {
    const { text, unmended } = await mend('solution.md', `${heading}${written}\n`)
    expect(text).toBe(`${heading}${mended}\n`)
    expect(unmended).toEqual([])
  })

  it('a negative number behind a plus sign turns the sign', async () => {
    const { text } = await mend('solution.md', `${heading}$w_{23} = -1 + 0.029 = -0.971$\n`)
    expect(text).toBe(`${heading}$w_{23} = -1 - 0.029 = -1.029$\n`)
  })
})

describe('what is right, unread or missing', () => {
  it.each(['correct/1.1b.md', 'correct/1.1c.yaml', 'correct/1.2-1.4.json'])('%s stays byte for byte', async (name) => {
    const { diff, unmended } = await repair(`${solutionsFolder}/${name}`, { exercises })
    expect(diff).toBe('')
    expect(unmended).toEqual([])
  })

  it('an unread line stays, and what is missing is not invented', async () => {
    const { text, report } = await mend('solution.md', `${heading}$y_5 = \\oint ??$\n\n$y_5 = 0.371$\n`)
    expect(text).toBe(`${heading}$y_5 = \\oint ??$\n\n$y_5 = 0.317$\n`)
    expect(report.summary.missing).toBeGreaterThan(0)
  })

  it('what is answered in words is named, not mended', async () => {
    const { diff, unmended } = await mend(
      'solution.md',
      '# Exercise 1.1 (d)\n\nThe training accuracy increases. The test accuracy decreases.\n',
    )
    expect(diff).toBe('')
    expect(unmended.map(({ line }) => line)).toEqual([3, 3])
  })
})

describe('a repaired solution', () => {
  const labelled = readdirSync(solutionsFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(wrong|correct)\/|^ntua-1/.test(name) && /\.\w+$/.test(name))
    .sort()

  it.each(labelled)(
    '%s marks as right, and repairing it again changes nothing',
    async (name) => {
      const path = `${solutionsFolder}/${name}`
      const once = await repair(path, { exercises })
      expect(once.unmended).toEqual([])
      const again = await mend(path, once.text)
      expect(again.diff).toBe('')
    },
    limit,
  )

  it.each([exercise11b, exercise11c])(
    '$id, generated with one thing wrong, marks as right',
    async (exercise) => {
      const settled = { ...exercise, conventions: [] }
      const left: string[] = []
      let tried = 0
      for await (const solution of faultySolutions(settled)) {
        // Every seventh, so that all kinds of error come by.
        if (tried++ % 7 !== 0) continue
        if (tried > 100) break
        const read = (text: string): Document => handwritten(settled, text)
        const repaired = await repairDocument(documentOf(solution), { exercises: [settled] }, read)
        left.push(...repaired.unmended.map(({ line, text, why }) => `${solution.kind}, line ${line}: ${text} (${why})`))
        const again = await repairDocument(read(repaired.text), { exercises: [settled] }, read)
        if (again.diff !== '') left.push(`${solution.kind}: changed again\n${again.diff}`)
      }
      expect(tried).toBeGreaterThan(20)
      expect(left).toEqual([])
    },
    limit,
  )

  it(
    'is the same where nothing was wrong',
    async () => {
      const settled = { ...exercise11b, conventions: [] }
      const read = (text: string): Document => handwritten(settled, text)
      let tried = 0
      for await (const solution of faultlessSolutions(settled, 3, () => ({
        writing: threeDecimals,
        style: 'numerals',
      }))) {
        const { diff } = await repairDocument(documentOf(solution), { exercises: [settled] }, read)
        expect(diff).toBe('')
        if (++tried >= 6) break
      }
    },
    limit,
  )
})
