import { type Exercise, type Quantity, quantitiesUnder, type Values } from '../../exercises/exercise.js'
import type { AnsweredCall } from '../../exercises/rounding.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { type LintPrecision, lookAlike, orRefused, roundedTo, type Solved, solvedWithCalls } from './solved.js'

/** Something about an exercise's numbers that makes it easier, or poorer, than it looks. */
export interface Triviality {
  readonly kind: 'zero' | 'one' | 'identity' | 'dead unit' | 'tie' | 'saturated' | 'unneeded' | 'inexact'
  /** The given datum or quantity that it is about. */
  readonly name: string
  readonly what: string
}

/** Operators whose results are hardly ever short decimals: nobody expects them to be exact. */
const transcendental: ReadonlySet<string> = new Set([
  ...[
    'sigmoid',
    'tanh',
    'softmax',
    'logSoftmax',
    'gelu',
    'crossEntropy',
    'binaryCrossEntropy',
    'lstm',
    'gru',
    'gruResetBefore',
    'rnn',
  ],
  ...[
    'scaledDotProductAttention',
    'multiHeadAttention',
    'luongAttention',
    'layerNorm',
    'batchNorm',
    'cosineSimilarity',
  ],
  ...['positionalEncoding', 'encoderLayer', 'decoderLayer', 'feedForward', 'contrastiveLoss', 'infoNce', 'ntXent'],
  ...['gaussianBlur', 'negativeSampling', 'generatorLoss', 'discriminatorLoss', 'adam', 'quadraticAttention'],
])

/** All such things in an exercise's own numbers. */
export async function trivialitiesOf(solved: Solved, precision: LintPrecision): Promise<readonly Triviality[]> {
  const { exercise, values, calls } = solved
  const quantities = quantitiesUnder(exercise)
  const used = new Set(quantities.flatMap(({ from }) => from))
  return [
    ...quantities.filter(({ name }) => used.has(name)).flatMap((quantity) => constants(quantity, values)),
    ...quantities.flatMap(({ name }) => (calls.get(name) ?? []).flatMap((call) => units(call, name, precision))),
    ...quantities.flatMap(({ name, kind }) => (kind === 'class' ? ties(name, quantities, values, precision) : [])),
    ...(await unneeded(exercise, values)),
    ...inexact(solved, quantities, precision),
  ]
}

/** A carried number or matrix that makes what is computed from it trivial. */
function constants({ name, kind, symbols }: Quantity, values: Values): readonly Triviality[] {
  if (kind !== 'real') return []
  const value = values[name]
  const data = [...rowMajor(value)]
  const text = symbols[0] ?? name
  if (data.every((x) => x === 0))
    return [{ kind: 'zero', name, what: `${text} is 0: every product with it is, whatever the other factor` }]
  if (data.length === 1 && Math.abs(data[0]) === 1)
    return [{ kind: 'one', name, what: `${text} is ${data[0]}: a factor, a power or a reciprocal of it does not show` }]
  const [rows, columns] = value.shape
  const isIdentity =
    value.shape.length === 2 &&
    rows === columns &&
    rows > 1 &&
    data.every((x, i) => x === (i % (columns + 1) === 0 ? 1 : 0))
  if (isIdentity)
    return [{ kind: 'identity', name, what: `${text} is the identity: a product with it changes nothing` }]
  return []
}

/** Units that are dead, saturated or tied in one call of an operator. */
function units(call: AnsweredCall, name: string, precision: LintPrecision): readonly Triviality[] {
  if (call.pass !== 'forward') return []
  const input = call.inputs.x === undefined ? [] : [...rowMajor(call.inputs.x)]
  const output = call.answer.y === undefined ? [] : [...rowMajor(call.answer.y)]
  const share = (count: number): string => (input.length === 1 ? 'its one unit' : `${count} of ${input.length} units`)
  if (call.operator === 'relu') {
    const dead = input.filter((x) => x <= 0).length
    const kinks = input.filter((x) => x === 0).length
    return [
      ...(dead > 0 && 2 * dead >= input.length
        ? [
            {
              kind: 'dead unit',
              name,
              what: `ReLU: ${share(dead)} at or below 0: nothing passes, forward or backward`,
            } as const,
          ]
        : []),
      ...(kinks > 0
        ? [{ kind: 'tie', name, what: `ReLU: ${share(kinks)} exactly at 0, where it has no derivative` } as const]
        : []),
    ]
  }
  if (call.operator === 'sigmoid' || call.operator === 'tanh') {
    const flat = output.filter((y) => Number.isInteger(roundedTo(y, precision)) && y !== 0).length
    return flat === 0
      ? []
      : [
          {
            kind: 'saturated',
            name,
            what: `${call.operator}: ${share(flat)} saturated: written as ${roundedTo(output.find((y) => Number.isInteger(roundedTo(y, precision)) && y !== 0) ?? 1, precision)}`,
          },
        ]
  }
  if (call.operator === 'softmax') {
    const certain = output.some((y) => y < 1 && roundedTo(y, precision) === 1)
    return certain
      ? [{ kind: 'saturated', name, what: 'softmax: one probability is written as 1, the others as 0' }]
      : []
  }
  return call.operator === 'maxPool2d' ? poolTies(call, name) : []
}

/** Windows of max pooling whose greatest number stands in them more than once, where the gradient may go either way. */
function poolTies({ inputs, attributes, answer }: AnsweredCall, name: string): readonly Triviality[] {
  const { x } = inputs
  const { y } = answer
  const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((key) => {
    const value = attributes[key] ?? attributes.kernel
    return Array.isArray(value) ? value.map(Number) : [Number(value), Number(value)]
  })
  const [numbers, greatest] = [rowMajor(x), rowMajor(y)]
  const [, , H, W] = x.shape
  const [, , outH, outW] = y.shape
  const tied = greatest.reduce((count, most, at) => {
    const plane = Math.floor(at / (outH * outW))
    const [i, j] = [Math.floor((at % (outH * outW)) / outW), at % outW]
    let times = 0
    for (let row = i * stride[0] - padding[0]; row < i * stride[0] - padding[0] + kernel[0]; row++)
      for (let column = j * stride[1] - padding[1]; column < j * stride[1] - padding[1] + kernel[1]; column++)
        if (row >= 0 && column >= 0 && row < H && column < W && numbers[(plane * H + row) * W + column] === most)
          times++
    return times > 1 ? count + 1 : count
  }, 0)
  return tied === 0
    ? []
    : [
        {
          kind: 'tie',
          name,
          what: `max pooling: in ${tied} of ${greatest.length} windows the greatest number stands more than once`,
        },
      ]
}

/** A class that is one of several greatest or least numbers. */
function ties(
  name: string,
  quantities: readonly Quantity[],
  values: Values,
  precision: LintPrecision,
): readonly Triviality[] {
  const from = quantities.find((quantity) => quantity.name === name)?.from ?? []
  return from.flatMap((part): readonly Triviality[] => {
    const data = [...rowMajor(values[part])].map((x) => roundedTo(x, precision))
    const greatest = data.filter((x) => x === Math.max(...data)).length
    if (data.length < 2 || greatest < 2 || quantities.every((quantity) => quantity.name !== part)) return []
    return [{ kind: 'tie', name, what: `the greatest entry of ${part} stands there ${greatest} times` }]
  })
}

/** Given data on which nothing rests that leads to an answer: by the rules, or by these numbers. */
async function unneeded(exercise: Exercise, values: Values): Promise<readonly Triviality[]> {
  const asked = exercise.quantities.filter((quantity) => quantity.asked)
  const near = leadingTo(asked.length > 0 ? asked : exercise.quantities, exercise)
  const found: Triviality[] = []
  for (const { name, symbols, value, kind, range, free } of exercise.given) {
    if (free) continue
    const text = symbols[0] ?? name
    let [tried, idle] = [0, 0]
    const step = Math.ceil(value.size / mostCells)
    for (let i = 0; i < value.size; i += step) {
      const moved = await movedValues(exercise, values, name, i, { kind, range })
      if (moved === undefined) continue
      tried++
      if (near.every((quantity) => lookAlike(moved[quantity], values[quantity], exact))) idle++
    }
    if (idle === 0) continue
    const share = tried === 1 || idle === tried ? text : `${text}, ${idle} of the ${tried} numbers tried`
    found.push({ kind: 'unneeded', name, what: `${share}: nothing that leads to an answer depends on it here` })
  }
  return found
}

/** The names of quantities and of all that they are computed from. */
function leadingTo(quantities: readonly Quantity[], exercise: Exercise): readonly string[] {
  const found = new Set(quantities.map(({ name }) => name))
  for (const { name, from } of exercise.quantities.toReversed())
    if (found.has(name))
      for (const part of from) if (exercise.quantities.some((one) => one.name === part)) found.add(part)
  return [...found]
}

/** So many numbers of a given datum are tried, evenly spread. */
const mostCells = 9

const exact: LintPrecision = { kind: 'significant', digits: 12 }

/** The exercise's values with one given number a little larger, or smaller; `undefined` where neither is allowed. */
async function movedValues(
  exercise: Exercise,
  values: Values,
  name: string,
  i: number,
  { kind, range }: Pick<Exercise['given'][number], 'kind' | 'range'>,
): Promise<Values | undefined> {
  for (const step of kind === 'whole' ? [1, -1] : [0.37, -0.37]) {
    const data = [...rowMajor(values[name])]
    data[i] += step
    if (data[i] < (range?.least ?? -Infinity) || data[i] > (range?.most ?? Infinity)) continue
    const given = exercise.given.map((datum) =>
      datum.name === name ? { ...datum, value: tensor(datum.value.shape, data) } : datum,
    )
    const solved = await orRefused(() => solvedWithCalls({ ...exercise, given }))
    if (solved !== undefined) return solved.values
  }
  return undefined
}

/** Numbers with more digits than are written, where arithmetic alone could have given exact ones. */
function inexact(
  { values, calls }: Solved,
  quantities: readonly Quantity[],
  precision: LintPrecision,
): readonly Triviality[] {
  const isExact = (value: Tensor): boolean =>
    [...rowMajor(value)].every(
      (x) => !Number.isFinite(x) || Math.abs(roundedTo(x, precision) - x) <= 1e-9 * Math.max(1, Math.abs(x)),
    )
  return quantities.flatMap(({ name, from, kind, symbols, formula }): readonly Triviality[] => {
    if (kind !== 'real' || isExact(values[name]) || !from.every((part) => isExact(values[part]))) return []
    if (calls.get(name)?.some(({ operator }) => transcendental.has(operator))) return []
    if (/\\(?:sqrt|exp|ln|log|tanh|sigma|cos|sin)|e\^/.test(formula)) return []
    const what = `${symbols[0] ?? name} goes on beyond the digits written, though all it is computed from is exact`
    return [{ kind: 'inexact', name, what }]
  })
}
