import type { Law } from '../properties/index.js'
import { comparesWithOracle, grouped, type Power } from './lawPower.js'

/** What a law of this name, which many operators may have, catches over all of them. */
interface Worth {
  readonly name: string
  readonly operators: readonly string[]
  /** Mistakes that it catches. */
  readonly catches: number
  /** Those that no other law catches but the comparisons with the reference. */
  readonly only: number
}

function worths(laws: readonly Law[], powers: readonly Power[]): readonly Worth[] {
  const comparing = new Set(laws.filter(comparesWithOracle).map(({ name }) => name))
  return [...grouped(laws, ({ name }) => name)].map(([name, same]) => {
    const operators = same.map(({ operator }) => operator)
    const catchers = powers
      .filter(({ operator }) => operators.includes(operator))
      .map(({ table }) => table.map(({ law }) => law))
      .filter((names) => names.includes(name))
    const alone = catchers.filter((names) => names.every((other) => other === name || comparing.has(other)))
    return { name, operators, catches: catchers.length, only: alone.length }
  })
}

/** A law that more operators than this have is general: it is written once for all of them. */
const few = 4

/** Laws of few operators, one line an operator. */
function byOperator(those: readonly Worth[], text: (worth: Worth) => string): readonly string[] {
  const pairs = those.flatMap((worth) => worth.operators.map((operator) => ({ operator, text: text(worth) })))
  const lines = [...grouped(pairs, ({ operator }) => operator)].map(
    ([operator, own]) => `- ${operator}: ${own.map((each) => each.text).join('; ')}`,
  )
  return lines.length === 0 ? ['None.', ''] : [...lines, '']
}

/**
 * The section about laws that are worth a second look: they catch nothing, or nothing that others do not also catch, the
 * comparisons with the reference aside.
 */
export function secondLook(
  laws: readonly Law[],
  powers: readonly Power[],
  table: (head: readonly string[], rows: readonly (readonly string[])[]) => readonly string[],
): readonly string[] {
  const all = worths(laws, powers)
  const isGeneral = ({ operators }: Worth) => operators.length > few
  const own = all.filter((worth) => !isGeneral(worth))
  const idle = own.filter(({ catches }) => catches === 0)
  const covered = own.filter(({ catches, only }) => catches > 0 && only === 0)
  const alone = own.filter(({ only }) => only > 0)
  const head = ['law', 'operators', 'mistakes it catches', 'that no other does, the reference aside']
  const row = ({ name, operators, catches, only }: Worth, text: string) => [
    name,
    text || operators.join(', '),
    String(catches),
    String(only),
  ]
  return [
    '## Laws that alone catch a mistake',
    '',
    'What the comparisons with the reference also catch is not held against a law.',
    '',
    ...table(
      head,
      alone.toSorted((a, b) => b.only - a.only).map((worth) => row(worth, '')),
    ),
    '## General laws',
    '',
    `Those that more than ${few} operators have; their mistakes are counted together.`,
    '',
    ...table(
      head,
      all.filter(isGeneral).map((worth) => row(worth, String(worth.operators.length))),
    ),
    '## Laws worth a second look',
    '',
    'Of the other laws, those that catch no known mistake. Some say what no mistake of the catalogue does wrong as yet:',
    '',
    ...byOperator(idle, ({ name }) => name),
    'Those that catch nothing that others do not also catch, and how much they catch:',
    '',
    ...byOperator(covered, ({ name, catches }) => `${name} (${catches})`),
  ]
}
