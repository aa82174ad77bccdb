import { readFragment } from '../reader.js'
import type { Chapter } from './fragment.js'
import { chapters } from './index.js'

/** The page docs/expressions.md: how many fragments are read, and all that are not, with the reason. */
export function batteryPage(): string {
  const all = chapters.flatMap(({ fragments }) => fragments)
  const understood = all.filter(({ refused }) => refused === undefined)
  const rows = chapters.map(({ title, fragments }) => {
    const refused = fragments.filter((fragment) => fragment.refused !== undefined).length
    return `| ${title} | ${fragments.length} | ${fragments.length - refused} | ${refused} |`
  })
  return [
    '# The battery of expressions',
    '',
    '<!-- Generated from marking/expression/battery; `npx vitest run marking/expression/battery -u` writes it anew. -->',
    '',
    'Fragments of mathematics as people write them, each with its meaning worked out by hand. The tests read every one: a fragment is',
    'understood if each of its sides has exactly this meaning for all values of its symbols; what has two readings, or none, is listed',
    'with its reason and never guessed at. None is misread.',
    '',
    '| from | fragments | understood | not understood |',
    '|---|---|---|---|',
    ...rows,
    `| **all** | **${all.length}** | **${understood.length}** | **${all.length - understood.length}** |`,
    '',
    '## Not understood, wholly or in part',
    '',
    '| fragment | why | chains that are read |',
    '|---|---|---|',
    ...chapters.flatMap(refusedRows),
    '',
  ].join('\n')
}

function refusedRows({ fragments, symbols, functions }: Chapter): readonly string[] {
  const table = { keys: new Set(symbols), functions: new Set(functions) }
  return fragments.flatMap(({ text, refused, chains }) => {
    if (refused === undefined) return []
    const { notUnderstood } = readFragment(text, { offset: 0, symbols: table })
    const reasons = [...new Set(notUnderstood.map(({ why }) => why))].join('; ')
    return [`| ${code(text)} | ${cell(reasons)} | ${chains.length} |`]
  })
}

function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${cell(text)}${fence}`
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}
