import fc from 'fast-check'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { oracle } from '../oracle/index.js'
import { fromNested, type Nested, rowMajor, sameShape, shapeText, type Tensor } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'
import { defaultGiven, type Exercise, type Given, solve, type Values } from './exercise.js'
import { symbolKey } from './symbols.js'

/** The exercise with other given data in place of the source's. */
export function instanceOf(exercise: Exercise, given: Values): Exercise {
  return { ...exercise, given: exercise.given.map((datum) => ({ ...datum, value: given[datum.name] ?? datum.value })) }
}

/** What is wrong with an instance file: `variant.yaml:4: ntua/1.1b, given x_1 holds «two»; it should hold a number`. */
export class BadInstance extends Error {
  override readonly name = 'BadInstance'
}

/**
 * Reads an instance: a YAML mapping of one exercise's id to a mapping with `given`, whose keys are names or symbols of given
 * data, each with a number or a nested list; what is left out keeps the source's value. Other keys, such as the answers in a
 * key, are passed over. Throws BadInstance where the file, or a value in it, is not what it should be.
 */
export async function readInstance(file: string, text: string, exercises: readonly Exercise[]): Promise<Exercise> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const fail = (node: unknown, what: string): never => {
    const range = isScalar(node) || isSeq(node) || isMap(node) ? node.range : undefined
    const line = range === undefined || range === null ? '' : `:${lines.linePos(range[0]).line}`
    throw new BadInstance(`${file}${line}: ${what}`)
  }
  const [error] = document.errors
  if (error !== undefined) fail(undefined, `broken YAML: ${error.message.split('\n', 1)[0]}`)
  const top = document.contents
  if (!isMap(top)) return fail(top, 'an instance maps the id of an exercise to its given data')
  const [entry] = top.items.filter(({ key }) => exercises.some(({ id }) => id === textOf(key)))
  if (entry === undefined)
    return fail(
      top.items[0]?.key,
      `holds ${top.items.map(({ key }) => textOf(key)).join(', ')}; it should hold the id of an exercise, such as ${exercises[0]?.id}`,
    )
  const exercise = exercises.filter(({ id }) => id === textOf(entry.key))[0]
  const stated = isMap(entry.value) ? entry.value.get('given', true) : undefined
  if (!isMap(stated)) return fail(entry.key, `${exercise.id} has no mapping called given`)
  const given = { ...defaultGiven(exercise), ...givenOf(exercise, stated, fail) }
  const instance = instanceOf(exercise, given)
  try {
    await solve(instance, given, oracle)
  } catch (problem) {
    fail(
      stated,
      `${exercise.id}: these given data do not go together: ${problem instanceof Error ? problem.message : ''}`,
    )
  }
  return instance
}

type Fail = (node: unknown, what: string) => never

function givenOf(exercise: Exercise, stated: YAMLMap, fail: Fail): Values {
  const values: Record<string, Tensor> = {}
  for (const { key, value } of stated.items) {
    const name = textOf(key)
    const datum = exercise.given.find((one) => one.name === name || one.symbols.includes(symbolKey(name) ?? name))
    if (datum === undefined)
      return fail(
        key,
        `${exercise.id} has no given datum ${name}; it has ${exercise.given.map((one) => one.name).join(', ')}`,
      )
    const about = (what: string) => fail(value ?? key, `${exercise.id}, given ${name} ${what}`)
    const tensor = tensorOfNode(value, about)
    const complaint = complaintAbout(datum, tensor, exercise)
    if (complaint !== undefined) about(complaint)
    values[datum.name] = tensor
  }
  return values
}

/** A number or a nested list of numbers, all lists of one depth equally long. */
function tensorOfNode(node: unknown, about: (what: string) => never): Tensor {
  const read = (one: unknown): Nested => {
    if (isSeq(one)) {
      if (one.items.length === 0) return about('holds an empty list; it should hold numbers')
      return one.items.map(read)
    }
    const value = isScalar(one) ? one.value : undefined
    if (typeof value === 'number' && Number.isFinite(value)) return value
    return about(`holds ${heldText(one)}; it should hold a finite number, or nested lists of them`)
  }
  const nested = read(node)
  try {
    return fromNested(nested)
  } catch {
    return about('holds lists of different lengths; all lists of one depth should be equally long')
  }
}

function heldText(node: unknown): string {
  if (isMap(node)) return 'a mapping'
  return isScalar(node) && node.value !== null ? `«${textOf(node)}»` : 'nothing'
}

/** What is wrong with a value for a datum: its rank or lengths, a fraction where a whole number belongs, a number out of range. */
function complaintAbout(datum: Given, value: Tensor, exercise: Exercise): string | undefined {
  const { shape } = datum.value
  const free = freeDimensions(exercise, datum)
  const wanted = `[${shape.map((length, i) => (free[i] ? 'any' : length)).join(', ')}]`
  if (value.shape.length !== shape.length || value.shape.some((length, i) => !free[i] && length !== shape[i]))
    return `has shape ${shapeText(value.shape)}; it should have ${wanted}`
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = datum.range ?? {}
  const isWhole = datum.kind === 'whole'
  const bad = rowMajor(value).findIndex((x) => x < least || x > most || (isWhole && !Number.isInteger(x)))
  if (bad < 0) return undefined
  const range = [
    ...(Number.isFinite(least) ? [`at least ${least}`] : []),
    ...(Number.isFinite(most) ? [`at most ${most}`] : []),
  ]
  const kind = isWhole ? 'a whole number' : 'a number'
  return `holds ${rowMajor(value)[bad]}${value.size === 1 ? '' : ` at ${position(bad, value.shape)}`}; it should hold ${[kind, range.join(' and ')].filter((part) => part !== '').join(' of ')}`
}

/** The dimensions in which the exercise's own given data differ from draw to draw. */
function freeDimensions(exercise: Exercise, datum: Given): readonly boolean[] {
  const drawn = fc.sample(exercise.arbitrary(), { numRuns: 60, seed: 1 }).flatMap((values) => values[datum.name] ?? [])
  const [first] = drawn
  return datum.value.shape.map((_, i) =>
    drawn.some(({ shape }) => sameShape(shape, first.shape) === false && shape[i] !== first.shape[i]),
  )
}

function textOf(node: Node | unknown): string {
  return isScalar(node) ? (node.source ?? String(node.value)) : ''
}
