import { describe, expect, it } from 'vitest'
import { item, map, scalar, type Tensor, toNested } from '../../../oracle/tensor.js'
import type { Call, Chain, Expression } from '../ast.js'
import { evaluate } from '../evaluate.js'
import { readFragment } from '../reader.js'
import { walk } from '../walk.js'
import { applied, type ChainMeaning, type Fragment, type Meaning, type SymbolValues, valueOfKey } from './fragment.js'
import { chapters } from './index.js'
import { batteryPage, structureOf } from './page.js'

const values: SymbolValues = new Proxy({}, { get: (_, key) => (typeof key === 'string' ? valueOfKey(key) : undefined) })

/** Stand-ins for functions that are only known by name: 7x + 1 for g, f, σ and φ, 11x + 1 for g'. */
const affine = (slope: number) => (x: Tensor) => map(x, (element) => slope * element + 1)
const functions = { g: affine(7), f: affine(7), sigma: affine(7), phi: affine(7), "g'": affine(11), "f'": affine(11) }

/** Functions that have a value of their own. */
const evaluated = new Set(
  'exp tanh sigmoid relu softmax logSoftmax sqrt ln log log2 log10 max min abs norm norm1 normMax floor ceil mean argmax argmin sin cos tan sinh cosh arctan sign softplus factorial sum cases < > ≤ ≥ = ≠ and'.split(
    ' ',
  ),
)

/** An entry whose indices are numbers has its own value. */
function isPlainEntry({ name, arguments: [, ...indices] }: Call): boolean {
  return name === 'entry' && indices.every(({ kind }) => kind === 'numeral')
}

/** Stand-ins for all other functions of an expression. */
function standIns(expression: Expression): Readonly<Record<string, (...values: readonly Tensor[]) => Tensor>> {
  const names = walk(expression).flatMap((node) =>
    node.kind === 'call' && !evaluated.has(node.name) && !isPlainEntry(node) ? [node.name] : [],
  )
  const standIn =
    (name: string) =>
    (...values: readonly Tensor[]): Tensor =>
      values.length === 1
        ? map(values[0], (element) => applied(name, element))
        : scalar(applied(name, ...values.map((value) => item(value))))
  return { ...Object.fromEntries(names.map((name) => [name, standIn(name)])), ...functions }
}

function check(expression: Expression, meaning: Meaning, text: string): void {
  if (typeof meaning === 'string') {
    expect(expression, text).toMatchObject({ kind: 'name', key: meaning })
    return
  }
  const wanted = typeof meaning === 'function' ? meaning(values) : meaning
  const got = toNested(
    evaluate(
      expression,
      (key) => (key === 'e' || key === 'pi' ? undefined : scalar(valueOfKey(key))),
      standIns(expression),
    ),
  )
  expect(shapeOf(got), text).toEqual(shapeOf(wanted))
  const [gotFlat, wantedFlat] = [flat(got), flat(wanted)]
  for (const [i, value] of wantedFlat.entries()) expect(gotFlat[i], text).toBeCloseTo(value, 9)
}

function flat(nested: unknown): readonly number[] {
  return Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]
}

function shapeOf(nested: unknown): readonly number[] {
  return Array.isArray(nested) ? [nested.length, ...shapeOf(nested[0])] : []
}

function checkChain(chain: Chain, meaning: ChainMeaning, text: string): void {
  const sides = meaning.filter((part): part is Meaning => !isRelation(part))
  expect(chain.sides.length, text).toBe(sides.length)
  for (const [i, side] of sides.entries()) check(chain.sides[i], side, text)
  const relations: string[] = []
  for (const [i, part] of meaning.entries()) {
    if (isRelation(part)) relations.push(part.relation)
    else if (i > 0 && !isRelation(meaning[i - 1])) relations.push('=')
  }
  expect(chain.relations, text).toEqual(relations)
}

function isRelation(part: ChainMeaning[number]): part is { readonly relation: Chain['relations'][number] } {
  return typeof part === 'object' && 'relation' in part
}

function checkFragment({ text, chains, refused }: Fragment, chapter: (typeof chapters)[number]): void {
  const symbols = { keys: new Set(chapter.symbols), functions: new Set(chapter.functions) }
  const reading = readFragment(text, { offset: 0, symbols })
  expect(reading.notUnderstood.map(({ why }) => why).join('; '), text).toContain(refused ?? '')
  if (refused === undefined) expect(reading.notUnderstood, text).toEqual([])
  else expect(reading.notUnderstood, text).not.toEqual([])
  expect(reading.chains.length, text).toBe(chains.length)
  for (const [i, meaning] of chains.entries()) checkChain(reading.chains[i], meaning, text)
}

describe('the battery of fragments', () => {
  for (const chapter of chapters)
    describe(chapter.title, () => {
      for (const fragment of chapter.fragments)
        it(`${fragment.refused === undefined ? 'reads' : 'does not guess at'} ${fragment.text}`, () =>
          checkFragment(fragment, chapter))
    })

  it('is published as a page with all that is not understood', async () => {
    await expect(batteryPage()).toMatchFileSnapshot('../../../docs/expressions.md')
  })

  it('holds at least 2000 fragments, 1200 of them of different structure, of which 98 % are understood', () => {
    const fragments = chapters.flatMap((chapter) => chapter.fragments)
    expect(fragments.length).toBeGreaterThanOrEqual(2000)
    expect(new Set(fragments.map(({ text }) => structureOf(text))).size).toBeGreaterThanOrEqual(1200)
    expect(fragments.filter(({ refused }) => refused === undefined).length / fragments.length).toBeGreaterThanOrEqual(
      0.98,
    )
  })

  it('holds no fragment twice in a chapter', () => {
    for (const { title, fragments } of chapters) {
      const texts = fragments.map(({ text }) => text)
      expect(
        texts.filter((text, i) => texts.indexOf(text) < i),
        title,
      ).toEqual([])
    }
  })
})
