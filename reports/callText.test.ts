import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Precision } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { map, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { inputsToWire, toTensor, toWire } from '../oracle/wire.js'
import { type Call, type Counterexample, ieee, laws } from '../properties/index.js'
import { roundTo } from '../properties/precision.js'
import { callText, isCut, languageOf } from './callText.js'

/** The bits of a number. */
const bits = (x: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  return view.getBigUint64(0).toString(16)
}

const tensorBits = (x: Tensor) => ({ shape: [...x.shape], bits: Array.from(rowMajor(x), bits) })
const allBits = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, tensorBits(x)]))

function counterexampleOf(
  operator: string,
  { inputs, attributes, gradients }: Call,
  backward: boolean,
): Counterexample {
  return {
    inputs: inputsToWire(contract[operator], inputs, 'float64'),
    attributes,
    ...(backward && {
      gradients: Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, toWire(g)])),
    }),
  }
}

/** The call with some of its numbers exchanged for those that are hard to write. */
function withHardNumbers(operator: string, call: Call, numbers: readonly number[]): Call {
  const spoilt = (x: Tensor): Tensor =>
    tensor(
      x.shape,
      Array.from(rowMajor(x), (value, i) => numbers[i % (2 * numbers.length)] ?? value),
    )
  const { inputs } = contract[operator]
  const free = (name: string) =>
    inputs[name].kind === 'float' && (inputs[name].least ?? inputs[name].most ?? inputs[name].below) === undefined
  const exchanged = (tensors: Tensors, may: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, may(name) ? spoilt(x) : x]))
  return { ...call, inputs: exchanged(call.inputs, free), gradients: exchanged(call.gradients, () => true) }
}

const precisions: readonly Precision[] = ['float64', 'float32', 'float16', 'bfloat16']

/** Named tensors as nested arrays. */
function fromNested(value: unknown): Tensors {
  if (typeof value !== 'object' || value === null) throw new TypeError('these are no named tensors')
  return Object.fromEntries(Object.entries(value).map(([name, x]) => [name, toTensor(x)]))
}

const answersOfPython = z.object({
  /** Names of the contract as python/answerkey.py has them. */
  names: z.record(z.string(), z.string()),
  answers: z.array(
    z.object({
      name: z.string(),
      tensors: z.record(
        z.string(),
        z.object({ shape: z.array(z.number()), bits: z.array(z.string()), type: z.string() }),
      ),
      others: z.record(z.string(), z.unknown()),
    }),
  ),
})

/** What functions that are called like this in Python are given. */
function python(calls: readonly string[]) {
  const names = Object.values(contract).flatMap(({ name, inputs, attributes }) => [
    name,
    ...Object.keys(inputs),
    ...Object.keys(attributes),
  ])
  const script = `
import json, struct, sys
sys.path.insert(0, "python")
import answerkey
import numpy as np
asked = json.load(sys.stdin)
names = {name: answerkey.python_name(name) for name in asked["names"]}
def bits(x):
    return {"shape": list(x.shape), "type": str(x.dtype),
            "bits": [format(struct.unpack(">Q", struct.pack(">d", float(value)))[0], "x") for value in x.ravel()]}
def stub(name):
    def given(**arguments):
        return {"name": name,
                "tensors": {key: bits(x) for key, x in arguments.items() if isinstance(x, np.ndarray)},
                "others": {key: x for key, x in arguments.items() if not isinstance(x, np.ndarray)}}
    return given
scope = {"np": np}
for name in list(names.values()):
    scope[name] = stub(name)
    scope[name + "_backward"] = stub(name + "_backward")
print(json.dumps({"names": names, "answers": [eval(call, scope) for call in asked["calls"]]}))
`
  const answer = execFileSync('python3', ['-c', script], {
    input: JSON.stringify({ names, calls }),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return answersOfPython.parse(JSON.parse(answer))
}

/** Calls of every operator, forward and backward, in every precision, with hard numbers in some. */
function drawn(
  runs: number,
): readonly { operator: string; precision: Precision; counterexample: Counterexample; call: Call }[] {
  return Object.keys(contract).flatMap((operator, at) => {
    const law = laws.find((each) => each.operator === operator && each.name === 'agrees with the oracle')
    if (law === undefined) throw new Error(`${operator} has no comparison with the oracle`)
    const precision = precisions[at % precisions.length]
    const hard = fc.array(
      fc
        .oneof(
          fc.constantFrom(-0, 5e-324, 2 ** -149, 1e-7, 1e21, 123456789012),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        )
        .map((x) => {
          const rounded = roundTo(precision, x)
          return Number.isFinite(rounded) ? rounded : -0
        }),
      { minLength: 1, maxLength: 4 },
    )
    return fc
      .sample(fc.tuple(law.calls(ieee(precision)), hard), { seed: 7, numRuns: runs })
      .flatMap(([plain, numbers], i) => {
        const call = i % 2 === 0 ? plain : withHardNumbers(operator, plain, numbers)
        return [false, true]
          .filter((backward) => !backward || contract[operator].differentiable)
          .map((backward) => ({
            operator,
            precision,
            call,
            counterexample: counterexampleOf(operator, call, backward),
          }))
          .filter(({ counterexample }) => !isCut(counterexample))
      })
  })
}

describe('a call as its subject has it', () => {
  const cases = drawn(30)

  it('is drawn for every operator, and small enough to be written', () => {
    expect(new Set(cases.map(({ operator }) => operator)).size).toBeGreaterThanOrEqual(Object.keys(contract).length - 3)
  })

  it('as TypeScript gives the same tensors bit for bit', () => {
    for (const { operator, counterexample, call } of cases) {
      const answers: unknown[][] = []
      const pass = (...args: unknown[]) => answers.push(args)
      new Function('operators', callText(operator, counterexample, 'typescript'))({
        [operator]: { forward: pass, backward: pass },
      })
      const [[inputs, attributes, gradients]] = answers
      expect(allBits(fromNested(inputs))).toEqual(allBits(call.inputs))
      expect(attributes).toEqual(call.attributes)
      if (counterexample.gradients === undefined) expect(gradients).toBeUndefined()
      else expect(allBits(fromNested(gradients))).toEqual(allBits(call.gradients))
    }
  })

  it('as a request of the protocol gives the same tensors bit for bit, in the precision', () => {
    for (const { operator, counterexample, call, precision } of cases) {
      const line = callText(operator, counterexample, 'json', precision)
      expect(line).not.toContain('\n')
      const request = JSON.parse(line)
      const read = (tensors: object) =>
        Object.fromEntries(
          Object.entries(tensors).map(([name, x]) => [name, map(toTensor(x), (value) => roundTo(precision, value))]),
        )
      expect(request).toMatchObject({ operator, pass: counterexample.gradients === undefined ? 'forward' : 'backward' })
      for (const [name, x] of Object.entries(counterexample.inputs)) expect(request.inputs[name].type).toBe(x.type)
      expect(allBits(read(request.inputs))).toEqual(allBits(call.inputs))
      expect(request.attributes).toEqual(call.attributes)
      if (counterexample.gradients !== undefined)
        expect(allBits(read(request.gradients))).toEqual(allBits(call.gradients))
    }
  })

  it('as Python gives the same tensors bit for bit, in the type of the precision', () => {
    const { names, answers } = python(
      cases.map(({ operator, counterexample, precision }) => callText(operator, counterexample, 'python', precision)),
    )
    expect(answers).toHaveLength(cases.length)
    for (const [i, { operator, counterexample, call, precision }] of cases.entries()) {
      const { name, tensors, others } = answers[i]
      const snake = (text: string) => names[text]
      expect(name).toBe(`${snake(operator)}${counterexample.gradients === undefined ? '' : '_backward'}`)
      const expected: Record<string, unknown> = {}
      const add = (as: string, x: Tensor, type: string) => {
        expected[as] = { ...tensorBits(x), type }
      }
      const dtype = precision === 'bfloat16' ? 'float32' : precision
      for (const [input, x] of Object.entries(call.inputs))
        add(snake(input), x, counterexample.inputs[input].type === 'int' ? 'int64' : dtype)
      if (counterexample.gradients !== undefined)
        for (const [output, g] of Object.entries(call.gradients)) add(`grad_${output}`, g, dtype)
      expect(tensors).toEqual(expected)
      expect(others).toEqual(
        Object.fromEntries(Object.entries(call.attributes).map(([key, value]) => [snake(key), value])),
      )
    }
  })
})

describe('a call', () => {
  const overflowing: Counterexample = { inputs: { x: { shape: [1, 2], data: [0, 88] } }, attributes: { axis: -1 } }
  const backward: Counterexample = { ...overflowing, gradients: { y: { shape: [1, 2], data: [-0, 1] } } }

  it('reads as people write it', () => {
    expect(callText('softmax', overflowing, 'python')).toBe('softmax(x=np.array([[0.0, 88.0]]), axis=-1)')
    expect(callText('softmax', backward, 'python', 'float32')).toBe(
      'softmax_backward(\n    x=np.array([[0.0, 88.0]], np.float32),\n    grad_y=np.array([[-0.0, 1.0]], np.float32),\n    axis=-1,\n)',
    )
    expect(callText('softmax', overflowing, 'typescript')).toBe(
      'operators.softmax.forward({ x: [[0, 88]] }, { axis: -1 })',
    )
    expect(callText('softmax', backward, 'typescript')).toBe(
      'operators.softmax.backward({ x: [[0, 88]] }, { axis: -1 }, { y: [[-0, 1]] })',
    )
    expect(callText('softmax', overflowing, 'json')).toBe(
      '{"id":1,"operator":"softmax","pass":"forward","inputs":{"x":{"shape":[1,2],"data":[0,88]}},"attributes":{"axis":-1}}',
    )
  })

  it('in Python has a gradient for every output, zeros where none is given', () => {
    const ones = (...shape: number[]) =>
      toWire(toTensor({ shape, data: Array(shape.reduce((a, b) => a * b, 1)).fill(1) }))
    const call: Counterexample = {
      inputs: { x: ones(1, 1, 2), weightInput: ones(12, 2), weightHidden: ones(12, 3) },
      attributes: { bidirectional: false, reverse: false },
      gradients: { hidden: ones(1, 1, 3) },
    }
    const { outputShapes } = validateCall(contract.lstm, fromNested(call.inputs))
    expect(outputShapes.cell).toBeDefined()
    expect(
      callText(
        'lstm',
        { ...call, attributes: validateCall(contract.lstm, fromNested(call.inputs)).attributes },
        'python',
      ),
    ).toContain(`grad_cell=np.zeros([${outputShapes.cell.join(', ')}])`)
  })

  it('with a large tensor stands without its numbers, and says so', () => {
    const large: Counterexample = { inputs: { x: { shape: [65], data: Array(65).fill(1) } }, attributes: { axis: 0 } }
    expect(isCut(large)).toBe(true)
    expect(isCut(overflowing)).toBe(false)
    for (const language of ['python', 'typescript', 'json'] as const)
      expect(callText('softmax', large, language)).toMatch(/\.\.\./)
  })
})

describe('the language of a subject', () => {
  it.each([
    ['python3 impl.py', 'python'],
    ["/usr/bin/python3.11 'my layers.py'", 'python'],
    ['OMP_NUM_THREADS=1 python -m layers', 'python'],
    ['./impl.py', 'python'],
    ['uv run impl.py', 'python'],
    ['torch', 'python'],
    ['torch:float32', 'python'],
    ['numpy', 'python'],
    ['./impl.ts', 'typescript'],
    ['examples/overflowing-softmax.mjs', 'typescript'],
    ['tfjs', 'typescript'],
    ['onnxruntime:web', 'typescript'],
    ['oracle:float16', 'typescript'],
    ['gpu:webgpu', 'typescript'],
    ['node impl.js', 'json'],
    ['./a.out', 'json'],
    ['./target/release/layers --stdio', 'json'],
    ['model.onnx', 'json'],
  ])('%s: %s', (spec, language) => {
    expect(languageOf(spec)).toBe(language)
  })
})
