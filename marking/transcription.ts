import { type Box, isPoint, meet, pointBox, widen } from './boxes.js'
import { type Context, evaluateBox, signedNumeral } from './evaluation.js'
import type { Expression } from './expression/ast.js'
import { printLatex } from './expression/print.js'
import { replaceNumerals } from './expression/readings.js'
import { numeralsOf } from './expression/walk.js'
import { decimalsOf, numberText } from './numbers.js'
import type { Replay } from './replay.js'
import { type Datum, symbolsOf, symbolText } from './symbols.js'

/** A numeral that stands where another value belongs. */
export interface Miscopied {
  readonly numeral: string
  /** What belongs there, in symbols, and its value. */
  readonly belongs: string
  readonly value: string
  /** The number is right, its sign is not. */
  readonly sign: boolean
  /** What the numeral is the value of, if of something else in the solution. */
  readonly isValueOf: string | undefined
  /** That is written with the very symbol: the weight after its update, for the one before. */
  readonly isNamesake?: boolean
}

/** A part of a formula, and the numerals that were put in for it. */
interface Pair {
  readonly formula: Expression
  readonly numerals: Expression
}

/** The terms of a sum with their signs, or the factors of a product, `false` marking a subtrahend or a divisor. */
function parts(expression: Expression, kind: 'sum' | 'product'): readonly (readonly [Expression, boolean])[] {
  const [straight, inverse] = kind === 'sum' ? ['+', '-'] : ['*', '/']
  if (expression.kind === 'operation' && (expression.operator === straight || expression.operator === inverse)) {
    const right = parts(expression.right, kind)
    const turned = expression.operator === inverse
    return [...parts(expression.left, kind), ...right.map(([part, sign]) => [part, sign !== turned] as const)]
  }
  return [[expression, true]]
}

/** Puts the numerals of a line beside the symbols of its formula, as far as the two have the same form. */
export function putBeside(formula: Expression, numerals: Expression): readonly Pair[] {
  if (formula.kind === 'numeral' || formula.kind === 'name') return [{ formula, numerals }]
  for (const kind of ['sum', 'product'] as const) {
    const [left, right] = [parts(formula, kind), parts(numerals, kind)]
    if (left.length === 1 && right.length === 1) continue
    if (left.length !== right.length || left.some(([, sign], i) => sign !== right[i][1])) return [{ formula, numerals }]
    return left.flatMap(([part], i) => putBeside(part, right[i][0]))
  }
  if (formula.kind === 'negation' && numerals.kind === 'negation') return putBeside(formula.operand, numerals.operand)
  if (formula.kind === 'operation' && numerals.kind === 'operation' && formula.operator === numerals.operator)
    return [...putBeside(formula.left, numerals.left), ...putBeside(formula.right, numerals.right)]
  if (
    formula.kind === 'call' &&
    numerals.kind === 'call' &&
    formula.name === numerals.name &&
    formula.arguments.length === numerals.arguments.length
  )
    return formula.arguments.flatMap((argument, i) => putBeside(argument, numerals.arguments[i]))
  return [{ formula, numerals }]
}

/** What the names of a formula stand for in this solution: the range of its own values, and of the true ones. */
export interface Meaning {
  datum(key: string): Datum | undefined
  own(key: string): Box | undefined
  truth(key: string): Box | undefined
}

/** The numerals of a line that are not the values of what its formula names; none where the forms differ too much to tell. */
export function miscopiedByForm(
  formula: Expression,
  numerals: Expression,
  meaning: Meaning,
  replay: Replay,
  context: Context,
): readonly Miscopied[] {
  const pairs = putBeside(formula, numerals)
  const found = pairs.flatMap((pair) => {
    const evaluated = evaluateBox(pair.numerals, context)
    const own = evaluateBox(pair.formula, { ...context, boxOfKey: meaning.own })
    const truth = evaluateBox(pair.formula, { ...context, boxOfKey: meaning.truth })
    if (!('box' in evaluated && 'box' in own && 'box' in truth)) return []
    const numeral = signedNumeral(pair.numerals)
    if (numeral === undefined && pairs.length === 1) return []
    const written = isPoint(evaluated.box) && !isPoint(own.box) ? widen(evaluated.box, replay.usualHalf) : evaluated.box
    const rounded = widen(truth.box, isPoint(evaluated.box) ? 0 : replay.usualHalf)
    if (meet(written, own.box) || meet(written, truth.box) || meet(written, rounded)) return []
    return [
      own.box.low.length > 1
        ? describeEntry(evaluated.box, pair.formula, own.box, replay)
        : describe(pair.numerals, pair.formula, own.box, replay),
    ]
  })
  return found.length < pairs.length || pairs.length === 1 ? found : []
}

/**
 * The one numeral that explains a line: replaced by the value of something that the quantity is computed from, or by that
 * value with the other sign, it makes the line right.
 */
export async function miscopiedByValue(
  numerals: Expression,
  from: readonly Datum[],
  replay: Replay,
  isRight: (box: Box) => boolean,
): Promise<Miscopied | undefined> {
  const values = await Promise.all(
    from.map(async (datum) => ({ datum, own: await replay.own(datum.name), truth: replay.world.truth[datum.name] })),
  )
  for (const numeral of numeralsOf(numerals)) {
    if (numeral.whole) continue
    const fits = values.flatMap(({ datum, own, truth }) => {
      if (own === undefined || own.box.low.length !== 1) return []
      return [own.box, pointBox(truth)].flatMap((box) =>
        [1, -1].flatMap((sign) => {
          const value = (sign * (box.low[0] + box.high[0])) / 2
          const replaced = replaceNumerals(numerals, (other) =>
            other === numeral ? { ...numeral, value, half: Math.max((box.high[0] - box.low[0]) / 2, 1e-12) } : other,
          )
          const evaluated = evaluateBox(replaced, { habit: 'rounds' })
          if (!('box' in evaluated) || !isBounded(evaluated.box) || !isRight(evaluated.box)) return []
          const flipped = sign < 0 && Math.abs(Math.abs(value) - numeral.value) <= numeral.half
          return [{ datum, value, flipped, distance: Math.abs(value - numeral.value) }]
        }),
      )
    })
    const best = fits.toSorted((a, b) => a.distance - b.distance)[0]
    if (best !== undefined)
      return {
        numeral: numeral.text,
        belongs: symbolText(best.datum),
        value: numberText(best.value, decimalsOf(numeral.half)),
        sign: best.flipped,
        isValueOf: best.flipped ? undefined : quantityWithValue(numeral.value, numeral.half, best.datum.name, replay),
      }
  }
  return undefined
}

/** More values than this are not tried in place of a numeral. */
const mostCandidates = 80

/** What is left open of a number that is known exactly. */
const exactHalf = 1e-12

/**
 * The one numeral of a line that explains it where the result behind it is right: replaced by a number that is given or was written
 * before, or by the same with the other sign, it makes the line right.
 */
export function miscopiedByNumber(
  numerals: Expression,
  replay: Replay,
  isRight: (box: Box) => boolean,
): Miscopied | undefined {
  /** Half of what the digits of each number, its sign aside, leave open. */
  const halves = new Map([...replay.world.givenSizes].map((size) => [size, exactHalf]))
  for (const name of replay.recordedNames()) {
    const { values, written } = replay.recorded(name) ?? { values: [], written: undefined }
    values.forEach((value, i) => {
      const half = written === undefined ? 0 : (written.high[i] - written.low[i]) / 2
      if (!halves.has(Math.abs(value))) halves.set(Math.abs(value), Math.max(half, exactHalf))
    })
  }
  const known = [...halves.keys()].slice(0, mostCandidates)
  for (const numeral of numeralsOf(numerals)) {
    const nearest = known.toSorted((a, b) => Math.abs(a - numeral.value) - Math.abs(b - numeral.value))
    for (const value of nearest.flatMap((size) => [size, -size])) {
      if (value === numeral.value) continue
      const replaced = replaceNumerals(numerals, (other) =>
        other === numeral
          ? { ...numeral, value, half: halves.get(Math.abs(value)) ?? exactHalf, whole: Number.isInteger(value) }
          : other,
      )
      const evaluated = evaluateBox(replaced, { habit: 'rounds' })
      if (!('box' in evaluated) || !isBounded(evaluated.box) || !isRight(evaluated.box)) continue
      const text = numberText(value)
      return { numeral: numeral.text, belongs: text, value: text, sign: value === -numeral.value, isValueOf: undefined }
    }
  }
  return undefined
}

/** The first entry of a matrix that is not the one that belongs there. */
function describeEntry(written: Box, formula: Expression, own: Box, replay: Replay): Miscopied {
  const slack = replay.usualHalf
  const at = own.low.findIndex((low, i) => written.low[i] > own.high[i] + slack || written.high[i] < low - slack)
  const [wrong, right] = [written, own].map(({ low, high }) => (low[Math.max(at, 0)] + high[Math.max(at, 0)]) / 2)
  const [numeral, value] = [wrong, right].map((number) => numberText(number, decimalsOf(slack)))
  const sign = wrong !== 0 && Math.abs(wrong + right) <= 2 * slack
  return { numeral, belongs: `an entry of ${printLatex(formula)}`, value, sign, isValueOf: undefined }
}

function describe(numerals: Expression, formula: Expression, own: Box, replay: Replay): Miscopied {
  const signed = signedNumeral(numerals)
  const value = (own.low[0] + own.high[0]) / 2
  const half = Math.min(
    signed === undefined || signed.numeral.whole ? replay.usualHalf : signed.numeral.half,
    replay.usualHalf,
  )
  const sign = signed !== undefined && signed.value !== 0 && Math.abs(signed.value + value) <= 2 * half
  const other = signed === undefined || sign ? undefined : datumWithValue(signed.value, half, '', replay)
  return {
    numeral: printLatex(numerals),
    belongs: printLatex(formula),
    value: numberText(value, decimalsOf(half)),
    sign,
    isValueOf: other && nameApart(other, replay),
    ...(other !== undefined &&
      formula.kind === 'name' &&
      symbolsOf(other).includes(formula.key) && { isNamesake: true }),
  }
}

/** The quantity whose written value a number is, in words. */
export function quantityWithValue(value: number, half: number, except: string, replay: Replay): string | undefined {
  const datum = datumWithValue(value, half, except, replay)
  return datum && nameApart(datum, replay)
}

/** The symbol of a datum; with what it means, where the symbol stands for another one before. */
function nameApart(datum: Datum, { world: { index } }: Replay): string {
  const [first] = index.candidates(symbolsOf(datum)[0])
  return first !== datum && datum.kind === 'quantity'
    ? `${symbolText(datum)}, ${datum.quantity.meaning}`
    : symbolText(datum)
}

/** The quantity whose written value a number is, the latest written first; else one whose true value it is. */
function datumWithValue(value: number, half: number, except: string, replay: Replay): Datum | undefined {
  const { index, truth } = replay.world
  const written: Box = { shape: [], low: [value - half], high: [value + half] }
  const isWritten = (name: string): boolean => {
    const recorded = replay.recorded(name)
    return recorded !== undefined && meet(written, recorded.written)
  }
  const isTrue = (name: string): boolean => meet(written, pointBox(truth[name]))
  const recorded = replay.recordedNames().toReversed()
  const all = index.all().flatMap((datum) => (datum.kind === 'quantity' ? [datum.name] : []))
  const computed = new Set(all)
  const found =
    recorded.find((name) => name !== except && computed.has(name) && isWritten(name)) ??
    all.find((name) => name !== except && isTrue(name))
  return found === undefined ? undefined : index.datum(found)
}

/** Of what may be anything, nothing is explained: a quotient by what may be 0, a root of what may be negative. */
function isBounded({ low, high }: Box): boolean {
  return [...low, ...high].every(Number.isFinite)
}
