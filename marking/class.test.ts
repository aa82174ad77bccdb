import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asOneReport, classSummary, type Submission } from './class.js'
import { submittedFiles } from './classFolder.js'
import { claimOf, reportOf } from './fixtures/claims.js'
import type { Claim } from './report.js'

function submission(name: string, ...claims: readonly Claim[]): Submission {
  return { name, reports: [reportOf(claims, name)] }
}

const swapped = { mistake: 'deltas swapped', explanation: 'is what you get when the two deltas are exchanged' }

describe('the summary of a class', () => {
  it('counts people, not claims: a step that one person gets wrong twice is wrong once', () => {
    const { steps, errors } = classSummary(
      [
        submission('a', claimOf('delta3', 'wrong'), claimOf('delta3', 'arithmetic')),
        submission('b', claimOf('delta3', 'wrong', { explanations: [swapped] }), claimOf('y5', 'correct')),
        submission('c', claimOf('delta3', 'correct'), claimOf('y5', 'arithmetic')),
        submission('d', claimOf('delta3', 'missing')),
      ],
      undefined,
    )
    expect(steps[0]).toEqual({
      exercise: 'ntua/1.1b',
      quantity: 'delta3',
      answered: 3,
      wrong: 2,
      slips: 1,
      unexplained: 1,
      mistakes: [{ ...swapped, solutions: 1 }],
    })
    expect(steps[1]).toMatchObject({ quantity: 'y5', answered: 2, wrong: 1, slips: 1 })
    expect(errors).toEqual([
      { errors: 0, solutions: 1 },
      { errors: 1, solutions: 2 },
      { errors: 2, solutions: 1 },
    ])
  })

  it('what only follows from an error is no step that goes wrong', () => {
    const carried = claimOf('delta3', 'carried', { carriedFrom: 3 })
    const follows = claimOf('delta4', 'wrong', { root: false, carriedFrom: 3 })
    expect(classSummary([submission('a', carried, follows)], undefined).steps).toEqual([])
  })

  it('finds wrong values that look alike, to the digits that each has', () => {
    const wrong = (claimed: number, said: Partial<Claim> = {}) =>
      claimOf('delta3', 'wrong', { claimed, expected: 0.029, ...said })
    const { lookalikes } = classSummary(
      [
        submission('a', wrong(0.412)),
        submission('b', wrong(0.4118)),
        submission('c', wrong(0.41)),
        submission('d', wrong(0.5)),
        submission('e', wrong(0.412, { explanations: [swapped] })),
        submission('f', wrong(0.412, { quantity: 'delta4' })),
      ],
      undefined,
    )
    expect(lookalikes).toEqual([
      { exercise: 'ntua/1.1b', quantity: 'delta3', index: null, value: 0.4118, solutions: ['a', 'b', 'c'] },
    ])
  })

  it('finds them behind earlier errors, which they carry', () => {
    // Twice what follows from the right earlier values, and from wrong ones that are half as large.
    const right = claimOf('delta3', 'wrong', { claimed: 0.058, expected: 0.029, carriedValue: 0.029 })
    const behind = claimOf('delta3', 'wrong', { claimed: 0.029, expected: 0.029, carriedValue: 0.0145 })
    const { lookalikes } = classSummary([submission('a', right), submission('b', behind)], undefined)
    expect(lookalikes).toMatchObject([{ value: 0.058, solutions: ['a', 'b'] }])
  })

  it('names conventions and what is left out, the most frequent first', () => {
    const left = (quantity: string) => claimOf(quantity, 'missing', { message: `the ${quantity}` })
    const { conventions, missing } = classSummary(
      [submission('a', left('y5')), submission('b', left('error'), left('y5')), submission('c')],
      undefined,
    )
    expect(conventions).toEqual([{ exercise: 'ntua/1.1b', convention: 'halved squared error', solutions: 3 }])
    expect(missing.map(({ quantity, solutions }) => [quantity, solutions])).toEqual([
      ['y5', 2],
      ['error', 1],
    ])
  })

  it('has mean, median and extremes of points', () => {
    const points = [4, 10, 1, 8].map((score, i) => ({
      ...{ solution: String(i), score, maximum: 10, exercises: [], quantities: [] },
    }))
    expect(classSummary([], points).points).toEqual({ maximum: 10, mean: 5.75, median: 6, least: 1, most: 10 })
  })

  it('several files of one person are one report', () => {
    const one = reportOf([claimOf('y5', 'correct')], 'ada/1.md')
    const two = reportOf([claimOf('y5', 'wrong'), claimOf('y3', 'correct')], 'ada/2.md')
    const { file, claims, summary } = asOneReport({ name: 'ada', reports: [one, two] })
    expect({ file, claims: claims.length, right: summary.correct, wrong: summary.wrong }).toEqual({
      ...{ file: 'ada', claims: 3, right: 2, wrong: 1 },
    })
  })

  it('what one file of a person lacks and another has is not missing, and what both lack is missing once', () => {
    const one = reportOf([claimOf('y5', 'correct'), claimOf('y3', 'missing'), claimOf('y4', 'missing')])
    const two = reportOf([claimOf('y5', 'missing'), claimOf('y3', 'wrong'), claimOf('y4', 'missing')])
    const ada = { name: 'ada', reports: [one, two] }
    expect(asOneReport(ada).summary).toMatchObject({ correct: 1, wrong: 1, missing: 1 })
    expect(classSummary([ada], undefined).missing).toMatchObject([{ quantity: 'y4', solutions: 1 }])
  })
})

describe('a folder of solutions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'answerkey-class-'))
  const made = (...names: readonly string[]): string => {
    const root = mkdtempSync(join(folder, 'of-'))
    for (const name of names) {
      mkdirSync(join(root, name, '..'), { recursive: true })
      writeFileSync(join(root, name), 'x')
    }
    return root
  }
  const listed = (root: string) => {
    const { files, leftOut } = submittedFiles(root)
    const below = (path: string) => path.slice(root.length + 1)
    return { files: files.map(({ file, solution }) => [below(file), below(solution)]), leftOut: leftOut.map(below) }
  }

  it('holds a file a person, in alphabetical order', () => {
    expect(listed(made('bob.md', 'ada.TXT', 'cyd.ipynb'))).toEqual({
      files: ['ada.TXT', 'bob.md', 'cyd.ipynb'].map((name) => [name, name]),
      leftOut: [],
    })
  })

  it('of folders holds a person in each', () => {
    expect(listed(made('ada/2.md', 'ada/1.md', 'bob/solution.tex')).files).toEqual([
      ['ada/1.md', 'ada'],
      ['ada/2.md', 'ada'],
      ['bob/solution.tex', 'bob/solution.tex'],
    ])
  })

  it('of files and folders holds a solution in each file', () => {
    expect(listed(made('ada.md', 'late/bob.md', 'late/cyd.md')).files.map(([, solution]) => solution)).toEqual([
      'ada.md',
      'late/bob.md',
      'late/cyd.md',
    ])
  })

  it('names what is no solution, and passes over what nobody handed in', () => {
    const root = made('ada.md', 'scan.pdf', '.DS_Store', '__MACOSX/ada.md', 'node_modules/x/readme.md')
    symlinkSync(root, join(root, 'itself'))
    expect(listed(root)).toEqual({ files: [['ada.md', 'ada.md']], leftOut: ['itself', 'scan.pdf'] })
  })

  it('that is a file is that file, whatever its ending', () => {
    const root = made('ada.pdf')
    const path = join(root, 'ada.pdf')
    expect(submittedFiles(path)).toEqual({ files: [{ file: path, solution: path }], leftOut: [] })
  })
})
