import { describe, expect, it } from 'vitest'
import { Failure, Refusal } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import { rowMajor, type Tensor, tensor, toNested } from '../oracle/tensor.js'
import { runLaws } from '../properties/index.js'
import { inProcess, type OwnOperator } from './inProcess.js'

const x = tensor([2, 2], [1, -2, 3, -4])

/** The operator of a subject in this process that has this one alone. */
function relu(own: OwnOperator, settings: Omit<Parameters<typeof inProcess>[0], 'operators'> = {}) {
  return inProcess({ ...settings, operators: { relu: own } }).operators.relu
}

describe('an implementation in this process', () => {
  it('is the oracle, law by law, where its operators are', async () => {
    const subject = inProcess({ name: 'same', operators: oracle.operators })
    const report = await runLaws(subject, { operators: ['linear', 'softmax', 'dropout'], runs: 5, seed: 1 })
    expect(report.summary).toMatchObject({ broken: 0, errored: 0, suspicious: 0, skipped: 0 })
    expect(report).toMatchObject({ subject: 'same', precision: 'float64' })
  })

  it('is handed ndarrays, of Float32Array for float32 and float inputs only', async () => {
    const seen: unknown[] = []
    const embedding: OwnOperator = {
      forward({ ids, table }: { ids: Tensor; table: { data: unknown } }) {
        seen.push(ids.data, table.data)
        return { y: [[0]] }
      },
    }
    const { operators } = inProcess({ precision: 'float32', operators: { embedding } })
    await operators.embedding.forward({ ids: tensor([1], [0]), table: tensor([1, 1], [0.5]) }, {})
    expect(seen).toEqual([Float64Array.of(0), Float32Array.of(0.5)])
  })

  it('is handed nested arrays where it asks for them, and complete attributes', async () => {
    const seen: unknown[] = []
    const softmax: OwnOperator = {
      forward(inputs, attributes) {
        seen.push(inputs, attributes)
        return { y: { shape: [2, 2], data: [1, 2, 3, 4] } }
      },
    }
    const { operators } = inProcess({ tensors: 'nested', operators: { softmax } })
    const { y } = await operators.softmax.forward({ x }, {})
    expect(seen).toEqual([{ x: toNested(x) }, { axis: -1 }])
    expect(toNested(y)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it.each(['nested', 'ndarray'] as const)('is seen to modify its inputs: %s', async (tensors) => {
    const own: OwnOperator =
      tensors === 'nested'
        ? {
            forward({ x: given }: { x: number[][] }) {
              given[0][1] = 7
              return { y: given }
            },
          }
        : {
            forward({ x: given }: { x: Tensor }) {
              given.set(0, 1, 7)
              return { y: given }
            },
          }
    for (const precision of ['float64', 'float32'] as const) {
      const given = tensor([2, 2], [1, -2, 3, -4])
      await relu(own, { tensors, precision }).forward({ x: given }, {})
      expect(rowMajor(given)).toEqual(Float64Array.of(1, 7, 3, -4))
    }
  })

  it('is seen to answer with its own input', async () => {
    const { y } = await relu({ forward: ({ x: given }: { x: Tensor }) => ({ y: given }) }).forward({ x }, {})
    expect(y).toBe(x)
  })

  it('fails, refuses or throws as its errors say', async () => {
    const throwing = (error: unknown) =>
      relu({
        forward: () => {
          throw error
        },
      }).forward({ x }, {})
    await expect(throwing(new Error('no'))).rejects.toThrow(new Error('no'))
    await expect(throwing(new TypeError('no'))).rejects.toThrow('TypeError: no')
    await expect(throwing('no')).rejects.toThrow('threw no')
    await expect(throwing(Object.assign(new Error('no'), { kind: 'refused' }))).rejects.toBeInstanceOf(Refusal)
    await expect(throwing(Object.assign(new Error('no'), { kind: 'failed' }))).rejects.toBeInstanceOf(Failure)
    await expect(throwing(new Failure('unimplemented', 'no'))).rejects.toMatchObject({ kind: 'unimplemented' })
  })

  it('fails where it answers no tensors', async () => {
    await expect(relu({ forward: () => ({ y: 'one' }) }).forward({ x }, {})).rejects.toThrow('no tensor for y')
    await expect(relu({ forward: () => JSON.parse('[1]') }).forward({ x }, {})).rejects.toBeInstanceOf(Failure)
    await expect(relu({ forward: () => JSON.parse('null') }).forward({ x }, {})).rejects.toBeInstanceOf(Failure)
  })

  it('says what it lacks', () => {
    expect(() => inProcess({ name: 'mine', operators: {} })).toThrow('mine: it has no `operators`')
    expect(() => inProcess(JSON.parse('{"operators": {"relu": {}}}'))).toThrow('its operator relu has no `forward`')
    expect('backward' in relu({ forward: () => ({}) })).toBe(false)
    expect(Object.keys(contract)).toContain('relu')
  })
})
