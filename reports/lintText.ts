import type { Colors } from 'picocolors/types.js'
import type { Confusion, LintPrecision, LintReport, Proposal } from '../marking/lint.js'
import { count, wrapped } from './words.js'

/** So many entries of a list are printed; the rest are counted. */
const mostEntries = 12

/** What an exercise's numbers tell and do not tell, for the person who sets it. */
export function lintText(report: LintReport, colors: Colors, quiet: boolean): string {
  const { exercise, precision, likeKey, likeEachOther, conventions, trivial, drift, tells, advice, proposal } = report
  const lines: string[] = [colors.bold(`${exercise}, ${digitsText(precision)}`), '']
  const list = (title: string, entries: readonly string[]): void => {
    if (entries.length === 0) return
    lines.push(colors.underline(title))
    lines.push(...entries.slice(0, mostEntries).flatMap((entry) => indented(entry)))
    if (entries.length > mostEntries) lines.push(colors.dim(`  … and ${entries.length - mostEntries} more`))
    lines.push('')
  }
  list('Mistakes that cannot be told from the key', likeKey.filter(isEverywhere).map(confusionText))
  list('Mistakes that cannot be told from each other', likeEachOther.filter(isEverywhere).map(confusionText))
  list(
    'Conventions that cannot be told',
    conventions.map(({ axis, conventions: [one, other] }) => `${axis}: «${one}» or «${other}»`),
  )
  if (!quiet) {
    const partly = [...likeKey, ...likeEachOther].filter((confusion) => !isEverywhere(confusion))
    list('Told elsewhere, but not on these lines', partly.map(confusionText))
    list(
      'Numbers that hide something',
      trivial.map(({ name, what }) => `${name}: ${what}`),
    )
    list(
      'How far work with rounded numbers drifts from the key',
      drift.map(
        ({ quantity, most, units, key }) =>
          `${quantity}: by ${Number(most.toPrecision(2))}, ${Math.round(units)} units of the last place of ${Number(key.toPrecision(6))}`,
      ),
    )
  }
  lines.push(
    tells ? colors.green('✓ Every mistake and every convention shows somewhere.') : verdictLine(report, colors),
  )
  for (const sentence of advice)
    lines.push(...wrapped(sentence, 110).map((line, i) => `${i === 0 ? '→' : ' '} ${line}`))
  if (proposal !== undefined)
    lines.push(...wrapped(proposalText(exercise, proposal), 110).map((line, i) => `${i === 0 ? '→' : ' '} ${line}`))
  lines.push('')
  return lines.join('\n')
}

/** `3 decimals`, `3 significant digits`. */
export function digitsText({ kind, digits }: LintPrecision): string {
  return kind === 'decimals' ? count(digits, 'decimal') : count(digits, 'significant digit')
}

function proposalText(exercise: string, { seed, untold }: Proposal): string {
  const command = `answerkey vary ${exercise} --seed ${seed}`
  if (untold.length === 0) return `${command} tells all of them`
  const names = untold.slice(0, 3).map((name) => `«${name}»`)
  const more = untold.length > names.length ? ` and ${untold.length - names.length} more` : ''
  return `${command} leaves least untold of the instances tried: ${names.join(', ')}${more}`
}

function isEverywhere({ everywhere }: Confusion): boolean {
  return everywhere
}

function confusionText({ mistakes, quantities, kind }: Confusion): string {
  const places = quantities.length > 6 ? `${quantities.slice(0, 6).join(', ')}, …` : quantities.join(', ')
  return `«${mistakes.join('» and «')}»${kind === 'operator' ? ' (of an operator)' : ''}: ${places}`
}

function verdictLine({ likeKey, likeEachOther, conventions }: LintReport, colors: Colors): string {
  const said = [
    [likeKey.filter(isEverywhere).length, 'mistake', 'from the key'],
    [likeEachOther.filter(isEverywhere).length, 'pair of mistakes', 'from each other'],
    [conventions.length, 'pair of conventions', 'from each other'],
  ] as const
  const parts = said.filter(([n]) => n > 0).map(([n, noun, from]) => `${counted(n, noun)} ${from}`)
  return colors.red(`✗ These numbers do not tell ${parts.join(', ')}.`)
}

/** `1 pair of mistakes`, `2 pairs of mistakes`. */
function counted(n: number, noun: string): string {
  return n === 1 || !noun.startsWith('pair') ? count(n, noun) : `${n} ${noun.replace('pair', 'pairs')}`
}

function indented(entry: string): readonly string[] {
  return wrapped(entry, 108).map((line, i) => `${i === 0 ? '  · ' : '    '}${line}`)
}
