import { contract } from '../oracle/index.js'
import type { ExpectedFailures } from '../properties/expectedFailures.js'
import { count, printable } from '../reports/words.js'
import type { Judged } from './campaignState.js'
import { grouped } from './lawPower.js'

/** A library that was tested, or could not be. */
export interface Peer {
  /** What `answerkey test` is given. */
  readonly subject: string
  /** Of one version of it. */
  readonly runs: readonly Judged[]
  readonly missing: string | undefined
  readonly explanations: ExpectedFailures
}

/** A law that a peer does not obey, over all seeds. */
interface Difference {
  readonly operator: string
  readonly law: string
  readonly seeds: readonly number[]
  readonly status: string
  readonly message: string
  readonly replay: string | undefined
  readonly explanation: string | undefined
}

/** docs/peers.md: what the laws make of known libraries. */
export function peersPage(cases: number, seeds: number, peers: readonly Peer[]): string {
  const tested = peers.filter(({ runs }) => runs.length > 0)
  const rows = tested.map(({ subject, runs }) => {
    const tally = tallyOf(runs)
    const seconds = runs.reduce((sum, run) => sum + run.seconds, 0)
    const checked = runs.reduce((sum, run) => sum + run.checked, 0)
    const judged = new Set(runs.map(({ seed }) => seed)).size
    const { laws, held, broken, suspicious, errored, unsupported, skipped } = tally
    const figures = [operatorsOf(runs).length, laws, held, broken, suspicious, errored, unsupported, skipped]
    return `| ${[`\`${subject}\``, cell(runs[0].peer), ...figures, judged, checked, seconds].join(' | ')} |`
  })
  const absent = peers.filter(({ runs }) => runs.length === 0)
  return [
    '# Other libraries under the laws',
    '',
    `What \`npm run campaign\` found: every operator that a library has against every law, ${count(cases, 'case')} a law and seed. A law`,
    'counts as held where it held for every seed; *not supported* are laws of which the library has no case.',
    '',
    '| subject | library | operators | laws | held | broken | suspicious | errored | not supported | skipped | seeds | cases | seconds |',
    '|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    ...(absent.length === 0
      ? []
      : [
          'Not tested:',
          '',
          ...absent.map(({ subject, missing }) => `- \`${subject}\`: ${missing ?? 'its turn did not come'}`),
          '',
        ]),
    ...tested.flatMap((peer) => peerLines(peer, seeds)),
  ].join('\n')
}

function peerLines(peer: Peer, seeds: number): string[] {
  const differences = differencesOf(peer)
  const unexplained = differences.filter(({ explanation }) => explanation === undefined)
  const all = Object.keys(contract).length * seeds
  const part = peer.runs.length < all ? ` So far ${peer.runs.length} of ${all} operators and seeds were looked at.` : ''
  const summary =
    differences.length === 0
      ? 'No difference.'
      : `${count(differences.length, 'difference')}, ${unexplained.length} unexplained.`
  return [
    `## \`${peer.subject}\`: ${peer.runs[0].peer}`,
    '',
    `${summary}${part}`,
    '',
    ...differences.flatMap(differenceLines),
  ]
}

function differenceLines({ operator, law, seeds, status, message, replay, explanation }: Difference): string[] {
  const times = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds.join(', ')}`
  return [
    `- **${operator}** ${law}: ${status} (${times}). ${start(message, 400)}  `,
    explanation === undefined ? '  *Unexplained.*' : `  *Explained:* ${start(explanation, 1000)}`,
    ...(replay === undefined ? [] : ['', '  ```', `  ${replay}`, '  ```']),
    '',
  ]
}

const alarming = ['broken', 'errored', 'suspicious']

/** The laws that a peer does not obey, each once, the worst status first. */
export function differencesOf({ runs, explanations }: Peer): readonly Difference[] {
  const found = runs.flatMap(({ operator, seed, alarms }) =>
    alarms.filter(({ status }) => alarming.includes(status)).map((alarm) => ({ operator, seed, ...alarm })),
  )
  return [...grouped(found, ({ operator, law }) => `${operator}\n${law}`).values()].map((same) => {
    const [worst] = same.toSorted((a, b) => alarming.indexOf(a.status) - alarming.indexOf(b.status))
    const { operator, law, status, message = '', replay } = worst
    const seeds = same.map(({ seed }) => seed).toSorted((a, b) => a - b)
    const explanation = explanations[operator]?.[law] ?? explanations[operator]?.['*']
    return { operator, law, status, message, replay, seeds, explanation }
  })
}

function operatorsOf(runs: readonly Judged[]): readonly string[] {
  const had = runs.filter(({ summary }) => Object.values(summary).some((laws) => laws > 0))
  return [...new Set(had.map(({ operator }) => operator))]
}

/** Laws by the worst that became of them for any seed. */
function tallyOf(runs: readonly Judged[]) {
  const order = [...alarming, 'skipped', 'unsupported']
  const worst = new Map<string, string>()
  for (const { operator, alarms } of runs)
    for (const { law, status } of alarms) {
      const key = `${operator}\n${law}`
      const before = worst.get(key)
      if (before === undefined || order.indexOf(status) < order.indexOf(before)) worst.set(key, status)
    }
  const laws = operatorsOf(runs).reduce((sum, operator) => {
    const sizes = runs
      .filter((run) => run.operator === operator)
      .map(({ summary }) => Object.values(summary).reduce((total, n) => total + n, 0))
    return sum + Math.max(...sizes)
  }, 0)
  const of = (status: string) => [...worst.values()].filter((other) => other === status).length
  return {
    laws,
    held: laws - worst.size,
    broken: of('broken'),
    suspicious: of('suspicious'),
    errored: of('errored'),
    unsupported: of('unsupported'),
    skipped: of('skipped'),
  }
}

/** Text for a cell of a table. */
function cell(text: string): string {
  return start(text, 200).replaceAll('|', '\\|')
}

/** The start of a text, in one line. */
function start(text: string, most: number): string {
  const line = printable(text.replaceAll(/\s+/g, ' ').trim())
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}
