import { describe, expect, it } from 'vitest'
import { mistakes } from '../mistakes/index.js'
import { laws } from '../properties/index.js'
import type { Judgement } from './honestVariants.js'
import type { Power } from './lawPower.js'
import { lawsPage, summaryText } from './lawsPage.js'

const [first, second, third] = mistakes
const own = laws.filter(({ operator }) => operator === first.operator)
const [byReference, byMathematics] = [
  own.find(({ kind }) => kind === 'oracle'),
  own.find(({ kind }) => kind === 'mathematics'),
].map((law) => law?.name ?? '')

const power = (mistake: string, by: Power['table'], rest: Partial<Power> = {}): Power => ({
  mistake,
  operator: first.operator,
  caught: [1, 2].map((seed) => ({ seed, by: by.slice(0, 1) })),
  table: by,
  lowered: { float32: by, float16: [], bfloat16: by },
  numerical: true,
  byTolerance: by,
  ...rest,
})

const judgement = (seed: number, alarms: Judgement['alarms']): Judgement => ({
  variant: 'float32 (ieee)',
  seed,
  verdicts: 10,
  cases: 50,
  alarms,
})

const figures = {
  laws: own,
  mistakes: [first, second, third],
  powers: [
    power(
      first.name,
      [
        { law: byReference, cases: 3 },
        { law: byMathematics, cases: 7 },
      ],
      { counterexample: { elements: 4, nonzero: 2 } },
    ),
    power(second.name, [{ law: byReference, cases: 6 }], {
      counterexample: { elements: 13, nonzero: 5 },
      byTolerance: [],
    }),
    power(third.name, [], { numerical: false }),
  ],
  judgements: [
    judgement(101, []),
    judgement(102, [
      { operator: first.operator, law: byMathematics, status: 'suspicious', message: 'off by 3 where 2 is allowed' },
    ]),
  ],
  runs: 100,
  tableRuns: 20,
  variantRuns: 5,
  mistakeSeeds: [1, 2],
  variantSeeds: [101, 102],
}

const numberOf = (law: string) => own.findIndex(({ name }) => name === law) + 1

describe('the page of figures', () => {
  const page = lawsPage(figures)

  it('numbers the laws that catch a mistake, and names the case', () => {
    expect(page).toContain(`| ${numberOf(byReference)} | ${byReference} | 2 | 1 |`)
    expect(page).toContain(`| ${first.name} | ${numberOf(byReference)} (3), ${numberOf(byMathematics)} (7) |`)
  })

  it('shows a mistake that survives, in print too', () => {
    expect(page).toContain(`| ${third.name} | **none** |`)
    expect(page).toContain('| mistakes caught within 100 cases a law, for each of 2 seeds | 2 of 3 (66.7 %) |')
    expect(summaryText(figures)).toContain(`survives with the seed 1, 2: ${third.name}`)
  })

  it('counts what the tolerances alone catch, of the mistakes that answer wrong numbers', () => {
    expect(page).toContain('tolerances alone call broken or suspicious in float32 | 1 of 2 (50 %) |')
    expect(page).toContain(`- from the tolerances alone, in float32: ${second.name}\n`)
  })

  it('counts the gross mistakes that show without the reference', () => {
    expect(page).toContain('| mistakes caught by a law that does not compare with the reference | 1 of 3 (33.3 %) |')
    expect(page).toContain(
      '(seen within 5 cases) caught by a law that does not compare with the reference | 1 of 1 (100 %)',
    )
  })

  it('counts the counterexamples that a person can follow, and names the others', () => {
    expect(page).toContain('| counterexamples of at most 12 elements | 1 of 3 (33.3 %) |')
    expect(page).toContain('| counterexamples of at most 12 elements that are not 0 | 2 of 3 (66.7 %) |')
    expect(page).toContain(`${second.name} (13, 5 not 0); ${third.name} (none found).`)
  })

  it('names what lower precision hides', () => {
    expect(page).toContain(`- float32: ${third.name}`)
    expect(page).toContain(`- float16: ${[first, second, third].map(({ name }) => name).join('; ')}`)
  })

  it('names every false alarm, in print too, and counts the verdicts that a seed changes', () => {
    const alarm = `suspicious: float32 (ieee), ${first.operator}: ${byMathematics}, 1 of 2 (50 %) seeds; off by 3`
    expect(page).toContain(`- ${alarm}`)
    expect(summaryText(figures)).toContain(alarm)
    expect(page).toContain('| honest implementations called broken | 0 of 20 (0 %) |')
    expect(page).toContain('| verdicts that changed with the seed (flakiness) | 1 of 20 (5 %) |')
  })

  it('says which laws deserve a second look, and which catch what no other law does', () => {
    const idle = own.filter(({ name }) => name !== byReference && name !== byMathematics)
    expect(page).toContain(`- ${first.operator}: ${idle.map(({ name }) => name).join('; ')}`)
    expect(page).toContain(`| ${byReference} | ${first.operator} | 2 | 1 |`)
    expect(page).toContain(`| ${byMathematics} | ${first.operator} | 1 | 1 |`)
  })
})
