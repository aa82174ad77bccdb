import { describe, expect, it } from 'vitest'
import { expectedFailure } from '../properties/expectedFailures.js'
import { type Law, laws } from '../properties/index.js'
import { readExpectedFailures } from './expectedFailures.js'

function law(operator: string, name?: string): Law {
  const found = laws.find((one) => one.operator === operator && (name === undefined || one.name === name))
  if (found === undefined) throw new Error(`no law «${name}» of ${operator}`)
  return found
}

const sum = 'has entries that sum to one'

describe('a list of expected failures', () => {
  const reasonsOf = (text: string) => {
    const failures = readExpectedFailures('known.yaml', text)
    return (one: Law) => expectedFailure(failures, one)
  }

  it('gives the reason of a law, which has to fail, and of whichever laws of an operator fail', () => {
    const expected = reasonsOf(
      `softmax:\n  ${sum}: float16 inside\ntanh:\n  '*': not written yet\nrelu: wrong at zero\n`,
    )
    expect(expected(law('softmax', sum))).toEqual({ reason: 'float16 inside', named: true })
    const other = laws.find(({ operator, name }) => operator === 'softmax' && name !== sum)
    expect(other && expected(other)).toBeUndefined()
    expect(expected(law('tanh'))).toEqual({ reason: 'not written yet', named: false })
    expect(expected(law('relu'))).toEqual({ reason: 'wrong at zero', named: false })
    expect(expected(law('sigmoid'))).toBeUndefined()
  })

  it('prefers the reason of the law to that of all', () => {
    expect(reasonsOf(`softmax: { '*': all of it, ${sum}: this one }`)(law('softmax', sum))?.reason).toBe('this one')
  })

  it('may be empty', () => {
    expect(readExpectedFailures('known.yaml', '')).toEqual({})
  })

  it.each([
    ['an operator that is not there', 'sofmax: x', /known.yaml: unknown operator «sofmax»; known: /],
    ['a law that is not there', 'softmax: { rows: x }', /unknown law of softmax «rows»; known: /],
    ['no reason', 'softmax: ""', /softmax/],
    ['a list', '- softmax', /it should map operators to laws/],
    ['no YAML', 'softmax: [', /is no YAML/],
  ])('is refused with %s', (_, text, message) => {
    expect(() => readExpectedFailures('known.yaml', text)).toThrow(message)
  })
})
