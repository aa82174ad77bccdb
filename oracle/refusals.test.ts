import { describe, expect, it } from 'vitest'
import { type AttributeDeclaration, type AttributeValue, type Declaration, Refusal } from './contract.js'
import { contract, oracle } from './index.js'
import { copy, reshape, type Tensor, type Tensors, tensor, zeros } from './tensor.js'
import type { Call } from './testing/random.js'
import { gradientsFor, validCalls } from './testing/validCalls.js'

// What every operator refuses follows from its declaration: nothing here is written for one of them.

/** A call that should be refused, and the words that the refusal should hold. */
interface Bad extends Call {
  readonly what: string
  readonly says: readonly string[]
}

const calls = Object.keys(contract).flatMap((operator) => validCalls(operator))

/** Values outside a number's range: beyond each bound, on an exclusive one, no whole number, no finite one. */
function badNumbers(declared: AttributeDeclaration): number[] {
  const range = 'least' in declared || 'most' in declared || 'above' in declared || 'below' in declared ? declared : {}
  const { least, most, above, below } = {
    least: undefined,
    most: undefined,
    above: undefined,
    below: undefined,
    ...range,
  }
  const beyond = [
    ...(least === undefined ? [] : [least - 1]),
    ...(most === undefined ? [] : [most + 1]),
    ...(above === undefined ? [] : [above, above - 1]),
    ...(below === undefined ? [] : [below, below + 1]),
  ]
  const isWhole = declared.type !== 'number' || declared.integer === true
  return [...beyond, ...(isWhole ? [1.5] : []), Number.NaN, Number.POSITIVE_INFINITY]
}

/** Values that an attribute may not have, by its declaration. */
function badValues(declared: AttributeDeclaration): AttributeValue[] {
  switch (declared.type) {
    case 'number':
      return [...badNumbers(declared), '1', true, [1, 1]]
    case 'choice':
      return ['no such choice', 0, true, []]
    case 'choice of numbers':
      return [Math.max(...declared.values) + 1, Math.min(...declared.values) + 0.5, Number.NaN, 'no such choice', true]
    case 'boolean':
      return [0, 1, 'true', []]
    case 'pair':
      return [
        ...badNumbers(declared),
        ...badNumbers(declared).map((value) => [8, value]),
        [],
        [1],
        [1, 1, 1],
        '1',
        true,
      ]
    case 'list':
      return [...badNumbers(declared).map((value) => [value]), [], 1, '1', true]
  }
}

function without<Entry>(entries: Readonly<Record<string, Entry>>, name: string): Record<string, Entry> {
  return Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))
}

function badAttributes(call: Call, declaration: Declaration): Bad[] {
  const bad = Object.entries(declaration.attributes).flatMap(([name, declared]) =>
    badValues(declared).map((value) => ({
      ...call,
      attributes: { ...call.attributes, [name]: value },
      what: `attribute ${name} = ${JSON.stringify(value)} (${String(value)})`,
      says: [`attribute ${name} is`],
    })),
  )
  const missing = Object.entries(declaration.attributes)
    .filter(([, declared]) => !('default' in declared) || declared.default === undefined)
    .map(([name]) => ({
      ...call,
      attributes: without(call.attributes, name),
      what: `no attribute ${name}`,
      says: [`attribute ${name} is missing`],
    }))
  const attributes = { ...call.attributes, nonsense: 1 }
  return [...bad, ...missing, { ...call, attributes, what: 'unknown attribute', says: ['unknown attribute nonsense'] }]
}

function withInput(call: Call, name: string, x: Tensor): Tensors {
  return { ...call.inputs, [name]: x }
}

/** The tensor with another value at its last place. */
function holding(x: Tensor, value: number): Tensor {
  const result = copy(x)
  result.data[result.size - 1] = value
  return result
}

function badInputs(call: Call, declaration: Declaration): Bad[] {
  const bad: Bad[] = [
    {
      ...call,
      inputs: withInput(call, 'nonsense', zeros([1])),
      what: 'unknown input',
      says: ['unknown input nonsense'],
    },
  ]
  for (const [name, x] of Object.entries(call.inputs)) {
    const { dimensions, kind, optional, least, most } = declaration.inputs[name]
    const add = (what: string, result: Tensor, ...says: string[]) =>
      bad.push({ ...call, inputs: withInput(call, name, result), what: `${name}: ${what}`, says })
    if (!optional)
      bad.push({
        ...call,
        inputs: without(call.inputs, name),
        what: `no input ${name}`,
        says: [`input ${name} is missing`],
      })
    add('an empty dimension', zeros([...x.shape.slice(1), 0]), name, 'at least 1')
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      add(String(value), holding(x, value), `${name} holds ${value} at`)
    if (kind !== 'float') add('a fraction', holding(x, 0.5), `${name} holds 0.5 at`)
    if (kind === 'mask') add('a mask of 2', holding(x, 2), `${name} holds 2 at`)
    if (typeof least === 'number') add('below its range', holding(x, least - 1), `${name} holds ${least - 1} at`)
    if (typeof most === 'number') add('above its range', holding(x, most + 1), `${name} holds ${most + 1} at`)
    const named = dimensions?.filter((dimension) => dimension !== '…').length ?? 0
    if (named > 0)
      add('too low a rank', tensor(x.shape.slice(0, named - 1), zeros(x.shape.slice(0, named - 1)).data), name)
    if (dimensions !== undefined && !dimensions.includes('…')) add('too high a rank', reshape(x, [1, ...x.shape]), name)
  }
  return bad
}

/** Every input with one more at one dimension, where another input or an attribute knows that dimension. */
function badSizes(call: Call, declaration: Declaration): Bad[] {
  const shared = (dimension: string, name: string) =>
    dimension !== '…' &&
    Object.keys(call.inputs).some(
      (other) => other !== name && declaration.inputs[other].dimensions?.includes(dimension),
    )
  return Object.entries(call.inputs).flatMap(([name, x]) => {
    const { dimensions } = declaration.inputs[name]
    const others = Object.keys(call.inputs).filter((other) => declaration.inputs[other].dimensions === undefined)
    const axes =
      dimensions === undefined
        ? x.shape.map((_, d) => (others.length > 1 ? d : -1)).filter((d) => d >= 0)
        : dimensions.flatMap((dimension, d) => {
            const isRepeated = dimensions.indexOf(dimension) !== d && dimension !== '…'
            const isComputed = /\d|[·/]|^\p{Ll}/u.test(dimension)
            return isRepeated || isComputed || shared(dimension, name) ? [d - dimensions.length + x.shape.length] : []
          })
    return axes.map((axis) => {
      const shape = x.shape.map((length, d) => (d === axis ? length + 1 : length))
      // Any of the inputs that disagree may be named.
      return { ...call, inputs: withInput(call, name, zeros(shape)), what: `${name} ${axis} longer`, says: [] }
    })
  })
}

function refusalOf(call: Call): unknown {
  try {
    oracle.operators[call.operator].forward(call.inputs, call.attributes)
  } catch (error) {
    return error
  }
  return undefined
}

describe('every operator', () => {
  it.each(calls)('$operator takes the valid call that the bad ones are made from $attributes', (call) => {
    expect(refusalOf(call)).toBeUndefined()
  })

  it.each(calls)('$operator refuses, by name, what its declaration rules out $attributes', (call) => {
    const declaration = contract[call.operator]
    const bad = [...badAttributes(call, declaration), ...badInputs(call, declaration), ...badSizes(call, declaration)]
    const wrong = bad.flatMap(({ what, says, ...one }) => {
      const refusal = refusalOf(one)
      if (!(refusal instanceof Refusal)) return [`${what}: ${String(refusal)}`]
      const lacking = [`${call.operator}: `, ...says].filter((words) => !refusal.message.includes(words))
      return lacking.length === 0 ? [] : [`${what}: ${refusal.message} (lacks ${lacking.join(', ')})`]
    })
    expect(wrong).toEqual([])
  })

  it.each(calls)(
    '$operator refuses gradients of unknown outputs, of another shape, and not finite $attributes',
    (call) => {
      const { forward, backward } = oracle.operators[call.operator]
      if (backward === undefined) return
      const gradients = gradientsFor(forward(call.inputs, call.attributes))
      for (const [name, g] of Object.entries(gradients)) {
        const refused = (given: Tensors) => () => backward(call.inputs, call.attributes, given)
        expect(refused({ ...gradients, nonsense: g })).toThrow('unknown gradient for output nonsense')
        expect(refused({ ...gradients, [name]: zeros([...g.shape, 2]) })).toThrow(
          `the gradient for output ${name} has shape`,
        )
        expect(refused({ ...gradients, [name]: holding(g, Number.NaN) })).toThrow(
          `the gradient for output ${name} holds NaN`,
        )
      }
    },
  )
})
