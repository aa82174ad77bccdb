import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Call, ieee, type Law, laws } from '../properties/index.js'
import { mostCases, mostNumbers, openDatabase, runsWatched } from './database.js'

let folder: string
let warnings: string[]

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'answerkey-database-')), '.answerkey')
  warnings = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    warnings.push(String(text))
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

const subject = 'python3 impl.py (float32)'

function lawOf(operator: string, name = 'agrees with the oracle'): Law {
  const law = laws.find((each) => each.operator === operator && each.name === name)
  if (law === undefined) throw new Error(`${operator} has no law «${name}»`)
  return law
}

const softmax = lawOf('softmax')

function softmaxOf(...x: number[]): Call {
  return {
    inputs: { x: tensor([x.length], x) },
    attributes: { axis: -1 },
    given: {},
    gradients: { y: tensor([x.length], x) },
    seed: 7,
  }
}

const bits = (tensors: Tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [
      name,
      { shape: [...x.shape], bits: Array.from(new BigUint64Array(rowMajor(x).slice().buffer), String) },
    ]),
  )

const exactly = ({ inputs, gradients, ...others }: Call) => ({
  inputs: bits(inputs),
  gradients: bits(gradients),
  ...others,
})

/** One run: what it finds known, and what it tells. */
function run(told: { failed?: readonly Call[]; holds?: boolean } = {}, law = softmax): readonly Call[] {
  const database = openDatabase(folder, subject)
  const known = database.of(law)
  for (const call of told.holds === true ? known : []) database.held(law, call)
  for (const call of told.failed ?? []) database.failed(law, call)
  database.save()
  return known
}

const files = () =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\/.*\./.test(name))
    : []
const onlyFile = () => join(folder, files()[0])

describe('a case that failed', () => {
  it('of any operator comes back in the next run, the same bit for bit', () => {
    const compared = Object.keys(contract).map((operator) => lawOf(operator))
    const hard = [-0, 5e-324, -(2 ** -149), 0.1, 1.7976931348623157e308]
    for (const law of compared)
      for (const drawn of fc.sample(law.calls(ieee('float64')), { seed: 3, numRuns: 4 })) {
        const gradients = Object.fromEntries(
          Object.entries(drawn.gradients).map(([name, g]) => [
            name,
            tensor(
              g.shape,
              Array.from(rowMajor(g), (value, i) => hard[i] ?? value),
            ),
          ]),
        )
        const call = { ...drawn, gradients }
        const size = [...Object.values(call.inputs), ...Object.values(gradients)].reduce((sum, x) => sum + x.size, 0)
        if (size > mostNumbers) continue
        run({ failed: [call] }, law)
        expect(exactly(run({}, law)[0]), law.operator).toEqual(exactly(call))
      }
    expect(files()).toHaveLength(compared.length)
    expect(warnings).toEqual([])
  })

  it('comes before those that failed earlier, and stands once', () => {
    run({ failed: [softmaxOf(1), softmaxOf(2)] })
    run({ failed: [softmaxOf(1)] })
    expect(run().map(({ inputs }) => inputs.x.data[0])).toEqual([1, 2])
  })

  it('belongs to its law and subject', () => {
    run({ failed: [softmaxOf(1)] })
    expect(run({}, lawOf('softmax', 'gives the same bits for the same call'))).toEqual([])
    expect(openDatabase(folder, 'python3 impl.py (float64)').of(softmax)).toEqual([])
  })

  it('is forgotten after it has held in several runs in a row, and its file with it', () => {
    run({ failed: [softmaxOf(1)] })
    for (let i = 1; i < runsWatched; i++) expect(run({ holds: true })).toHaveLength(1)
    run({ failed: [softmaxOf(1)] })
    for (let i = 1; i <= runsWatched; i++) expect(run({ holds: true })).toHaveLength(1)
    expect(run()).toEqual([])
    expect(files()).toEqual([])
  })

  it('is one of the last twenty of its law', () => {
    run({ failed: Array.from({ length: mostCases + 3 }, (_, i) => softmaxOf(i)) })
    expect(run().map(({ inputs }) => inputs.x.data[0])).toEqual(
      Array.from({ length: mostCases }, (_, i) => mostCases + 2 - i),
    )
  })

  it('is not kept where it is large', () => {
    run({ failed: [softmaxOf(...Array(mostNumbers / 2 + 1).fill(1))] })
    expect(files()).toEqual([])
  })
})

describe('the folder', () => {
  it('is not made where nothing failed', () => {
    run()
    expect(existsSync(folder)).toBe(false)
  })

  it('is ignored by git', () => {
    run({ failed: [softmaxOf(1)] })
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n')
  })

  it('holds small versioned files that people can read', () => {
    run({ failed: [softmaxOf(1, -0)] })
    expect(files()).toEqual([expect.stringMatching(/^python3-impl.py-float32-+[0-9a-f]{8}\/softmax\.json$/)])
    expect(JSON.parse(readFileSync(onlyFile(), 'utf8'))).toMatchObject({
      version: 1,
      subject,
      operator: 'softmax',
      laws: { 'agrees with the oracle': [{ held: 0, inputs: { x: { shape: [2], data: [1, -0] } } }] },
    })
  })

  it.each([
    ['is torn', (text: string) => text.slice(0, -20)],
    ['is no JSON', () => 'softmax: none\n'],
    ['is of a later version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['is about another subject', (text: string) => text.replace(subject, 'node impl.js')],
    ['holds a tensor of the wrong size', (text: string) => text.replace('"shape": [\n', '"shape": [\n 2,')],
  ])('with a file that %s is warned of once, and the file left as it is', (_, spoil) => {
    run({ failed: [softmaxOf(1)] })
    const spoilt = spoil(readFileSync(onlyFile(), 'utf8'))
    writeFileSync(onlyFile(), spoilt)
    expect(run({ failed: [softmaxOf(2)] })).toEqual([])
    expect(warnings).toEqual([expect.stringMatching(/softmax\.json .*left as it is/)])
    expect(readFileSync(onlyFile(), 'utf8')).toBe(spoilt)
  })

  it('with a case that the operator does not take is read without that case', () => {
    run({ failed: [softmaxOf(1), softmaxOf(2)] })
    const text = readFileSync(onlyFile(), 'utf8')
    writeFileSync(onlyFile(), text.replace('"axis": -1', '"axis": 3'))
    expect(run().map(({ inputs }) => inputs.x.data[0])).toEqual([1])
    expect(warnings).toEqual([])
  })

  it('that cannot be written is warned of, and the run goes on', () => {
    writeFileSync(folder, 'no folder')
    run({ failed: [softmaxOf(1)] })
    expect(warnings).toEqual([expect.stringMatching(/cannot be written/)])
  })
})

describe('runs at the same time', () => {
  it('keep what each of them found', () => {
    const [one, other] = [openDatabase(folder, subject), openDatabase(folder, subject)]
    expect([one.of(softmax), other.of(softmax)]).toEqual([[], []])
    one.failed(softmax, softmaxOf(1))
    other.failed(softmax, softmaxOf(2))
    one.save()
    other.save()
    expect(run().map(({ inputs }) => inputs.x.data[0])).toEqual([2, 1])
  })

  it('never find a file that is half written', async () => {
    const many = Array.from({ length: mostCases }, (_, i) => softmaxOf(...Array(200).fill(i)))
    run({ failed: many })
    const reader = spawn(process.execPath, [
      '-e',
      `const { readFileSync } = require('node:fs')
       let reads = 0
       const end = Date.now() + 1500
       while (Date.now() < end) { JSON.parse(readFileSync(${JSON.stringify(onlyFile())}, 'utf8')); reads++ }
       process.exit(reads > 20 ? 0 : 1)`,
    ])
    const status = new Promise((resolve) => reader.on('exit', resolve))
    let ended = false
    void status.then(() => {
      ended = true
    })
    for (let i = 0; !ended; i++) {
      run({ failed: [softmaxOf(...Array(200).fill(100 + i))] })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await status).toBe(0)
    expect(files()).toHaveLength(1)
  })
})
