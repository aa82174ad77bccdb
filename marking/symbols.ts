import type { Exercise, Given, Quantity } from '../exercises/exercise.js'
import { plainSymbol } from '../exercises/plainText.js'
import { symbolKey } from '../exercises/symbols.js'
import type { SymbolTable } from './expression/names.js'

/** A given datum or a quantity of an exercise. */
export type Datum =
  | { readonly kind: 'given'; readonly name: string; readonly given: Given }
  | { readonly kind: 'quantity'; readonly name: string; readonly quantity: Quantity }

/** Keys of the symbols that data list, so that they are read once. */
const keysOfSymbols = new WeakMap<readonly string[], readonly string[]>()

/** The keys under which an exercise's data are written. */
export function symbolsOf(datum: Datum): readonly string[] {
  const { symbols } = datum.kind === 'given' ? datum.given : datum.quantity
  const known = keysOfSymbols.get(symbols)
  if (known !== undefined) return known
  const keys = symbols.flatMap((symbol) => {
    const key = symbolKey(symbol) ?? symbol
    // Typed without its underscore it is a word, in lower case: `Wwh` for W_wh.
    const typed = /^\p{Lu}_\p{Ll}{2}$/u.test(key) ? [key.replace('_', '').toLowerCase()] : []
    // Of two letters it is one where they are no product of two symbols: `Wq` for W_Q.
    const short = /^W_[QKVO]$/.test(key) ? [key.replace('_', ''), `W${key[2].toLowerCase()}`] : []
    return [key, ...typed, ...short]
  })
  keysOfSymbols.set(symbols, keys)
  return keys
}

/** What a symbol of an exercise stands for, stage by stage. */
export class SymbolIndex {
  readonly exercise: Exercise
  private readonly byKey = new Map<string, Datum[]>()
  private readonly byRow = new Map<string, Datum>()
  private readonly byName = new Map<string, Datum>()

  constructor(exercise: Exercise) {
    this.exercise = exercise
    for (const given of exercise.given) this.add({ kind: 'given', name: given.name, given })
    for (const quantity of exercise.quantities) this.add({ kind: 'quantity', name: quantity.name, quantity })
  }

  private add(datum: Datum): void {
    this.byName.set(datum.name, datum)
    const { rows = [] } = datum.kind === 'given' ? datum.given : datum.quantity
    for (const row of rows) this.byRow.set(symbolKey(row) ?? row, datum)
    for (const key of new Set(symbolsOf(datum))) this.byKey.set(key, [...(this.byKey.get(key) ?? []), datum])
  }

  /** All that a symbol may stand for. */
  candidates(key: string): readonly Datum[] {
    return this.byKey.get(key) ?? []
  }

  /** The datum whose rows are called so, their numbers left out. */
  ofRows(key: string): Datum | undefined {
    return this.byRow.get(key)
  }

  /** Every key of the exercise. */
  keys(): readonly string[] {
    return [...this.byKey.keys()]
  }

  datum(name: string): Datum | undefined {
    return this.byName.get(name)
  }

  /** Every datum of the exercise, given data first. */
  all(): readonly Datum[] {
    return [...this.byName.values()]
  }

  /** The position of a stage in the order of a solution; a datum of no stage belongs to all of them. */
  stageOf(datum: Datum): number | undefined {
    if (datum.kind === 'given' || datum.quantity.stage === undefined) return undefined
    const stage = this.exercise.stages.findIndex(({ name }) => name === datum.quantity.stage)
    return stage < 0 ? undefined : stage
  }

  /**
   * What a symbol means inside a formula at a stage: one of `preferred` (what the formula's quantity is computed from),
   * else the datum of this stage, of an earlier one, of none, of a later one.
   */
  resolve(key: string, stage: number, preferred: readonly string[] = []): Datum | undefined {
    const candidates = this.candidates(key)
    const among = candidates.filter(({ name }) => preferred.includes(name))
    const distance = (datum: Datum): number => {
      const own = this.stageOf(datum)
      if (own === undefined) return datum.kind === 'given' ? 100.5 : 0.5
      return own <= stage ? stage - own : 1000 + own
    }
    return [...(among.length > 0 ? among : candidates)].sort((a, b) => distance(a) - distance(b))[0]
  }
}

/** Names that are read as functions even where a sheet may use them for a value. */
const functions: ReadonlySet<string> = new Set(['softmax', 'tanh', 'sigmoid', 'relu', 'exp', 'mean'])

const tables = new WeakMap<Exercise, SymbolTable>()

/** The symbols that the expression reader looks for in the solution of an exercise. */
export function symbolTable(exercise: Exercise): SymbolTable {
  const known = tables.get(exercise)
  if (known !== undefined) return known
  const keys = new SymbolIndex(exercise).keys().filter((key) => !functions.has(key))
  // A star between two symbols of a formula is how the exercise writes its convolutions.
  const starConvolves = exercise.quantities.some(({ formula }) => formula !== undefined && / \* |\\star /.test(formula))
  const table = { keys: new Set(keys), functions: new Set(['g', "g'", 'f', 'sigma']), starConvolves }
  tables.set(exercise, table)
  return table
}

/** How a report writes a datum's symbol: the first that the exercise lists, in plain Unicode. */
export function symbolText(datum: Datum): string {
  const known = texts.get(datum)
  if (known !== undefined) return known
  const text = textOfSymbol(datum)
  texts.set(datum, text)
  return text
}

const texts = new WeakMap<Datum, string>()

function textOfSymbol(datum: Datum): string {
  const symbols = datum.kind === 'given' ? datum.given.symbols : datum.quantity.symbols
  const key = symbols[0] === undefined ? undefined : symbolKey(symbols[0])
  return key === undefined ? datum.name : plainSymbol(key)
}
