import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Attributes } from '../contract.js'
import { oracle } from '../index.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../tensor.js'

interface Given {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** Each correctly rounded value is followed by the scale that its error is measured in. */
type Golden = readonly number[]

interface Case {
  readonly operator: string
  readonly inputs: Readonly<Record<string, Given>>
  readonly attributes: Attributes
  readonly outputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly golden: Golden }>>
  /** In the shapes of the outputs, and of the inputs. */
  readonly gradients?: Readonly<Record<string, readonly number[]>>
  readonly inputGradients?: Readonly<Record<string, Golden>>
}

const allowed = 8
const unitRoundoff = 2 ** -53
const cases = ['operators.jsonl', 'layers.jsonl'].flatMap((file) =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line): Case => JSON.parse(line)),
)

function tensors(given: Readonly<Record<string, Given>>): Tensors {
  return Object.fromEntries(Object.entries(given).map(([name, { shape, data }]) => [name, tensor(shape, data)]))
}

/** The largest error of a tensor in units of roundoff times scale, or of the smallest subnormal number. */
function worstError(actual: Tensor, shape: readonly number[], golden: Golden): number {
  expect(actual.shape).toEqual(shape)
  expect(golden).toHaveLength(2 * actual.size)
  return rowMajor(actual).reduce((worst, value, i) => {
    const [exact, scale] = golden.slice(2 * i, 2 * i + 2)
    const error = Math.abs(value - exact) / Math.max(unitRoundoff * scale, 2 ** -1074)
    return error <= worst ? worst : error
  }, 0)
}

function worstOf({ operator, inputs, attributes, outputs, gradients, inputGradients }: Case) {
  const { forward, backward } = oracle.operators[operator]
  const given = tensors(inputs)
  const actual = forward(given, attributes)
  const errors = Object.entries(outputs).map(([name, { shape, golden }]) => ({
    name,
    error: worstError(actual[name], shape, golden),
  }))
  if (gradients === undefined || inputGradients === undefined) return errors
  const incoming = Object.entries(gradients).map(([name, data]) => [name, tensor(outputs[name].shape, data)])
  const slopes = backward?.(given, attributes, Object.fromEntries(incoming)) ?? {}
  return [
    ...errors,
    ...Object.entries(inputGradients).map(([name, golden]) => ({
      name: `gradient of ${name}`,
      error: worstError(slopes[name], inputs[name].shape, golden),
    })),
  ]
}

describe('operators', () => {
  const operators = [...new Set(cases.map(({ operator }) => operator))]
  it.each(operators)('%s is within 8 units of roundoff scaled by its condition, forward and backward', (operator) => {
    const wrong = cases
      .filter((one) => one.operator === operator)
      .flatMap((one) =>
        worstOf(one)
          .filter(({ error }) => !(error <= allowed))
          .map(
            ({ name, error }) =>
              `${name}: ${error} with ${JSON.stringify(one.inputs)} ${JSON.stringify(one.attributes)}`,
          ),
      )
    expect(wrong).toEqual([])
  })
})
