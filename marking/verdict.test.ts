import { describe, expect, test } from 'vitest'
import type { Range } from './boxes.js'
import { agreement, type Evidence, judge, type Written } from './verdict.js'

/** A number written with `half` a unit of its last place. */
function written(value: number, half: number): Written {
  return {
    rounded: [value - half, value + half],
    cut: value < 0 ? [value - 2 * half, value] : [value, value + 2 * half],
  }
}

const around = (value: number): Range => [value - 1e-6, value + 1e-6]

/** A claim of 0.148 whose line, step and truth all agree, with changes. */
function evidence(changes: Partial<Evidence>): Evidence {
  return {
    written: written(0.148, 0.0005),
    habit: 'rounds',
    line: [0.1478, 0.1482],
    steps: [{ range: around(0.1479), basis: 'own', rootLine: undefined }],
    fair: around(0.1479),
    truth: 0.14787,
    slips: true,
    ...changes,
  }
}

const wrongStep = { range: around(0.2128), basis: 'own', rootLine: 62 } as const

describe('the table of verdicts', () => {
  test('line, step and truth agree: correct', () => {
    expect(judge(evidence({})).verdict).toBe('correct')
  })

  test('no line, step and truth agree: correct', () => {
    expect(judge(evidence({ line: undefined })).verdict).toBe('correct')
  })

  test('the step agrees, the truth lies only in the image of the rounded data: rounded', () => {
    const steps = [{ range: [0.1476, 0.1484] as const, basis: 'own', rootLine: undefined } as const]
    expect(judge(evidence({ truth: 0.1473, steps, fair: [0.1472, 0.1486] })).verdict).toBe('rounded')
  })

  test('the step agrees, the truth does not: carried, with the line of the root', () => {
    const steps = [{ range: around(0.1479), basis: 'own', rootLine: 62 } as const]
    expect(judge(evidence({ truth: 0.2128, steps, fair: around(0.1479) }))).toMatchObject({
      verdict: 'carried',
      rootLine: 62,
    })
  })

  test('the line does not agree: arithmetic, whatever the truth', () => {
    expect(judge(evidence({ line: around(0.029) })).verdict).toBe('arithmetic')
    expect(judge(evidence({ line: around(0.029), truth: 0.5, steps: [wrongStep] })).verdict).toBe('arithmetic')
  })

  test('neither step nor truth agree: wrong', () => {
    expect(judge(evidence({ truth: 0.5, steps: [wrongStep], fair: around(0.2128) })).verdict).toBe('wrong')
  })

  test('the truth agrees, the step from a wrong rule does not: unsupported', () => {
    expect(judge(evidence({ steps: [wrongStep], fair: around(0.2128), slips: false })).verdict).toBe('unsupported')
  })

  test('the true value comes back after a slip of the pen: correct', () => {
    expect(judge(evidence({ steps: [wrongStep], fair: around(0.2128), slips: true })).verdict).toBe('correct')
  })

  test('the line’s own numerals, rounded as they are, allow the truth: rounded', () => {
    const line: Range = [0.1478, 0.15]
    expect(judge(evidence({ truth: 0.1495, steps: [wrongStep], fair: around(0.2128), line })).verdict).toBe('rounded')
    expect(judge(evidence({ truth: 0.151, steps: [wrongStep], fair: around(0.2128), line })).verdict).toBe('wrong')
  })

  test('a step from some wrong values and some mended ones: carried', () => {
    const steps = [wrongStep, { range: around(0.148), basis: 'mixed', rootLine: 70 } as const]
    expect(judge(evidence({ truth: 0.5, steps, fair: around(0.2128) }))).toMatchObject({
      verdict: 'carried',
      rootLine: 70,
    })
  })

  test('nothing but the line to judge by', () => {
    expect(judge(evidence({ truth: undefined, steps: [], fair: undefined })).verdict).toBe('correct')
    expect(judge(evidence({ truth: undefined, steps: [], fair: undefined, line: around(0.2) })).verdict).toBe(
      'arithmetic',
    )
  })
})

describe('digits', () => {
  test('ties round both ways', () => {
    expect(agreement(written(0.12, 0.005), [0.125, 0.125], 'rounds')).toBe('yes')
    expect(agreement(written(0.13, 0.005), [0.125, 0.125], 'rounds')).toBe('yes')
  })

  test('a value cut instead of rounded is rounded, and correct where the solution cuts', () => {
    const cut = evidence({ written: written(0.147, 0.0005), line: undefined })
    expect(judge(cut).verdict).toBe('rounded')
    expect(judge({ ...cut, habit: 'cuts' }).verdict).toBe('correct')
  })

  test.each([
    [2.24, 2.25],
    [-2.24, -2.25],
    [0.4, 0.5],
  ])('a value that needs no cutting is not cut to the next lower: %d is not %d', (claimed, truth) => {
    const half = claimed === 0.4 ? 0.05 : 0.005
    for (const habit of ['rounds', 'cuts'] as const) {
      const wrong = evidence({
        written: written(claimed, half),
        habit,
        line: undefined,
        steps: [],
        fair: undefined,
        truth,
      })
      expect(judge(wrong).verdict).toBe('wrong')
      // As the line's arithmetic works it out, give or take what float64 makes of it.
      expect(judge({ ...wrong, line: [truth - 1e-12, truth + 1e-12] }).verdict).toBe('arithmetic')
    }
  })

  test('a value that is nearer to the next than any digits is cut all the same', () => {
    const truth = 1 - 2.6e-13
    const cut = evidence({ written: written(0.999, 0.0005), habit: 'cuts', line: undefined, steps: [], truth })
    expect(judge(cut).verdict).toBe('correct')
  })

  test('a negative value is cut towards zero', () => {
    expect(agreement(written(-0.768, 0.0005), [-0.7689, -0.7689], 'cuts')).toBe('yes')
    expect(agreement(written(-0.769, 0.0005), [-0.7686, -0.7686], 'cuts')).toBe('by the other habit')
  })
})
