import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Precision } from '../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { stringify } from '../oracle/wire.js'
import { formats } from '../properties/precision.js'
import { openProcess } from './process.js'
import { helloSchema } from './protocol.js'
import type { OpenSubject } from './subject.js'

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0

const view = new DataView(new ArrayBuffer(8))

/** The number of a format of 16 bits, as IEEE 754 lays it out. */
function fromBits(pattern: number, precision: 'float16' | 'bfloat16'): number {
  const fractionBits = precision === 'float16' ? 10 : 7
  const exponentBits = 15 - fractionBits
  const bias = 2 ** (exponentBits - 1) - 1
  const sign = pattern >> 15 === 0 ? 1 : -1
  const exponent = (pattern >> fractionBits) & (2 ** exponentBits - 1)
  const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias))
}

/** Every finite number of the format, by its bits. */
const numbers: Readonly<Record<Precision, fc.Arbitrary<number>>> = {
  float64: fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([high, low]) => {
    view.setUint32(0, high)
    view.setUint32(4, low)
    return view.getFloat64(0)
  }),
  float32: fc.nat(0xffffffff).map((pattern) => {
    view.setUint32(0, pattern)
    return view.getFloat32(0)
  }),
  float16: fc.nat(0xffff).map((pattern) => fromBits(pattern, 'float16')),
  bfloat16: fc.nat(0xffff).map((pattern) => fromBits(pattern, 'bfloat16')),
}

const vector = (data: readonly number[]): Tensor => tensor([data.length], data)

const precisions: readonly Precision[] = ['float64', 'float32', 'float16', 'bfloat16']
const echoes = [
  ['answerkey.py', `python3 '${fixture('echo.py')}'`, hasNumpy],
  ['plain JavaScript', `node '${fixture('echo.mjs')}'`, true],
] as const

describe.each(echoes)('%s echoes', (_, command, runs) => {
  describe.runIf(runs).each(precisions)('in %s', (precision) => {
    let subject: OpenSubject
    beforeAll(async () => {
      subject = await openProcess(`${command} ${precision}`, 20)
    })
    afterAll(async () => {
      await subject.close()
    })

    const echoed = async (data: readonly number[]) => {
      const forward = await subject.operators.relu.forward({ x: vector(data) }, {})
      const backward = await subject.operators.relu.backward?.({ x: vector(data) }, {}, { y: vector(data) })
      return [rowMajor(forward.y), backward === undefined ? [] : rowMajor(backward.x)].map((values) => [...values])
    }

    it('the largest and smallest numbers and both zeros, bit for bit', async () => {
      const { largest, smallestNormal, smallestSubnormal, unitRoundoff } = formats[precision]
      const edges = [
        0,
        largest,
        smallestNormal,
        smallestSubnormal,
        smallestNormal - smallestSubnormal,
        1 - unitRoundoff,
      ]
      const data = edges.flatMap((value) => [value, -value])
      // toEqual and toBe tell 0 from −0.
      for (const values of await echoed(data)) expect(values).toEqual(data)
    })

    it('every finite number, bit for bit', async () => {
      const finite = numbers[precision].filter(Number.isFinite)
      await fc.assert(
        fc.asyncProperty(fc.array(finite, { minLength: 1, maxLength: 20 }), async (data) => {
          for (const values of await echoed(data)) expect(values).toEqual(data)
        }),
        { numRuns: 200 },
      )
    })

    it('whole numbers up to 2⁵³, and attributes', async () => {
      const ids = [0, -0, 1, 2 ** 31, 2 ** 53, -(2 ** 53), 2 ** 53 - 1]
      const { y } = await subject.operators.oneHot.forward({ ids: vector(ids) }, { classes: 2 })
      expect([...rowMajor(y)].map((id) => id + 0)).toEqual(ids.map((id) => id + 0))
      for (const slope of [0, 2 ** -8, formats[precision].largest, formats[precision].smallestSubnormal]) {
        const answer = await subject.operators.leakyRelu.forward({ x: vector([1]) }, { negativeSlope: slope })
        expect([...rowMajor(answer.y)]).toEqual([slope])
      }
    })
  })
})

describe('numbers that are not finite', () => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

  it.runIf(hasNumpy).each(precisions)(
    'reach answerkey.py in %s, which refuses them, and come back from it',
    async (precision) => {
      const subject = await openProcess(`python3 '${fixture('echo.py')}' ${precision}`, 20)
      const names = ['nan', 'inf', '-inf']
      for (const [i, value] of special.entries())
        await expect(subject.operators.relu.forward({ x: vector([1, value]) }, {})).rejects.toThrow(
          `x holds ${names[i]}; it should hold finite numbers`,
        )
      const { y } = await subject.operators.sigmoid.forward({ x: vector([0, 0, 0]) }, {})
      expect([...rowMajor(y)]).toEqual(special)
      await subject.close()
    },
  )

  it('reach plain JavaScript, and come back from it', async () => {
    const subject = await openProcess(`node '${fixture('echo.mjs')}' float64`, 20)
    const { y } = await subject.operators.relu.forward({ x: vector(special) }, {})
    expect([...rowMajor(y)]).toEqual(special)
    await subject.close()
  })
})

describe('JSON of numbers', () => {
  it('keeps the sign of −0 wherever it stands, and is the usual text otherwise', () => {
    expect(stringify({ a: [0, -0, { b: -0 }], c: '-0' })).toBe('{"a":[0,-0.0,{"b":-0.0}],"c":"-0"}')
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(stringify(value))).toEqual(value)
      }),
    )
  })
})

describe('a hello', () => {
  it.runIf(hasNumpy)('says what the functions support, in the names of the contract, and the dialects', async () => {
    const subject = await openProcess(`python3 '${fixture('echo.py')}' float64`, 20)
    expect(subject.supports).toEqual({
      relu: { ranks: { x: [1, 2] } },
      leakyRelu: { attributes: { negativeSlope: [0.5] } },
      linear: { without: ['bias'], largest: { weight: 3 } },
    })
    expect(subject.dialects).toEqual(['biased variance'])
    await subject.close()
  })

  it.each([
    ['an operator', { convolution: {} }, 'the contract has no such operator'],
    ['an attribute', { conv2d: { attributes: { group: [1] } } }, 'it has no attribute group'],
    ['an input', { conv2d: { ranks: { input: [4] } } }, 'it has no input input'],
    ['an input that may be left out', { linear: { without: ['weight'] } }, 'the input weight cannot be left out'],
  ])('with limits of %s that does not exist is refused', (_, supports, message) => {
    const parsed = helloSchema.safeParse({ name: 'mine', operators: { conv2d: ['forward'] }, supports })
    expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([message])
  })
})
