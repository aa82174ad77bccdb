import { describe, expect, it } from 'vitest'
import { map, scalar, type Tensor, toNested } from '../../../oracle/tensor.js'
import type { Chain, Expression } from '../ast.js'
import { evaluate } from '../evaluate.js'
import { readFragment } from '../reader.js'
import type { ChainMeaning, Fragment, Meaning, SymbolValues } from './fragment.js'
import { chapters } from './index.js'
import { batteryPage } from './page.js'

/** A value between 0.5 and 2 for every key, different for different keys. */
function valueOfKey(key: string): number {
  let hash = 2166136261
  for (const character of key) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
  return 0.5 + (1.5 * hash) / 2 ** 32
}

const values: SymbolValues = new Proxy({}, { get: (_, key) => (typeof key === 'string' ? valueOfKey(key) : undefined) })

/** Stand-ins for functions that are only known by name: 7x + 1 for g, f, σ and φ, 11x + 1 for g'. */
const affine = (slope: number) => (x: Tensor) => map(x, (element) => slope * element + 1)
const functions = { g: affine(7), f: affine(7), sigma: affine(7), phi: affine(7), "g'": affine(11), "f'": affine(11) }

function check(expression: Expression, meaning: Meaning, text: string): void {
  if (typeof meaning === 'string') {
    expect(expression, text).toMatchObject({ kind: 'name', key: meaning })
    return
  }
  const wanted = typeof meaning === 'function' ? meaning(values) : meaning
  const got = toNested(
    evaluate(expression, (key) => (key === 'e' || key === 'pi' ? undefined : scalar(valueOfKey(key))), functions),
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

  it('holds at least 400 fragments, no one twice in a chapter', () => {
    expect(chapters.flatMap(({ fragments }) => fragments).length).toBeGreaterThanOrEqual(400)
    for (const { title, fragments } of chapters) {
      const texts = fragments.map(({ text }) => text)
      expect(
        texts.filter((text, i) => texts.indexOf(text) < i),
        title,
      ).toEqual([])
    }
  })
})
