import type { Exercise, Quantity, Values } from '../../exercises/exercise.js'
import { quantitiesUnder } from '../../exercises/exercise.js'
import { mistaken, mistakes } from '../../mistakes/index.js'
import { oracle } from '../../oracle/index.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { type Box, meet, pointBox } from '../boxes.js'
import { image } from '../image.js'
import { halfUnit, type LintPrecision, lookAlike, orRefused, type Solved } from './solved.js'

/** A mistake as it shows, or does not, at one quantity. */
interface Trace {
  readonly mistake: string
  readonly quantity: string
  readonly kind: 'exercise' | 'operator'
  readonly value: Tensor
}

/** A mistake that yields what the key says, or what another mistake yields, to the digits asked for. */
export interface Confusion {
  /** One mistake that cannot be told from the key, or several that cannot be told from each other. */
  readonly mistakes: readonly string[]
  readonly kind: 'exercise' | 'operator'
  /** The quantities on which they cannot be told. */
  readonly quantities: readonly string[]
  /** Whether nothing else that they bear on tells them either. */
  readonly everywhere: boolean
}

export interface Confusions {
  readonly withKey: readonly Confusion[]
  readonly withEachOther: readonly Confusion[]
}

/**
 * The mistakes that the numbers of an exercise do not tell from the key, or from each other: on each line, with the right values
 * before it rounded as they are written. What no numbers tell is left out: it is no fault of these.
 */
export async function confusionsOf(
  solved: Solved,
  others: readonly Solved[],
  precision: LintPrecision,
): Promise<Confusions> {
  const traces = await tracesOf(solved)
  const hidden: Trace[] = []
  const shown: Trace[] = []
  for (const trace of traces) {
    if (!(await isTakenForRight(trace, solved, precision))) shown.push(trace)
    else if (await showsElsewhere(trace, others, precision)) hidden.push(trace)
  }
  return {
    withKey: byMistake(hidden, shown),
    withEachOther: await pairsOf(shown, others, precision),
  }
}

/** What every known mistake makes of every quantity that it bears on, from the right values. */
async function tracesOf(solved: Solved): Promise<readonly Trace[]> {
  const { exercise, values } = solved
  const traces: Trace[] = []
  for (const quantity of quantitiesUnder(exercise)) {
    if (quantity.kind === 'symbolic') continue
    for (const mistake of namesOf(exercise, quantity)) {
      const value = await valueUnder(mistake, quantity, solved.exercise, values)
      if (value !== undefined) traces.push({ ...mistake, quantity: quantity.name, value })
    }
    const called = new Set(solved.calls.get(quantity.name)?.map(({ operator }) => operator))
    for (const { name, operator, concerns } of mistakes) {
      if (!called.has(operator) || concerns === 'memory') continue
      const mistake = { mistake: name, kind: 'operator' } as const
      const value = await valueUnder(mistake, quantity, exercise, values)
      if (value !== undefined) traces.push({ ...mistake, quantity: quantity.name, value })
    }
  }
  return traces
}

function namesOf(exercise: Exercise, { name }: Quantity): readonly { mistake: string; kind: 'exercise' }[] {
  return exercise.mistakes
    .filter(({ quantities }) => quantities.includes(name))
    .map((mistake) => ({ mistake: mistake.name, kind: 'exercise' }))
}

/** The value of a quantity under a mistake; `undefined` where it has none. */
async function valueUnder(
  { mistake: name, kind }: Pick<Trace, 'mistake' | 'kind'>,
  quantity: Quantity,
  exercise: Exercise,
  values: Values,
): Promise<Tensor | undefined> {
  if (kind === 'exercise') {
    const mistake = exercise.mistakes.find((one) => one.name === name && one.quantities.includes(quantity.name))
    return mistake && orRefused(() => mistake.compute(quantity.name, copied(values), oracle.operators))
  }
  const mistake = mistakes.find((one) => one.name === name)
  return mistake && orRefused(() => quantity.compute(copied(values), mistaken(mistake).operators))
}

/** The values anew: some mistakes change what they are given. */
function copied(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, tensor(value.shape, Float64Array.from(rowMajor(value)))]),
  )
}

/** Whether a line with this mistake, written to these digits, is taken for right: rounded values before it explain it. */
async function isTakenForRight(
  { quantity: name, value }: Trace,
  { exercise, values }: Solved,
  precision: LintPrecision,
): Promise<boolean> {
  const quantity = quantitiesUnder(exercise).find((one) => one.name === name)
  const right = values[name]
  if (quantity === undefined || right.size !== value.size) return false
  if (lookAlike(right, value, precision)) return true
  if (quantity.kind !== 'real' || !areNear(right, value, precision)) return false
  const given = new Set(exercise.given.map((datum) => datum.name))
  const boxes = Object.fromEntries(
    quantity.from.map((part) => [part, given.has(part) ? pointBox(values[part]) : writtenBox(values[part], precision)]),
  )
  const coordinates = Object.values(boxes).reduce(
    (sum, { low, high }) => sum + low.filter((x, i) => x < high[i]).length,
    0,
  )
  if (coordinates > mostCoordinates) return false
  const box = await image((inputs) => quantity.compute(inputs, oracle.operators), boxes)
  return box !== undefined && meet({ ...box, shape: value.shape }, writtenBox(value, precision))
}

/** Farther apart than so many units of the last place, two values are not taken for each other: rounding in one line does less. */
const mostUnits = 50

function areNear(a: Tensor, b: Tensor, precision: LintPrecision): boolean {
  const other = rowMajor(b)
  return rowMajor(a).every((x, i) => Math.abs(x - other[i]) <= 2 * mostUnits * Math.max(halfUnit(x, precision), 1e-12))
}

/** Of more rounded numbers than these it is not tried what they explain together: it takes as many computations. */
const mostCoordinates = 64

/** All that is written like a value. */
function writtenBox(value: Tensor, precision: LintPrecision): Box {
  const data = [...rowMajor(value)]
  const half = (x: number): number => (Number.isInteger(x) ? 0 : halfUnit(x, precision))
  return { shape: value.shape, low: data.map((x) => x - half(x)), high: data.map((x) => x + half(x)) }
}

/** Whether the mistake shows, to these digits, for other given data. */
async function showsElsewhere(trace: Trace, others: readonly Solved[], precision: LintPrecision): Promise<boolean> {
  for (const { exercise, values } of others) {
    const quantity = quantitiesUnder(exercise).find(({ name }) => name === trace.quantity)
    const value = quantity && (await valueUnder(trace, quantity, exercise, values))
    if (value !== undefined && !lookAlike(value, values[trace.quantity], precision)) return true
  }
  return false
}

/** The hidden traces of each mistake together. */
function byMistake(hidden: readonly Trace[], shown: readonly Trace[]): readonly Confusion[] {
  const names = [...new Set(hidden.map(({ mistake }) => mistake))]
  return names.map((name) => {
    const own = hidden.filter(({ mistake }) => mistake === name)
    return {
      mistakes: [name],
      kind: own[0].kind,
      quantities: own.map(({ quantity }) => quantity),
      everywhere: !shown.some(({ mistake }) => mistake === name),
    }
  })
}

/** Mistakes of the exercise that show, and show alike: those that nothing they both bear on tells apart. */
async function pairsOf(
  shown: readonly Trace[],
  others: readonly Solved[],
  precision: LintPrecision,
): Promise<readonly Confusion[]> {
  const own = shown.filter(({ kind }) => kind === 'exercise')
  const names = [...new Set(own.map(({ mistake }) => mistake))]
  const found: Confusion[] = []
  for (const [i, one] of names.entries())
    for (const other of names.slice(i + 1)) {
      const alike: string[] = []
      let told = false
      for (const first of own.filter(({ mistake }) => mistake === one)) {
        const second = own.find(({ mistake, quantity }) => mistake === other && quantity === first.quantity)
        if (second === undefined) continue
        if (lookAlike(first.value, second.value, precision)) alike.push(first.quantity)
        else told = true
      }
      if (alike.length === 0 || !(await areToldElsewhere(one, other, alike, others, precision))) continue
      const alone = own.some(
        ({ mistake, quantity }) =>
          (mistake === one || mistake === other) &&
          !own.some((trace) => trace.quantity === quantity && trace.mistake === (mistake === one ? other : one)),
      )
      found.push({ mistakes: [one, other], kind: 'exercise', quantities: alike, everywhere: !told && !alone })
    }
  return found
}

/** Whether other given data tell two mistakes apart on one of the quantities. */
async function areToldElsewhere(
  one: string,
  other: string,
  quantities: readonly string[],
  others: readonly Solved[],
  precision: LintPrecision,
): Promise<boolean> {
  for (const { exercise, values } of others)
    for (const quantity of quantitiesUnder(exercise)) {
      if (!quantities.includes(quantity.name)) continue
      const first = await valueUnder({ mistake: one, kind: 'exercise' }, quantity, exercise, values)
      const second = await valueUnder({ mistake: other, kind: 'exercise' }, quantity, exercise, values)
      if (first !== undefined && second !== undefined && !lookAlike(first, second, precision)) return true
    }
  return false
}
