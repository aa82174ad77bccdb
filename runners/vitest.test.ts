import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BrokenLaw, replayCommand } from './failureText.js'
import { conformance } from './vitest.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
})

interface TestResult {
  /** The subject's `describe`. */
  readonly subject: string
  readonly operator: string
  readonly law: string
  readonly status: string
  readonly message: string
}

/** What `vitest run` reports of a file of examples or fixtures, in a process of its own. */
function report(file: string, environment: Readonly<Record<string, string>> = {}, ...options: string[]) {
  const { VITEST: _, ...inherited } = process.env
  const run = spawnSync(
    process.execPath,
    [program, 'run', '--config', 'runners/fixtures/vitest.config.ts', '--reporter=json', file, ...options],
    { cwd: root, env: { ...inherited, ...environment }, encoding: 'utf8' },
  )
  const start = run.stdout.indexOf('{"numTotalTestSuites"')
  if (start < 0) throw new Error(`vitest reported nothing\n${run.stdout}\n${run.stderr}`)
  const { testResults } = reportSchema.parse(JSON.parse(run.stdout.slice(start)))
  const results = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles: [subject, operator], title, status, failureMessages }): TestResult => {
      return { subject, operator, law: title, status, message: failureMessages.join('\n') }
    }),
  )
  return { status: run.status, results, messages: testResults.map(({ message }) => message) }
}

type Run = ReturnType<typeof report>

function having({ results }: Run, status: string): TestResult[] {
  return results.filter((test) => test.status === status)
}

describe('conformance of a right implementation', () => {
  let run: Run
  beforeAll(() => {
    run = report('examples/vitest/layers.test.js')
  })

  it('passes a test a law, under its operator and a subject with its seed', () => {
    expect(run.status).toBe(0)
    expect(having(run, 'failed')).toEqual([])
    const [sigmoid, relu, softmax] = ['sigmoid', 'relu', 'softmax'].map((name) =>
      run.results.filter(({ operator }) => operator === name),
    )
    expect(new Set([...sigmoid, ...relu].map(({ subject }) => subject))).toEqual(new Set(['layers (float64), seed 42']))
    expect(relu.map(({ law }) => law)).toContain('parts x into relu(x) − relu(−x)')
    expect(having({ ...run, results: relu }, 'passed').length).toBe(relu.length)
    expect(softmax.map(({ law }) => law)).toContain('stays finite for large logits')
  })

  it('skips the laws of a backward pass that is not there', () => {
    expect(having(run, 'skipped').map(({ operator, law }) => `${operator} ${law}`)).toContain(
      "sigmoid has the oracle's gradient",
    )
  })

  it('passes own properties with the arbitraries', () => {
    const own = report('examples/vitest/properties.test.js')
    expect(own.status, own.messages.join('\n')).toBe(0)
    expect(own.results.length).toBeGreaterThan(10)
  })
})

describe('conformance of a wrong implementation', () => {
  const leaking = 'leaking (float64), seed 7'
  let run: Run
  beforeAll(() => {
    run = report('runners/fixtures/wrong.check.js')
  })

  it('fails the test of a broken law with the numbers, the call, and the way back', () => {
    expect(run.status).toBe(1)
    const [broken] = run.results.filter(({ subject, law }) => subject === leaking && law.startsWith('parts x'))
    expect(broken.status).toBe('failed')
    expect(broken.message).toMatch(/broken in case \d+\nrelu\(x\) − relu\(−x\).* is 2, expected 1, off by 1/)
    expect(broken.message).toContain('operators.relu.forward({ x: 1 }, {})')
    expect(broken.message).toMatch(
      /ANSWERKEY_SEED=7 ANSWERKEY_PATH=[\d:]+ npx vitest run runners\/fixtures\/wrong.check.js -t 'relu parts x into relu\\\(x\\\) − relu\\\(−x\\\)'/,
    )
  })

  it('points at the line where the laws were registered', () => {
    const [broken] = having(run, 'failed')
    const line =
      readFileSync(join(root, 'runners/fixtures/wrong.check.js'), 'utf8').split('\n').indexOf('conformance(') + 1
    expect(broken.message.split('\n').find((frame) => frame.includes(' at '))).toContain(`wrong.check.js:${line}:`)
  })

  it('passes a law that is expected to fail, and fails one that holds against expectations', () => {
    const of = (name: string) => run.results.filter(({ subject, law }) => subject === leaking && law === name)[0]
    expect(of('agrees with the oracle').status).toBe('passed')
    expect(of('is 0 at 0').status).toBe('failed')
    expect(of('is 0 at 0').message).toContain('it holds, though it is expected to fail: nobody knows')
  })

  it('skips an operator that is not there', () => {
    const { results } = run
    expect(results.filter(({ operator }) => operator === 'tanh')).toMatchObject([
      { law: 'is not implemented', status: 'skipped' },
    ])
  })

  it('tests an operator as its dialect has it, and shows the call under its own name', () => {
    const results = run.results.filter(({ subject }) => subject.startsWith('in its dialect'))
    expect(new Set(results.map(({ operator }) => operator))).toEqual(new Set(['gruResetBefore']))
    expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThan(30)
    const [broken] = results.filter(({ law }) => law.startsWith('forgets its state, and not its hidden bias'))
    expect(broken.status).toBe('failed')
    expect(broken.message).toContain('operators.gru.forward(')
  })

  it('ends a call that does not return', () => {
    const hanging = run.results.filter(({ subject, status }) => subject.startsWith('hanging') && status !== 'skipped')
    expect(hanging.length).toBeGreaterThan(10)
    expect(hanging.every(({ status, message }) => status === 'failed' && message.includes('within 0.05 s'))).toBe(true)
  })

  it('takes another seed from the environment, and goes to the failing case at once', () => {
    const environment = { ANSWERKEY_SEED: '7', ANSWERKEY_PATH: '0' }
    const replayed = report('runners/fixtures/wrong.check.js', environment, '-t', 'relu parts x into')
    expect(having(replayed, 'failed')).toMatchObject([{ subject: leaking, law: 'parts x into relu(x) − relu(−x)' }])
    const other = report('runners/fixtures/wrong.check.js', { ANSWERKEY_SEED: '8' }, '-t', 'relu parts x into')
    expect(having(other, 'failed')).toMatchObject([{ subject: 'leaking (float64), seed 8' }])
  })
})

describe('conformance', () => {
  const own = { operators: { relu: { forward: () => ({ y: [1] }) } } }

  it('refuses what is not there before any test is registered', () => {
    expect(() => conformance(own, { operators: ['relu6'] })).toThrow('unknown operator «relu6»; known: matmul')
    expect(() => conformance(own, { xfail: { relu: { 'is right': 'no' } } })).toThrow('unknown law of relu «is right»')
    expect(() => conformance(own, { xfail: 'no such file.yaml' })).toThrow('ENOENT')
    expect(() => conformance({ operators: {} })).toThrow('it has no `operators`')
  })

  it('quotes a replay command for the shell', () => {
    const test = {
      operator: 'relu',
      precision: 'float64',
      dialects: [],
      language: 'typescript',
      seed: 1,
      file: join(process.cwd(), 'a b.test.ts'),
    } as const
    const command = replayCommand(test, { law: "it's 0?", status: 'broken', runs: 1, milliseconds: 1 })
    expect(command).toBe("ANSWERKEY_SEED=1 npx vitest run 'a b.test.ts' -t 'relu it'\\''s 0\\?'")
  })

  it('fails at the line of the test file', () => {
    const site = new Error('here')
    expect(new BrokenLaw('no', site).stack?.split('\n').slice(1)).toEqual(site.stack?.split('\n').slice(1))
  })
})
