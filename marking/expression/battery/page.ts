import { readFragment } from '../reader.js'
import type { Chapter } from './fragment.js'
import { chapters } from './index.js'

/** The page docs/expressions.md: how many fragments are read, and all that are not, with the reason. */
export function batteryPage(): string {
  const all = chapters.flatMap(({ fragments }) => fragments)
  const structures = new Set(all.map(({ text }) => structureOf(text))).size
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
    `${structures} of the ${all.length} fragments differ in more than their numbers and letters. The first chapters are formulas of`,
    'published exercises, exams, lectures and their solutions, with the symbols of the exercise where there is one; the next are usual',
    'ways of writing the mathematics of deep learning, of array libraries and of plain text; the last are the same formulas in fifteen',
    'hands. What claims no value (a membership, a set, a domain, a condition, the range of an index, ≠) counts as understood if it is taken',
    'for that. Texts that are broken or ambiguous on purpose are in the count, as not understood.',
    '',
    '| from | fragments | understood | not understood |',
    '|---|---|---|---|',
    ...rows,
    `| **all** | **${all.length}** | **${understood.length}** (${((100 * understood.length) / all.length).toFixed(1)} %) | **${all.length - understood.length}** |`,
    '',
    '## Not understood, wholly or in part',
    '',
    '| fragment | why | chains that are read |',
    '|---|---|---|',
    ...chapters.flatMap(refusedRows),
    '',
  ].join('\n')
}

/** A text with every number and every single letter alike. */
export function structureOf(text: string): string {
  return text
    .replaceAll(/\d+/g, '0')
    .replaceAll(/(?<![\\\p{L}])\p{L}(?!\p{L})/gu, 'a')
    .replaceAll(/\s+/g, '')
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
