import { describe, expect, it } from 'vitest'
import type { Operator } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import { copy, map, rowMajor, sizeOf, type Tensors, zeros } from '../oracle/tensor.js'
import { type LawReport, runLaws, type Subject } from './index.js'

const original = oracle.operators.softmax

/** The oracle with another softmax, and nothing else. */
function withSoftmax(change: Partial<Operator>, name = 'changed'): Subject {
  return { name, precision: 'float64', operators: { softmax: { ...original, ...change } } }
}

async function lawsOf(subject: Subject, options: Partial<Parameters<typeof runLaws>[1]> = {}) {
  const report = await runLaws(subject, { seed: 7, operators: ['softmax'], runs: 20, ...options })
  return new Map(report.operators.softmax.laws.map((law) => [law.law, law]))
}

/** Softmax that adds 1 to the first entry. */
const shifted = withSoftmax({
  forward: (inputs, attributes) => {
    const y = copy(original.forward(inputs, attributes).y)
    y.data[0] += 1
    return { y }
  },
})

function find(laws: Map<string, LawReport>, name: string): LawReport {
  const law = laws.get(name)
  if (law === undefined) throw new Error(`no law ${name}`)
  return law
}

describe('the law runner', () => {
  it('reports a broken law with a small counterexample, and goes on with the others', async () => {
    const laws = await lawsOf(shifted)
    const broken = find(laws, 'has entries that sum to one')
    expect(broken).toMatchObject({ status: 'broken', shrunk: true, worst: 1 })
    expect(broken.message).toContain('expected 1')
    const x = broken.counterexample?.inputs.x
    expect(sizeOf(x?.shape ?? [99])).toBeLessThanOrEqual(2)
    expect(x?.data.every((value) => value === 0)).toBe(true)
    expect(find(laws, 'does not modify its inputs').status).toBe('held')
  })

  it('replays a counterexample from seed and path, for the law that it breaks', async () => {
    const broken = find(await lawsOf(shifted), 'agrees with the oracle')
    const replayed = await lawsOf(shifted, { path: broken.path, laws: ['agrees with the oracle'] })
    expect(find(replayed, 'agrees with the oracle')).toMatchObject({
      status: 'broken',
      counterexample: broken.counterexample,
    })
    const healed = await lawsOf({ ...oracle, name: 'healed' }, { path: broken.path })
    expect([...healed.values()].every(({ status, why }) => status === 'skipped' && why !== undefined)).toBe(true)
  })

  it('gives the same report for the same seed', async () => {
    const timeless = (laws: Map<string, LawReport>) => [...laws.values()].map(({ milliseconds: _, ...law }) => law)
    expect(timeless(await lawsOf(shifted))).toEqual(timeless(await lawsOf(shifted)))
  })

  it.each<[string, Partial<Operator>, RegExp]>([
    [
      'throws',
      {
        forward: () => {
          throw new Error('out of paper')
        },
      },
      /threw: out of paper/,
    ],
    [
      'refuses valid calls',
      {
        forward: () => {
          throw new TypeError('no')
        },
      },
      /threw: no/,
    ],
    ['answers NaN', { forward: ({ x }) => ({ y: map(x, () => Number.NaN) }) }, /output y holds NaN/],
    ['answers another name', { forward: ({ x }) => ({ z: copy(x) }) }, /unknown output z/],
    ['answers nothing', { forward: (): Tensors => ({}) }, /output y is missing/],
    ['answers the wrong shape', { forward: ({ x }) => ({ y: zeros([...x.shape, 2]) }) }, /output y has shape/],
    ['never answers', { forward: () => new Promise(() => {}) }, /did not answer within 0.01 s/],
  ])('calls an operator that %s errored, with the reason', async (_, change, reason) => {
    const laws = await lawsOf(withSoftmax(change), { timeoutSeconds: 0.01, runs: 5, laws: ['agrees with the oracle'] })
    const law = find(laws, 'agrees with the oracle')
    expect(law.status).toBe('errored')
    expect(law.message).toMatch(reason)
    expect(law.counterexample).toBeDefined()
  })

  it('breaks the shape law for a wrong shape', async () => {
    const laws = await lawsOf(withSoftmax({ forward: ({ x }) => ({ y: zeros([...x.shape, 2]) }) }))
    expect(find(laws, 'has outputs of the shapes that the formulas give').status).toBe('broken')
    expect(find(laws, 'agrees with the oracle').status).toBe('errored')
  })

  it('breaks the refusal laws of an operator that guesses', async () => {
    const laws = await lawsOf(
      withSoftmax({ forward: ({ x }) => ({ y: x === undefined ? zeros([]) : map(x, () => 0) }) }),
    )
    for (const badness of [
      'an unknown input',
      'a missing input',
      'an axis that x does not have',
      'an input that is not finite',
    ])
      expect(find(laws, `refuses ${badness}`).status).toBe('broken')
  })

  it('notices an operator that modifies its inputs, or that answers differently the second time', async () => {
    const greedy = await lawsOf(
      withSoftmax({
        forward: (inputs, attributes) => {
          const answer = original.forward(inputs, attributes)
          inputs.x.data[inputs.x.offset] += 1
          return answer
        },
      }),
    )
    expect(find(greedy, 'does not modify its inputs').status).toBe('broken')
    let calls = 0
    const fickle = await lawsOf(
      withSoftmax({
        forward: (inputs, attributes) => {
          calls++
          return { y: map(original.forward(inputs, attributes).y, (y) => y * (1 + (calls % 2) * 2e-16)) }
        },
      }),
    )
    expect(find(fickle, 'gives the same bits for the same call').status).toBe('broken')
  })

  it('calls what is far beyond honest rounding suspicious, and broken if it is to be strict', async () => {
    // A sum of a thousand terms: a relative error of 200 roundings is within what the worst order of summation may do.
    const careless: Subject = {
      name: 'careless',
      precision: 'float64',
      operators: {
        linear: {
          forward: (inputs, attributes) => ({
            y: map(
              oracle.operators.linear.forward(inputs, attributes).y,
              (y) => y * (1 + (inputs.x.size > 900 ? 3e-14 : 0)),
            ),
          }),
        },
      },
    }
    const settings = { operators: ['linear'], laws: ['agrees with the oracle'], seed: 3, runs: 200, shrinkSeconds: 0 }
    const lenient = await runLaws(careless, settings)
    expect(lenient.operators.linear.laws[0].status).toBe('suspicious')
    const strict = await runLaws(careless, { ...settings, strict: true })
    expect(strict.operators.linear.laws[0].status).toBe('broken')
  })

  it('skips what it has no time for, and says so', async () => {
    const laws = await lawsOf({ ...oracle, name: 'slow' }, { timeLimitSeconds: 0 })
    expect([...laws.values()].every(({ status, runs }) => status === 'skipped' && runs === 0)).toBe(true)
    expect([...laws.values()][0].why).toMatch(/time limit/)
  })

  it('skips the laws of a backward pass that is not there, and lists operators that are not there', async () => {
    const { forward } = original
    const report = await runLaws(
      { name: 'half', precision: 'float64', operators: { softmax: { forward } } },
      { seed: 1, runs: 3 },
    )
    const skipped = report.operators.softmax.laws.filter(({ status }) => status === 'skipped')
    expect(skipped.map(({ law }) => law)).toContain("has the oracle's gradient")
    expect(skipped.every(({ why }) => why === 'the subject has no backward pass')).toBe(true)
    expect(report.notImplemented).toEqual(Object.keys(contract).filter((name) => name !== 'softmax'))
  })

  it('keeps several cases in flight together', async () => {
    let inFlight = 0
    let most = 0
    const slow = withSoftmax({
      forward: async (inputs, attributes) => {
        most = Math.max(most, ++inFlight)
        await new Promise((resolve) => setTimeout(resolve, 1))
        inFlight--
        return original.forward(inputs, attributes)
      },
    })
    const laws = await lawsOf(slow, { concurrency: 8, laws: ['agrees with the oracle'] })
    expect(find(laws, 'agrees with the oracle')).toMatchObject({ status: 'held', runs: 20 })
    expect(most).toBe(8)
  })

  it('asks for the mistake that a failing case looks like, and for the command that replays it', async () => {
    const laws = await lawsOf(shifted, {
      laws: ['has entries that sum to one'],
      explain: async ({ operator, outputs }) => `${operator} off by ${rowMajor(outputs?.y ?? zeros([]))[0] - 1}`,
      replayCommand: (law, path) => `replay ${law.operator} ${path}`,
    })
    const law = find(laws, 'has entries that sum to one')
    expect(law.mistake).toMatch(/^softmax off by/)
    expect(law.replay).toBe(`replay softmax ${law.path}`)
  })

  it('refuses unknown operators and laws', async () => {
    await expect(runLaws(oracle, { seed: 1, operators: ['softmin'] })).rejects.toThrow('unknown operator softmin')
    await expect(runLaws(oracle, { seed: 1, laws: ['is blue'] })).rejects.toThrow('unknown law «is blue»')
  })
})
