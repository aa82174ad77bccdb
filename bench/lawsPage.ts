import type { Mistake } from '../mistakes/index.js'
import type { Law } from '../properties/index.js'
import { type Caught, changedVerdicts, comparesWithOracle, grouped, isGross, type Judgement } from './lawPower.js'

/** All that was measured, and how. */
export interface Figures {
  readonly laws: readonly Law[]
  readonly mistakes: readonly Mistake[]
  readonly caught: readonly Caught[]
  /** The same for one seed and implementations of lower precision, up to the first law that breaks. */
  readonly lowered: Readonly<Record<string, readonly Caught[]>>
  readonly judgements: readonly Judgement[]
  /** Elements of the counterexamples of some of the mistakes; undefined where no law broke. */
  readonly counterexamples: readonly (number | undefined)[]
  readonly runs: number
  readonly variantRuns: number
  readonly mistakeSeeds: readonly number[]
  readonly variantSeeds: readonly number[]
}

function share(part: number, whole: number): string {
  return `${part} of ${whole} (${whole === 0 ? 0 : Number(((100 * part) / whole).toPrecision(3))} %)`
}

/** The headline figures: what, and the figure. */
function headlines(figures: Figures): readonly [string, string][] {
  const { laws, mistakes, caught, lowered, judgements, runs, mistakeSeeds } = figures
  const comparing = laws.filter(comparesWithOracle)
  const caughtOtherwise = ({ by }: Caught) => by.some((each) => comparing.every(({ name }) => name !== each.law))
  const otherwise = ofFirstSeed(figures).filter(caughtOtherwise)
  const gross = ofFirstSeed(figures).filter(isGross)
  const small = figures.counterexamples.filter((size) => size !== undefined && size <= 12)
  const alwaysCaught = mistakes.filter((mistake) =>
    caught.every((result) => result.mistake !== mistake || result.by.length > 0),
  )
  const soonest = ofFirstSeed(figures)
    .flatMap(({ by }) => by.slice(0, 1).map(({ cases }) => cases))
    .toSorted((a, b) => a - b)
  const judged = judgements.filter(({ status }) => status !== 'skipped')
  const count = (...statuses: readonly string[]) => judged.filter(({ status }) => statuses.includes(status)).length
  const cases = judged.reduce((sum, judgement) => sum + judgement.cases, 0)
  return [
    ['laws', String(laws.length)],
    [
      `mistakes caught within ${runs} cases a law, for each of ${mistakeSeeds.length} seeds`,
      share(alwaysCaught.length, mistakes.length),
    ],
    ['mistakes caught by a law that does not compare with the reference', share(otherwise.length, mistakes.length)],
    [
      'gross mistakes (seen within 5 cases) caught by a law that does not compare with the reference',
      share(gross.filter(caughtOtherwise).length, gross.length),
    ],
    ['counterexamples of at most 12 elements, of a sample', share(small.length, figures.counterexamples.length)],
    ...Object.entries(lowered).map(([precision, results]): [string, string] => [
      `mistakes caught in a ${precision} implementation`,
      share(results.filter(({ by }) => by.length > 0).length, results.length),
    ]),
    ['cases until the first law breaks, median', String(soonest[Math.floor(soonest.length / 2)])],
    ['cases until the first law breaks, most', String(soonest.at(-1))],
    ['honest implementations called broken', share(count('broken', 'errored'), judged.length)],
    ['honest implementations called suspicious', share(count('suspicious'), judged.length)],
    ['cases that the honest implementations were checked on', String(cases)],
    ['verdicts that changed with the seed', share(changedVerdicts(judged), judged.length)],
  ]
}

/** For the first seed: each mistake with its catches. */
function ofFirstSeed({ caught, mistakeSeeds }: Figures): readonly Caught[] {
  return caught.filter(({ seed }) => seed === mistakeSeeds[0])
}

/** For each law the mistakes that no other law catches, for the first seed. */
function onlyCatches(figures: Figures): ReadonlyMap<string, Caught[]> {
  const lonely = ofFirstSeed(figures).filter(({ by }) => by.length === 1)
  return grouped(lonely, ({ mistake, by }) => `${mistake.operator}: ${by[0].law}`)
}

function catchesText({ by }: Caught): string {
  return by.length === 0 ? '**none**' : by.map(({ law, cases }) => `${law} (${cases})`).join('; ')
}

/** The false alarms, one line for each variant and law. */
function alarms(figures: Figures): readonly string[] {
  const flagged = figures.judgements.filter(({ status }) => status !== 'held' && status !== 'skipped')
  return [
    ...grouped(flagged, ({ variant, operator, law, status }) => `${status}: ${variant}, ${operator}: ${law}`),
  ].map(
    ([what, group]) => `${what}, ${share(group.length, figures.variantSeeds.length)} seeds; ${group[0].message ?? ''}`,
  )
}

/** What the program prints. */
export function summaryText(figures: Figures): string {
  const only = onlyCatches(figures)
  return [
    ...ofFirstSeed(figures).map((caught) => `${caught.mistake.name}: ${catchesText(caught)}`),
    '',
    'What only one law catches:',
    ...[...only].map(([law, group]) => `  ${law}: ${group.map(({ mistake }) => mistake.name).join('; ')}`),
    '',
    'False alarms:',
    ...alarms(figures).map((alarm) => `  ${alarm}`),
    '',
    ...headlines(figures).map(([what, figure]) => `${what}: ${figure}`),
  ].join('\n')
}

/** The generated page docs/laws.md. */
export function lawsPage(figures: Figures): string {
  const { mistakes, runs, variantRuns, mistakeSeeds, variantSeeds, lowered, judgements } = figures
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    '',
  ]
  const operators = [...new Set(mistakes.map(({ operator }) => operator))]
  const variants = [...new Set(judgements.map(({ variant }) => variant))]
  const alarmLines = alarms(figures)
  return [
    '# How strong the laws are',
    '',
    'Generated by `npm run measure:laws`; do not edit. Every figure on this page can be made again with that command.',
    '',
    `Each known mistake, a wrong operator, runs against the laws of its operator with ${runs} cases a law, for the seeds ${mistakeSeeds.join(', ')}.`,
    `Honest implementations, which differ from the reference in nothing but rounding, run against all laws with ${variantRuns} cases a law, for`,
    `${variantSeeds.length} seeds. \`broken\` and \`errored\` condemn an implementation; \`suspicious\` is reported apart. A verdict is one law on one`,
    'implementation for one seed.',
    '',
    ...table(['figure', 'value'], headlines(figures)),
    '## False alarms',
    '',
    ...(alarmLines.length === 0 ? ['None.'] : alarmLines.map((line) => `- ${line}`)),
    '',
    'Honest implementations (and the profile of their platform):',
    '',
    ...variants.map((name) => `- ${name}`),
    '',
    '## Mistakes that lower precision hides',
    '',
    ...Object.entries(lowered).flatMap(([precision, results]) => {
      const hidden = results.filter(({ by }) => by.length === 0).map(({ mistake }) => mistake.name)
      return [`- ${precision}: ${hidden.length === 0 ? 'none' : hidden.join('; ')}`]
    }),
    '',
    '## Mistakes, and the laws that catch them',
    '',
    `In parentheses the number of the first case, of at most ${runs}, that shows it (seed ${mistakeSeeds[0]}).`,
    '',
    ...operators.flatMap((operator) => [
      `### ${operator}`,
      '',
      ...table(
        ['mistake', 'laws that catch it'],
        ofFirstSeed(figures)
          .filter(({ mistake }) => mistake.operator === operator)
          .map((caught) => [caught.mistake.name, catchesText(caught)]),
      ),
    ]),
    '## Mistakes that only one law catches',
    '',
    ...table(
      ['law', 'only it catches'],
      [...onlyCatches(figures)].map(([law, group]) => [law, group.map(({ mistake }) => mistake.name).join('; ')]),
    ),
  ].join('\n')
}
