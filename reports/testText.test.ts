import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { mistakesOf } from '../mistakes/index.js'
import { type LawReport, type OperatorReport, statusOf, summaryOf, type TestReport } from '../properties/report.js'
import { testText } from './testText.js'

const colors = pc.createColors(false)

function law(name: string, status: LawReport['status'], others: Partial<LawReport> = {}): LawReport {
  return {
    law: name,
    status,
    runs: status === 'skipped' || status === 'unsupported' ? 0 : 7,
    milliseconds: 1,
    ...others,
  }
}

function reportOf(
  operators: Readonly<Record<string, { laws: readonly LawReport[]; limits?: OperatorReport['limits'] }>>,
  others: Partial<TestReport> = {},
): TestReport {
  const reports: Record<string, OperatorReport> = {}
  for (const [name, { laws, limits }] of Object.entries(operators))
    reports[name] = { status: statusOf(laws), laws, ...(limits !== undefined && { limits }) }
  return {
    version: 1,
    subject: 'my layers',
    spec: 'python3 impl.py',
    precision: 'float32',
    profile: 'ieee',
    seed: 42,
    runs: 100,
    operators: reports,
    notImplemented: [],
    summary: summaryOf(Object.values(reports)),
    milliseconds: 1234,
    ...others,
  }
}

const text = (report: TestReport, quiet = false) => testText(report, colors, quiet)

const [overflow] = mistakesOf('softmax').filter(({ name }) => name === 'softmax without subtracting the maximum')

const wrong = law('agrees with the oracle', 'broken', {
  message: 'y[0, 1] is 0.31, expected 0.27, off by 0.04 where 2.4e-7 is allowed',
  worst: 0.04,
  allowed: 2.4e-7,
  ratio: 166667,
  worstElement: { what: 'y', index: [0, 1], actual: 0.31, expected: 0.27, ulps: 1342177.28 },
  counterexample: {
    inputs: { x: { shape: [1, 2], data: [0, 88] } },
    attributes: { axis: -1 },
    expected: { y: { shape: [1, 2], data: [0.5, 0.27] } },
    actual: { y: { shape: [1, 2], data: [0.5, 0.31] } },
  },
  mistake: overflow.name,
  replay: 'answerkey test "python3 impl.py" --operators softmax --seed 42 --path 16:0:0',
})

describe('a broken law', () => {
  it("is told with the user's own call, both answers, the size of the error, its bound, its likeness and how to replay it", () => {
    expect(text(reportOf({ softmax: { laws: [wrong] } }))).toBe(
      `✗ softmax  0 of 1 law held, 7 cases
  broken: agrees with the oracle (case 7)
    y[0, 1] is 0.31, expected 0.27, off by 0.04 where 2.4e-7 is allowed
    that is 1.3e+6 ulps of float32, 166667× of the acceptance bound
    allowed: 2.4e-7 for rounding in float32 (ieee): subtraction, exp, sums of up to 2 terms and division (docs/laws.md)
    looks like «${overflow.name}»: ${overflow.explanation}
    call: softmax(x=np.array([[0.0, 88.0]], np.float32), axis=-1)
    expected y = [[0.5, 0.27]]
    actual   y = [[0.5, 0.31]]
    replay: answerkey test "python3 impl.py" --operators softmax --seed 42 --path 16:0:0

my layers (float32, seed 42, 100 cases a law, 1.2 s): 0 held, 1 broken, 0 suspicious, 0 errored, 0 skipped
`,
    )
  })

  it('has its call in the language of its subject', () => {
    const call = (spec: string) => text(reportOf({ softmax: { laws: [wrong] } }, { spec }))
    expect(call('./impl.ts')).toContain('call: operators.softmax.forward({ x: [[0, 88]] }, { axis: -1 })\n')
    expect(call('./a.out')).toContain('call: {"id":1,"operator":"softmax","pass":"forward"')
  })

  it('names its worst element where its message does not', () => {
    const silent = { ...wrong, message: 'the rows differ' }
    expect(text(reportOf({ softmax: { laws: [silent] } }))).toContain(
      'the rows differ\n    y[0, 1]: got 0.31, expected 0.27, 1.3e+6 ulps off\n',
    )
  })

  it('shows no answers where these are right, and no bound where nothing was measured', () => {
    const { expected } = wrong.counterexample ?? {}
    const modified = law('does not modify its inputs', 'broken', {
      message: 'it modified its input x',
      worst: Number.POSITIVE_INFINITY,
      allowed: 0,
      ratio: Number.POSITIVE_INFINITY,
      counterexample: {
        inputs: { x: { shape: [1], data: [1] } },
        attributes: { axis: -1 },
        expected,
        actual: expected,
      },
    })
    expect(text(reportOf({ softmax: { laws: [modified] } }))).not.toMatch(/expected y|allowed|acceptance/)
  })

  it('is told in full five times an operator, and by name from there on', () => {
    const laws = Array.from({ length: 8 }, (_, i) =>
      law(`law ${i}`, i === 7 ? 'errored' : 'broken', { message: `wrong ${i}` }),
    )
    const told = text(reportOf({ softmax: { laws } }))
    expect(told.match(/wrong \d/g)).toEqual(['wrong 0', 'wrong 1', 'wrong 2', 'wrong 3', 'wrong 4'])
    expect(told).toContain('  also broken: «law 5», «law 6»\n  also errored: «law 7»\n')
  })

  it('stands with those that fail in the same way, and a long message is cut', () => {
    const message = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n')
    const told = text(reportOf({ softmax: { laws: ['a', 'b', 'c'].map((name) => law(name, 'errored', { message })) } }))
    expect(told).toContain('errored: a (case 7)')
    expect(told).toContain('    likewise: «b», «c»\n')
    expect(told).toContain('line 11\n    … 28 more lines\n')
    expect(told).not.toContain('line 12')
  })

  it('cannot steer the terminal', () => {
    const hostile = law('agrees with the oracle', 'broken', { message: '\u001b[2Jgone', mistake: '\u001b]0;x' })
    const told = text(
      reportOf({ 'soft\u001b[1mmax': { laws: [hostile] } }, { subject: 'a\u001b[0m', dialects: ['\u001b'] }),
    )
    expect(told).not.toContain('\u001b')
  })
})

describe('what is no failure', () => {
  const convolution = {
    laws: [
      law('agrees with the oracle', 'held'),
      law('handles groups', 'unsupported', { why: 'groups other than 1' }),
      law('handles groups apart', 'unsupported', { why: 'groups other than 1' }),
      law('is linear', 'broken', { message: 'y is off', xfail: 'bug 17' }),
      law('has a bias', 'held', { xfail: 'bug 18' }),
      law('has a gradient', 'skipped', { why: 'the subject has no backward pass' }),
    ],
    limits: [
      { what: 'groups other than 1', how: 'declared' },
      { what: 'dilation [2, 2]', how: 'found' },
    ] as const,
  }

  it('is counted apart, each kind with its reason', () => {
    expect(text(reportOf({ conv2d: convolution }))).toBe(
      `? conv2d  1 of 6 laws held, 21 cases
  not supported: groups other than 1 (declared), dilation [2, 2] (found)
  held, though expected to fail: has a bias (expected: bug 18)
  expected to fail: bug 17 (1 law)
  not supported: groups other than 1 (2 laws)
  skipped: the subject has no backward pass (1 law)

my layers (float32, seed 42, 100 cases a law, 1.2 s): 1 held, 0 broken, 0 suspicious, 0 errored, 1 skipped, 2 not supported, 1 expected to fail, 1 held though expected to fail
`,
    )
  })

  it('is left out of a quiet report, but for what held unexpectedly', () => {
    const { laws } = convolution
    const expected = { laws: laws.filter(({ status, xfail }) => status !== 'held' || xfail === undefined) }
    expect(text(reportOf({ conv2d: convolution }), true)).toContain('held, though expected to fail: has a bias')
    expect(text(reportOf({ conv2d: expected }), true)).toMatch(/^\nmy layers/)
    expect(text(reportOf({ conv2d: expected, softmax: { laws: [wrong] } }), true)).toMatch(/^✗ softmax/)
  })
})

describe('the end of a report', () => {
  it('says that the subject computes in a coarser format than it claims', () => {
    const claim = { claimed: 'float32', computed: 'float16', broken: 9, compared: 10, held: 6, tried: 6 } as const
    expect(text(reportOf({ softmax: { laws: [wrong] } }, { claim })).replaceAll(/\s+/g, ' ')).toContain(
      'It says that it computes in float32, and seems to compute in float16: 9 of 10 operators are further from the oracle ' +
        "than float32 allows, and of 6 laws tried again with float16's numbers and tolerances 6 held.",
    )
  })

  it('says which part it is, and with which dialects', () => {
    expect(text(reportOf({}, { shard: '2/4', dialects: ['gru: reset before'] }))).toContain(
      'my layers (float32, seed 42, 100 cases a law, with gru: reset before, shard 2/4, 1.2 s): 0 held',
    )
  })
})
