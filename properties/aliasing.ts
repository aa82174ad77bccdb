import { type Declaration, Failure } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { copy, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { shapeComplaint } from './caller.js'
import { broken, compare, type Verdict } from './comparison.js'
import type { Call, Law, Trial } from './law.js'
import { known, law } from './relations.js'

/** Stands where a tensor was written over; the numbers that the laws draw do not make it. */
const mark = 77

/** What a pass is called with. */
type Given = Pick<Call, 'inputs' | 'gradients'>

/** A pass of the operator under test, called with these very tensors. */
interface Pass {
  readonly what: 'output' | 'gradient'
  ask(given: Given): Promise<Tensors>
  readonly shapes: Readonly<Record<string, readonly number[]>>
}

/**
 * That what an operator hands out is the caller's own: it is no view of the inputs, no buffer that a later call fills anew, and
 * nothing that the operator itself goes on to read.
 */
export function aliasingLaws({ operator, calls }: Pick<Law, 'operator' | 'calls'>): Law[] {
  const { differentiable, inputs: declared } = contract[operator]
  const forward = law({
    operator,
    calls,
    name: 'keeps its answer through later calls and writes to its inputs',
    check: (trial) => keeps(trial, forwardOf(trial), declared),
  })
  const backward = law({
    operator,
    calls,
    kind: 'gradient',
    backward: true,
    name: 'keeps its gradients through later calls and writes to its inputs',
    check: (trial) => {
      const { call, subject } = trial
      const names = Object.keys(call.inputs).filter(
        (name) => declared[name].kind === 'float' && declared[name].constant === undefined,
      )
      const pass: Pass = {
        what: 'gradient',
        ask: ({ inputs, gradients }) => subject.answerInPlace(inputs, call.attributes, gradients),
        shapes: Object.fromEntries(names.map((name) => [name, call.inputs[name].shape])),
      }
      return keeps(trial, pass, declared)
    },
  })
  return differentiable ? [forward, backward] : [forward]
}

function forwardOf({ call, subject, model }: Trial): Pass {
  return {
    what: 'output',
    ask: ({ inputs }) => subject.answerInPlace(inputs, call.attributes),
    shapes: model.shapes(call.inputs, call.attributes),
  }
}

async function keeps(trial: Trial, pass: Pass, declared: Declaration['inputs']): Promise<Verdict | Verdict[]> {
  const given = fresh(trial.call)
  const answer = await pass.ask(given)
  const complaint = shapeComplaint(pass.what, answer, pass.shapes)
  if (complaint !== undefined) return broken(complaint)
  const first = copies(answer)
  await otherCalls(trial, pass, declared)
  const afterCalls = unchanged('after later calls', answer, first)
  for (const x of [...Object.values(given.inputs), ...Object.values(given.gradients)]) x.data.fill(mark)
  const afterWrites = unchanged('after its inputs were written over', answer, first)
  for (const x of Object.values(answer)) writeOver(x)
  const again = await pass.ask(fresh(trial.call))
  const complaintAgain = shapeComplaint(pass.what, again, pass.shapes)
  if (complaintAgain !== undefined) return broken(complaintAgain)
  return [...afterCalls, ...afterWrites, ...unchanged('after its answer was written over, called again,', again, first)]
}

/** Calls with other numbers in tensors of the same shapes, which a buffer that is used again would fit. */
async function otherCalls({ call, subject }: Trial, pass: Pass, declared: Declaration['inputs']): Promise<void> {
  const inputs = Object.fromEntries(
    Object.entries(call.inputs).map(([name, x]) => [name, declared[name].kind === 'float' ? others(x) : copy(x)]),
  )
  const gradients = Object.fromEntries(Object.entries(call.gradients).map(([name, g]) => [name, others(g)]))
  for (const ask of [pass.ask, (given: Given) => subject.answerInPlace(given.inputs, call.attributes)])
    try {
      await ask({ inputs, gradients })
    } catch (error) {
      // These numbers may not make a valid call: then nothing was answered.
      if (!(error instanceof Failure)) throw error
    }
}

/** Other numbers, backwards; between 0 and 1 where the tensor's are. */
function others(x: Tensor): Tensor {
  return tensor(
    x.shape,
    rowMajor(x)
      .map((value) => value / 2 + 1 / 4)
      .reverse(),
  )
}

function fresh({ inputs, gradients }: Given): Given {
  return { inputs: copies(inputs), gradients: copies(gradients) }
}

function copies(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, copy(x)]))
}

/** Puts the mark into every entry of a tensor, and into nothing else that shares its memory. */
function writeOver({ data, shape, stride, offset, size }: Tensor): void {
  if (Object.isFrozen(data)) return
  for (let i = 0; i < size; i++) {
    let [at, rest] = [offset, i]
    for (let d = shape.length - 1; d >= 0; d--) {
      at += (rest % shape[d]) * stride[d]
      rest = Math.floor(rest / shape[d])
    }
    data[at] = mark
  }
}

function unchanged(when: string, answer: Tensors, first: Tensors): Verdict[] {
  return Object.entries(first).map(([name, x]) => compare(`${when} ${name}`, known(answer[name]), known(x)))
}
