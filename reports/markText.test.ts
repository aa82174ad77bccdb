import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { errorsIn, marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markText } from './markText.js'
import { displayWidth } from './words.js'

const uncoloured = pc.createColors(false)
const source = '# Exercise 1.1 (b)\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n\n$$\\delta_5 = 0.213$$\n'

function textOf(...args: Parameters<typeof someReport>): string {
  return markText(someReport(...args), uncoloured, false, source)
}

describe('markText', () => {
  it('shows an error on its line, with its place, what is said of it and what follows', () => {
    const carried = someClaim({
      line: 5,
      column: 14,
      endLine: 5,
      endColumn: 19,
      verdict: 'carried',
      root: false,
      carriedFrom: 3,
    })
    expect(textOf([someClaim(), carried])).toBe(`a.md

✗ arithmetic, line 3
     3 │ $$y_{target} - y_5 = 1 - 0.317 = 0.983$$
       │                                  ^^^^^
    1 - 0.317 is 0.683, not 0.983: one digit differs
    the exercise gives 0.683292, the values written before give 0.683192
    follows from line 3: 1 more value, right in itself, on line 5

  1 error to mend, on line 3; 1 more value follows from it
  1 carried, 1 arithmetic
`)
  })

  it('tells what is missing, what could not be read and what there is to say, in this order', () => {
    const missing = ['the output', 'the error'].map((message) =>
      someClaim({ verdict: 'missing', root: false, text: '', message }),
    )
    const right = someClaim({ verdict: 'correct', root: false, notes: ['w₁₅ read as w₃₅'] })
    const text = textOf([...missing, right], {
      exercises: [{ exercise: 'ntua/1.1b', convention: 'halved squared error' }],
      unread: [{ line: 5, text: 'what? = 3', why: 'a question' }],
      findings: [{ exercise: 'ntua/1.1b', line: null, finding: 'two conventions are mixed' }],
    })
    expect(text).toBe(`a.md
  ntua/1.1b (halved squared error)

  missing in ntua/1.1b: the output; the error
  note line 3: w₁₅ read as w₃₅
  note ntua/1.1b: two conventions are mixed
  unread line 5: what? = 3 (a question)

  1 correct, 2 missing, 1 unread
`)
  })

  it('leaves out what there is to say of what is right, where it is to be quiet', () => {
    const right = someClaim({ verdict: 'correct', root: false, notes: ['w₁₅ read as w₃₅'] })
    expect(markText(someReport([right]), uncoloured, true, source)).not.toContain('note')
  })

  it('shows the claim where its line is not known', () => {
    expect(markText(someReport([someClaim()]), uncoloured, false)).toContain(
      '     3 │ y_{target} - y_5 = 1 - 0.317 = 0.983\n',
    )
  })

  it('tells of the wrong entries of one matrix once', () => {
    const entries = [0, 1, 2].map((row) =>
      someClaim({
        index: [row, 1],
        message: `w should be ${row}`,
        verdict: 'wrong',
        explanations: [{ mistake: 'sign', explanation: 'a' }],
      }),
    )
    const text = textOf(entries)
    expect(text.match(/✗/g)).toHaveLength(1)
    expect(text).toContain('✗ wrong, line 3, at [0, 1]\n')
    expect(text).toContain('    at [1, 1]: w should be 1\n    at [2, 1]: w should be 2\n')
    expect(text.match(/consistent with/g)).toHaveLength(1)
    expect(text).toContain('  1 error to mend, on line 3\n  3 wrong\n')
  })

  it('names mistakes that explain an error', () => {
    const explanations = [{ mistake: 'sign', explanation: 'is what you get with the other sign.' }]
    expect(textOf([someClaim({ explanations })])).toContain(
      '    consistent with «sign»: this is what you get with the other sign.\n',
    )
  })

  it('gives no commands to the runner of a workflow, whatever a solution says', () => {
    const source = '::add-mask::secret\n##[group]x'
    const text = `${'a'.repeat(70)} ::error::x ##[error]y`
    const claims = [1, 2].map((line) => someClaim({ line, endLine: line, column: 1, endColumn: 5, message: text }))
    const printed = markText(someReport(claims, { file: '::error::x.md' }), uncoloured, false, source)
    for (const line of printed.split('\n')) expect(line).not.toMatch(/^\s*::|##\[/)
    expect(printed).toContain('error::x')
  })

  it('is no wider than a terminal, steers none, and says each root error once', () => {
    fc.assert(
      fc.property(marked, fc.boolean(), ({ report, source: any }, quiet) => {
        const text = markText(report, uncoloured, quiet, any)
        expect(text).toMatch(/[^\n]\n$/)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
        for (const line of text.split('\n'))
          if (line.split(' ').every((word) => word.length < 60)) expect(displayWidth(line)).toBeLessThanOrEqual(80)
        expect(text.match(/^✗ /gm) ?? []).toHaveLength(errorsIn(report))
      }),
      { numRuns: 200 },
    )
  })
})
