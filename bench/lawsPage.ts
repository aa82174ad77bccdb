import type { Mistake } from '../mistakes/index.js'
import type { Law } from '../properties/index.js'
import { changedVerdicts, type Judgement } from './honestVariants.js'
import type { Extent } from './lawCampaign.js'
import {
  type Catch,
  comparesWithOracle,
  grossWithin,
  grouped,
  isGross,
  loweredPrecisions,
  type Power,
  type Size,
} from './lawPower.js'
import { secondLook } from './secondLook.js'

/** All that was measured, and how. */
export interface Figures extends Omit<Extent, 'operators'> {
  readonly laws: readonly Law[]
  readonly mistakes: readonly Mistake[]
  readonly powers: readonly Power[]
  readonly judgements: readonly Judgement[]
}

/** A counterexample of so many elements can be followed by a person. */
const followable = 12

function share(part: number, whole: number): string {
  return `${part} of ${whole} (${whole === 0 ? 0 : Number(((100 * part) / whole).toPrecision(3))} %)`
}

function isCaught({ by }: { readonly by: readonly Catch[] }): boolean {
  return by.length > 0
}

function isCaughtOtherwise(power: Power, laws: readonly Law[]): boolean {
  return power.table.some(({ law }) => laws.some((each) => each.name === law && !comparesWithOracle(each)))
}

function namesOf(powers: readonly Power[]): string {
  return powers.map(({ mistake }) => mistake).join('; ') || 'none'
}

/** The headline figures: what, and the figure. */
function headlines(figures: Figures): readonly [string, string][] {
  const { laws, mistakes, powers, judgements, runs, mistakeSeeds } = figures
  const caughtOtherwise = (power: Power) => isCaughtOtherwise(power, laws)
  const gross = powers.filter(isGross)
  const numerical = powers.filter((power) => power.numerical)
  const small = (part: keyof Size) =>
    powers.filter(({ counterexample: size }) => size !== undefined && size[part] <= followable).length
  const soonest = powers.flatMap(({ table }) => table.slice(0, 1).map(({ cases }) => cases)).toSorted((a, b) => a - b)
  const alarms = judgements.flatMap((judgement) => judgement.alarms)
  const count = (...statuses: readonly string[]) => alarms.filter(({ status }) => statuses.includes(status)).length
  const sum = (part: 'verdicts' | 'cases') => judgements.reduce((total, judgement) => total + judgement[part], 0)
  const verdicts = sum('verdicts')
  return [
    ['operators', String(new Set(laws.map(({ operator }) => operator)).size)],
    ['laws', String(laws.length)],
    ['mistakes measured', share(powers.length, mistakes.length)],
    [
      `mistakes caught within ${runs} cases a law, for each of ${mistakeSeeds.length} seeds`,
      share(powers.filter(({ caught }) => caught.every(isCaught)).length, powers.length),
    ],
    [
      'mistakes caught for some of these seeds only',
      share(powers.filter(({ caught }) => caught.some(isCaught) && !caught.every(isCaught)).length, powers.length),
    ],
    [
      'reach: numerical mistakes that the derived tolerances alone call broken or suspicious in float32',
      share(numerical.filter(({ byTolerance }) => byTolerance.length > 0).length, numerical.length),
    ],
    [
      'mistakes caught by a law that does not compare with the reference',
      share(powers.filter(caughtOtherwise).length, powers.length),
    ],
    [
      `gross mistakes (seen within ${grossWithin} cases) caught by a law that does not compare with the reference`,
      share(gross.filter(caughtOtherwise).length, gross.length),
    ],
    [`counterexamples of at most ${followable} elements`, share(small('elements'), powers.length)],
    [`counterexamples of at most ${followable} elements that are not 0`, share(small('nonzero'), powers.length)],
    ...loweredPrecisions.map((precision): [string, string] => [
      `mistakes caught in a ${precision} implementation`,
      share(powers.filter(({ lowered }) => (lowered[precision] ?? []).length > 0).length, powers.length),
    ]),
    ['cases until the first law breaks, median', String(soonest[Math.floor(soonest.length / 2)])],
    ['cases until the first law breaks, most', String(soonest.at(-1))],
    ['honest implementations called broken', share(count('broken', 'errored'), verdicts)],
    ['honest implementations called suspicious', share(count('suspicious'), verdicts)],
    ['cases that the honest implementations were checked on', String(sum('cases'))],
    ['verdicts that changed with the seed (flakiness)', share(changedVerdicts(judgements), verdicts)],
  ]
}

/** The false alarms, one line for each variant and law. */
function alarmLines({ judgements, variantSeeds }: Figures): readonly string[] {
  const all = judgements.flatMap(({ variant, alarms }) => alarms.map((alarm) => ({ variant, ...alarm })))
  return [...grouped(all, ({ variant, operator, law, status }) => `${status}: ${variant}, ${operator}: ${law}`)].map(
    ([what, group]) => `${what}, ${share(group.length, variantSeeds.length)} seeds; ${group[0]?.message ?? ''}`,
  )
}

/** What the program prints. */
export function summaryText(figures: Figures): string {
  return [
    ...figures.powers
      .filter((power) => !power.caught.every(isCaught))
      .map(({ mistake, caught }) => {
        const seeds = caught.filter((each) => !isCaught(each)).map(({ seed }) => seed)
        return `survives with the seed ${seeds.join(', ')}: ${mistake}`
      }),
    ...alarmLines(figures),
    ...headlines(figures).map(([what, figure]) => `${what}: ${figure}`),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    '',
  ]
}

/** Two tables of an operator: its laws, numbered, with what they catch; its mistakes, with the numbers of those that catch them. */
function operatorTables(operator: string, { laws, powers }: Figures): readonly string[] {
  const own = laws.filter((law) => law.operator === operator).map(({ name }) => name)
  const mistaken = powers.filter((power) => power.operator === operator)
  const catchers = mistaken.map((power) => power.table.map(({ law }) => law))
  const numberOf = new Map(own.map((name, i) => [name, i + 1]))
  const catching = own.filter((name) => catchers.some((names) => names.includes(name)))
  return [
    `### ${operator}`,
    '',
    ...table(
      ['№', 'law', 'mistakes it catches', 'that no other law does'],
      catching.map((name) => [
        String(numberOf.get(name)),
        name,
        String(catchers.filter((names) => names.includes(name)).length),
        String(catchers.filter((names) => names.length === 1 && names[0] === name).length),
      ]),
    ),
    ...table(
      ['mistake', 'laws that catch it'],
      mistaken.map((power) => [
        power.mistake,
        power.table.map(({ law, cases }) => `${numberOf.get(law)} (${cases})`).join(', ') || '**none**',
      ]),
    ),
  ]
}

/** The generated page docs/laws.md. */
export function lawsPage(figures: Figures): string {
  const { laws, powers, judgements, runs, tableRuns, variantRuns, mistakeSeeds, variantSeeds } = figures
  const operators = [...new Set(laws.map(({ operator }) => operator))]
  const variants = [...new Set(judgements.map(({ variant }) => variant))]
  const alarms = alarmLines(figures)
  const hidden = (caught: (power: Power) => boolean) => namesOf(powers.filter((power) => !caught(power)))
  return [
    '# How strong the laws are',
    '',
    'Generated by `npm run measure:laws`; do not edit. Every figure on this page can be made again with that command.',
    '',
    `Each known mistake, a wrong operator, runs against the laws of its operator with ${runs} cases a law, for the seeds ${mistakeSeeds.join(', ')}.`,
    `Honest implementations, which differ from the reference in nothing but rounding, run against all laws with ${variantRuns} cases a law, for`,
    `${variantSeeds.length} seeds from ${variantSeeds[0]} to ${variantSeeds.at(-1)}. \`broken\` and \`errored\` condemn an implementation; \`suspicious\` is reported apart. A verdict is one`,
    'law on one implementation for one seed. A mistake is numerical where it answers wrong numbers, and not only what it should refuse.',
    '',
    ...table(['figure', 'value'], headlines(figures)),
    '## False alarms',
    '',
    ...(alarms.length === 0 ? ['None.'] : alarms.map((line) => `- ${line}`)),
    '',
    'Honest implementations (and the profile of their platform):',
    '',
    ...variants.map((name) => `- ${name}`),
    '',
    '## Mistakes that lower precision hides',
    '',
    `- from the tolerances alone, in float32: ${hidden((power) => !power.numerical || power.byTolerance.length > 0)}`,
    ...loweredPrecisions.map(
      (precision) => `- ${precision}: ${hidden(({ lowered }) => (lowered[precision] ?? []).length > 0)}`,
    ),
    '',
    '## Gross mistakes that only the reference shows',
    '',
    `${namesOf(powers.filter((power) => isGross(power) && !isCaughtOtherwise(power, laws)))}.`,
    '',
    '## Counterexamples that are hard to follow',
    '',
    'Many of these operators need more numbers than that for the smallest of calls.',
    `Of more than ${followable} elements, as found for seed ${mistakeSeeds[0]}: ${
      powers
        .flatMap(({ mistake, counterexample: size }) =>
          size === undefined || size.elements > followable
            ? [`${mistake} (${size === undefined ? 'none found' : `${size.elements}, ${size.nonzero} not 0`})`]
            : [],
        )
        .join('; ') || 'none'
    }.`,
    '',
    ...secondLook(laws, powers, table),
    '## Mistakes, and the laws that catch them',
    '',
    `In parentheses the number of the first case, of ${tableRuns} (of ${runs} where those show nothing), that shows it, for seed ${mistakeSeeds[0]}. Laws are`,
    'numbered in the order in which they run; those that catch no mistake of their operator are left out.',
    '',
    ...operators.flatMap((operator) => operatorTables(operator, figures)),
  ].join('\n')
}
