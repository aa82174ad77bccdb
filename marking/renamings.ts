import { plainSymbol } from '../exercises/plainText.js'
import { sameShape } from '../oracle/tensor.js'
import { meet, pointBox } from './boxes.js'
import { cellsOf, evaluateBox, signedNumeral } from './evaluation.js'
import type { Expression } from './expression/ast.js'
import { entriesNamed, positionOf } from './expression/indices.js'
import { rebuilt } from './expression/walk.js'
import { partOf, quantitiesThatAre } from './identities.js'
import type { Draft } from './marker.js'
import type { Side, Statement } from './statements.js'
import { type Datum, symbolsOf, symbolText } from './symbols.js'
import { isRight } from './verdict.js'
import type { World } from './world.js'

/** Other names for what the exercise calls otherwise, and what is said of it. */
export interface Renaming {
  /** Keys of the exercise by the solution's. */
  readonly keys: ReadonlyMap<string, string>
  readonly finding: string
  /** Offset of the first place that it concerns. */
  readonly start: number
}

/** What a solution came to under its own names. */
export interface Reading {
  readonly world: World
  readonly statements: readonly Statement[]
  readonly drafts: readonly Draft[]
}

/** A statement with other keys for its names; its text stays as it is. */
export function renamed(statement: Statement, { keys }: Renaming): Statement {
  if (!statement.sides.some((side) => side.keys.some((key) => keys.has(key)))) return statement
  return {
    ...statement,
    sides: statement.sides.map((side) => ({
      ...side,
      expression: withKeys(side.expression, keys),
      keys: side.keys.map((key) => keys.get(key) ?? key),
    })),
  }
}

function withKeys(expression: Expression, keys: ReadonlyMap<string, string>): Expression {
  if (expression.kind === 'name') return { ...expression, key: keys.get(expression.key) ?? expression.key }
  return rebuilt(expression, (operand) => withKeys(operand, keys))
}

/**
 * Names that the solution may give to what the exercise calls otherwise, the surest first: indices the other way round (w₅₃ for w₃₅),
 * symbols that the exercise lacks and whose formula or value is that of one of its quantities, symbols that stand for what the exercise
 * computes from them, two names exchanged.
 */
export async function renamingsOf(reading: Reading): Promise<readonly Renaming[]> {
  const unknown = unknownKeys(reading)
  const turned = turnedIndices(unknown, reading)
  const bound = turned === undefined ? await boundSymbols(unknown, reading) : undefined
  return [
    ...(turned === undefined ? [] : [turned]),
    ...(bound === undefined ? [] : [bound]),
    ...(await nextStep(reading)),
    ...exchanged(reading),
  ]
}

/** Keys that stand for nothing in the exercise, with where they stand first. */
function unknownKeys({ statements, world }: Reading): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { sides, span } of statements)
    for (const key of sides.flatMap(({ keys }) => keys))
      if (world.index.candidates(key).length === 0 && key !== 'e' && key !== 'pi' && !found.has(key))
        found.set(key, span.start)
  return found
}

/** Indices of two digits the other way round, where every unknown symbol with such an index is known then, and there are several. */
function turnedIndices(unknown: ReadonlyMap<string, number>, { world, statements }: Reading): Renaming | undefined {
  const keys = new Map<string, string>()
  for (const key of unknown.keys()) {
    const [, base, from, to] = /^(.*_)(\d)(\d)$/.exec(key) ?? []
    if (base === undefined || from === to) continue
    const turned = `${base}${to}${from}`
    if (world.index.candidates(turned).length === 0) return undefined
    keys.set(key, turned)
  }
  if (keys.size < 2) return undefined
  // Both ways round at once is no convention.
  const written = new Set(statements.flatMap(({ sides }) => sides.flatMap((side) => side.keys)))
  if ([...keys.values()].some((turned) => written.has(turned))) return undefined
  const [first, second] = [...keys][0]
  return {
    keys,
    finding: `the indices stand the other way round: ${plainSymbol(first)} is read as ${plainSymbol(second)}, and so on`,
    start: Math.min(...[...keys.keys()].map((key) => unknown.get(key) ?? 0)),
  }
}

/** Symbols that the exercise lacks, each as the one quantity, not written otherwise, that its formula or its value is. */
async function boundSymbols(unknown: ReadonlyMap<string, number>, reading: Reading): Promise<Renaming | undefined> {
  const { statements, world, drafts } = reading
  const written = new Set(drafts.map(({ claim }) => claim.quantity))
  const keys = new Map<string, string>()
  const said: string[] = []
  for (const key of unknown.keys()) {
    const own = statements.filter(({ sides: [left] }) => left?.expression.kind === 'name' && left.keys[0] === key)
    const datum = (await byFormula(own, world, written)) ?? byValue(key, own, world, written)
    if (datum === undefined) continue
    written.add(datum.name)
    keys.set(key, symbolsOf(datum)[0])
    said.push(`${plainSymbol(key)} is read as ${symbolText(datum)}`)
  }
  if (keys.size === 0) return undefined
  return { keys, finding: said.join(', '), start: Math.min(...[...keys.keys()].map((key) => unknown.get(key) ?? 0)) }
}

/**
 * Symbols whose formula or values are those of a quantity, not written otherwise, that the exercise computes from what it calls so: S for
 * the scores that are divided by the root already.
 */
async function nextStep(reading: Reading): Promise<readonly Renaming[]> {
  const { statements, world, drafts } = reading
  const written = new Set(drafts.map(({ claim }) => claim.quantity))
  const found: Renaming[] = []
  for (const { base, quantity, claims } of falselyClaimed(reading)) {
    const wrong = claims.filter(({ claim }) => !isRight(claim.verdict) && claim.verdict !== 'carried')
    // What follows its own rule is what it is called.
    if (wrong.length === 0 || claims.some(({ isFormula, claim }) => isFormula && isRight(claim.verdict))) continue
    const numbers = wrong.filter(({ half }) => half > 0)
    const own = statements.filter(
      ({ sides: [left] }) => left?.kind === 'name' && baseOf(left.keys[0], quantity, world) === base,
    )
    for (const datum of world.index.all()) {
      const isNext = !written.has(datum.name) && world.quantity(datum.name)?.from.includes(quantity)
      if (!isNext || !sameShape(world.truth[datum.name].shape, world.truth[quantity].shape)) continue
      const hasItsValues =
        numbers.length > 0 && numbers.every((draft) => isLong(draft) && hasValueOf(draft, datum, world))
      if (!hasItsValues && !(await isAnyFormulaOf(datum, quantity, own, world))) continue
      const [symbol] = symbolsOf(datum)
      const all = new Set(statements.flatMap(({ sides }) => sides.flatMap(({ keys }) => keys)))
      const renamed = [...all].filter((key) => baseOf(key, quantity, world) === base)
      const keys = new Map(renamed.map((key) => [key, key.replace(base, symbol)]))
      const finding = `${plainSymbol(base)} is read as ${symbolText(datum)}`
      found.push({ keys, finding, start: claims[0].start })
    }
  }
  return found
}

/** What a solution claims of a quantity under one symbol. */
interface Claimed {
  readonly base: string
  readonly quantity: string
  readonly claims: Draft[]
}

/** The claims under symbols of their quantity, or of a row or an entry of it, of quantities of which something is claimed that is not right. */
function falselyClaimed({ drafts, world }: Reading): Iterable<Claimed> {
  const wrong = new Set(drafts.flatMap(({ claim }) => (isRight(claim.verdict) ? [] : [claim.quantity])))
  const found = new Map<string, Claimed>()
  for (const draft of drafts) {
    const { quantity } = draft.claim
    if (quantity === null || !wrong.has(quantity) || draft.left === undefined) continue
    const base = baseOf(draft.left, quantity, world)
    if (base === undefined) continue
    const place = `${quantity} ${base}`
    const claimed = found.get(place) ?? { base, quantity, claims: [] }
    claimed.claims.push(draft)
    found.set(place, claimed)
  }
  return found.values()
}

async function isAnyFormulaOf(
  datum: Datum,
  quantity: string,
  statements: readonly Statement[],
  world: World,
): Promise<boolean> {
  for (const { sides } of statements) {
    const formula = sides.slice(1).find(({ kind }) => kind === 'symbolic')
    const scope = { stage: 0, preferred: [quantity] }
    if (formula !== undefined && (await quantitiesThatAre(world, formula, scope)).includes(datum)) return true
  }
  return false
}

/** The symbol of a quantity that a key is, or is a row or an entry of. */
function baseOf(key: string, quantity: string, world: World): string | undefined {
  if (world.index.candidates(key).some(({ name }) => name === quantity)) return key
  const part = partOf(world, key, { stage: 0, preferred: [quantity] })
  if (part?.datum.name === quantity) return part.base
  return entriesNamed(key).find(({ base }) => world.index.candidates(base).some(({ name }) => name === quantity))?.base
}

/** The quantity that a formula behind the symbol is, whatever the given data. */
async function byFormula(
  own: readonly Statement[],
  world: World,
  written: ReadonlySet<string | null>,
): Promise<Datum | undefined> {
  for (const { sides } of own) {
    const formula = sides.slice(1).find(({ kind }) => kind === 'symbolic')
    if (formula === undefined) continue
    const found = await quantitiesThatAre(world, formula, { stage: 0, preferred: [] })
    const free = found.filter(({ name }) => !written.has(name))
    if (free.length > 0) return free[0]
  }
  return undefined
}

/** Fewer digits than this may be anything's. */
const fewestDigits = 3

/** The one quantity of just this value, where enough digits are written to tell; of several, the one with the symbol's index. */
function byValue(
  key: string,
  own: readonly Statement[],
  world: World,
  written: ReadonlySet<string | null>,
): Datum | undefined {
  const sides = own.flatMap((statement) =>
    statement.sides
      .slice(1)
      .filter(({ kind }) => kind === 'numeric')
      .slice(-1),
  )
  const [side] = sides
  if (side === undefined || significantDigits(side) < fewestDigits) return undefined
  const evaluated = evaluateBox(side.expression, { habit: 'rounds' })
  if (!('box' in evaluated)) return undefined
  const fits = world.index
    .all()
    .filter(
      ({ name, kind }) => kind === 'quantity' && !written.has(name) && meet(evaluated.box, pointBox(world.truth[name])),
    )
  if (fits.length === 1) return fits[0]
  const alike = fits.filter((datum) => symbolsOf(datum).some((symbol) => indexOf(symbol) === indexOf(key)))
  return indexOf(key) !== undefined && alike.length === 1 ? alike[0] : undefined
}

/** The most significant digits that a number of a side is written with. */
function significantDigits({ expression }: Side): number {
  const digits = cellsOf(expression).map((cell) => {
    const numeral = signedNumeral(cell)?.numeral
    return numeral === undefined ? 0 : numeral.decimal.replace('.', '').replace(/^0+/, '').length
  })
  return Math.max(0, ...digits)
}

/** The index of a symbol: `35` of `Delta w_35`. */
function indexOf(key: string): string | undefined {
  return /_([^^']+)/.exec(key)?.[1]
}

/**
 * Pairs of data each of which has the other's value: their names are exchanged, or the numbers of two nodes, in the names of all that
 * is computed or in all names.
 */
function exchanged({ drafts, world }: Reading): readonly Renaming[] {
  const wrong = drafts.filter(
    ({ claim: { verdict, claimed, quantity } }) =>
      quantity !== null && (verdict === 'wrong' || verdict === 'transcription') && typeof claimed === 'number',
  )
  const found = new Map<string, Renaming>()
  for (const [i, one] of wrong.entries())
    for (const other of wrong.slice(i + 1)) {
      const [first, second] = [one, other].map(({ claim }) => world.index.datum(claim.quantity ?? ''))
      if (first === undefined || second === undefined || first === second) continue
      if (!hasValueOf(one, second, world) || !hasValueOf(other, first, world)) continue
      const [key, otherKey] = [first, second].map((datum) => symbolsOf(datum)[0])
      const [index, otherIndex] = [indexOf(key), indexOf(otherKey)]
      if (index === undefined || otherIndex === undefined || key.split('_')[0] !== otherKey.split('_')[0]) continue
      const finding = `the names ${symbolText(first)} and ${symbolText(second)} are exchanged throughout`
      const { start } = one
      const add = (keys: ReadonlyMap<string, string>, more: string): void => {
        found.set(JSON.stringify([...keys]), { keys, finding: `${finding}${more}`, start })
      }
      const both = [...symbolsOf(first), ...symbolsOf(second)]
      add(
        exchangedIn(both, (own) => (own === index ? otherIndex : own === otherIndex ? index : own)),
        '',
      )
      const nodes = differingDigits(index, otherIndex)
      if (nodes === undefined) continue
      const [a, b] = nodes
      const swap = (own: string): string => own.replaceAll(/./g, (sign) => (sign === a ? b : sign === b ? a : sign))
      const more = `, and so are ${a} and ${b} in other names`
      add(exchangedIn(computedKeys(world), swap), more)
      add(exchangedIn(world.index.keys(), swap), more)
    }
  return [...found.values()]
}

/** The two digits in which indices differ, where that is at one place only. */
function differingDigits(index: string, other: string): readonly [string, string] | undefined {
  if (index.length !== other.length) return undefined
  const at = [...index].flatMap((sign, i) => (sign === other[i] ? [] : [i]))
  const [a, b] = [index[at[0]], other[at[0]]]
  return at.length === 1 && /\d/.test(a) && /\d/.test(b) ? [a, b] : undefined
}

/** Whether the number that is claimed is that of another datum, at the same place of it. */
function hasValueOf({ claim: { claimed, index }, half }: Draft, { name }: Datum, { truth }: World): boolean {
  const { low } = pointBox(truth[name])
  const place = typeof index === 'number' ? [index] : (index ?? [])
  const at = low.length === 1 && index === null ? 0 : positionOf({ base: name, place }, truth[name].shape)
  return typeof claimed === 'number' && at !== undefined && Math.abs(claimed - low[at]) <= half
}

/** Whether the number that is claimed has so many digits that it is hardly another's by chance. */
function isLong({ claim: { claimed }, half }: Draft): boolean {
  return typeof claimed === 'number' && half > 0 && Math.abs(claimed) >= half * 10 ** (fewestDigits - 1)
}

/** Keys that stand for quantities only. */
function computedKeys({ index }: World): readonly string[] {
  return index.keys().filter((key) => index.candidates(key).every(({ kind }) => kind === 'quantity'))
}

/** Each key whose index is changed into that of another of the keys. */
function exchangedIn(keys: readonly string[], change: (index: string) => string): ReadonlyMap<string, string> {
  const known = new Set(keys)
  const pairs = keys.flatMap((key) => {
    const own = indexOf(key)
    if (own === undefined || change(own) === own) return []
    const changed = key.replace(`_${own}`, `_${change(own)}`)
    return known.has(changed) ? [[key, changed] as const] : []
  })
  return new Map(pairs)
}
