import { describe, expect, it } from 'vitest'
import { mistakes } from '../mistakes/index.js'
import { laws } from '../properties/index.js'
import { changedVerdicts, firstCatch, type Judgement, smallestCounterexample } from './lawPower.js'
import { lawsPage, summaryText } from './lawsPage.js'

const judgement = (seed: number, status: Judgement['status']): Judgement => ({
  variant: 'float32 (ieee)',
  operator: 'relu',
  law: 'never falls',
  seed,
  status,
  cases: 10,
})

const [first, second] = mistakes
const figures = {
  laws,
  mistakes: [first, second],
  caught: [
    { mistake: first, seed: 1, by: [{ law: 'agrees with the oracle', cases: 3 }] },
    { mistake: second, seed: 1, by: [] },
  ],
  lowered: { float16: [{ mistake: first, seed: 1, by: [] }] },
  judgements: [judgement(1, 'held'), judgement(2, 'suspicious')],
  counterexamples: [4, 13, undefined, 12],
  runs: 100,
  variantRuns: 10,
  mistakeSeeds: [1],
  variantSeeds: [1, 2],
}

describe('the page of figures', () => {
  const page = lawsPage(figures)

  it('names the laws that catch a mistake, and the case', () => {
    expect(page).toContain(`| ${first.name} | agrees with the oracle (3) |`)
  })

  it('shows a mistake that survives', () => {
    expect(page).toContain(`| ${second.name} | **none** |`)
    expect(page).toContain('| 1 of 2 (50 %) |')
  })

  it('names what only one law catches', () => {
    expect(page).toContain(`| ${first.operator}: agrees with the oracle | ${first.name} |`)
  })

  it('counts the counterexamples that a person can follow, and what the laws catch without the reference', () => {
    expect(page).toContain('| counterexamples of at most 12 elements, of a sample | 2 of 4 (50 %) |')
    expect(page).toContain('caught by a law that does not compare with the reference | 0 of 1 (0 %) |')
  })

  it('names what lower precision hides', () => {
    expect(page).toContain(`- float16: ${first.name}`)
  })

  it('names every false alarm, in print too', () => {
    expect(page).toContain('- suspicious: float32 (ieee), relu: never falls, 1 of 2 (50 %) seeds')
    expect(summaryText(figures)).toContain('suspicious: float32 (ieee), relu: never falls, 1 of 2 (50 %) seeds')
  })
})

describe('the measurement', () => {
  it('counts the verdicts that differ from what the same law says for most seeds', () => {
    expect(changedVerdicts([judgement(1, 'held'), judgement(2, 'held'), judgement(3, 'broken')])).toBe(1)
    expect(changedVerdicts([judgement(1, 'held'), judgement(2, 'held')])).toBe(0)
  })

  it('finds a small counterexample of a mistake', async () => {
    expect(await smallestCounterexample(first, 1, 20)).toBeLessThanOrEqual(12)
  })

  it('finds a law that a mistake breaks, in lower precision too', async () => {
    for (const precision of ['float64', 'float32', 'bfloat16'] as const) {
      const { by } = await firstCatch(first, 1, 20, precision)
      expect(by.length).toBeGreaterThan(0)
    }
  })
})
