// Runs in a worker thread: loads a user's module (JavaScript or TypeScript) and answers calls of its operators, so that a
// call that hangs or crashes costs that call and not the run. Plain JavaScript, because Node 20 starts workers from nothing else.
import { parentPort, workerData } from 'node:worker_threads'
import { createJiti } from 'jiti'
import ndarray from 'ndarray'

/** @typedef {{ shape: number[], data: Float64Array | Float32Array }} Parcel */
/** @typedef {Record<string, Parcel>} Parcels */
/** @typedef {{ id: number, operator: string, pass: 'forward' | 'backward', inputs: Parcels, attributes: object, gradients: Parcels }} Request */

if (parentPort === null) throw new Error('this file runs only as a worker thread')
const port = parentPort

/**
 * What is wrong with a module's exports, or nothing.
 * @param {any} module
 * @returns {string | undefined}
 */
function complaint(module) {
  if (typeof module.operators !== 'object' || module.operators === null)
    return 'it exports no `operators`; it should export an object of operators, each with a `forward` function'
  if (Object.keys(module.operators).length === 0) return 'its `operators` is empty'
  const precisions = ['float64', 'float32', 'float16', 'bfloat16']
  if (module.precision !== undefined && !precisions.includes(module.precision))
    return `its \`precision\` is ${JSON.stringify(module.precision)}; it should be one of ${precisions.join(', ')}`
  if (module.tensors !== undefined && module.tensors !== 'nested' && module.tensors !== 'ndarray')
    return `its \`tensors\` is ${JSON.stringify(module.tensors)}; it should be 'ndarray' or 'nested'`
  for (const [name, operator] of Object.entries(module.operators)) {
    if (typeof operator?.forward !== 'function') return `its operator ${name} has no \`forward\` function`
    if (operator.backward !== undefined && typeof operator.backward !== 'function')
      return `the \`backward\` of its operator ${name} is no function`
  }
  return undefined
}

/**
 * @param {Parcel} parcel
 * @param {boolean} nested
 */
function unpack(parcel, nested) {
  if (!nested) return ndarray(parcel.data, parcel.shape)
  let next = 0
  /** @param {number} depth @returns {any} */
  const build = (depth) =>
    depth === parcel.shape.length
      ? parcel.data[next++]
      : Array.from({ length: parcel.shape[depth] }, () => build(depth + 1))
  return build(0)
}

/**
 * An answer with the fields of its ndarrays, some of which messages lose: those of a scalar's are its prototype's.
 * @param {any} answer
 */
function packed(answer) {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer
  /** @param {any} y */
  const fields = (y) =>
    typeof y === 'object' && y !== null && Array.isArray(y.shape) && Array.isArray(y.stride)
      ? { shape: [...y.shape], stride: [...y.stride], offset: y.offset, data: y.data }
      : y
  return Object.fromEntries(Object.entries(answer).map(([name, y]) => [name, fields(y)]))
}

/**
 * The numbers of an unpacked tensor as they are now, in row-major order.
 * @param {any} held
 * @returns {ArrayLike<number>}
 */
function numbersOf(held) {
  if (typeof held === 'number') return [held]
  return Array.isArray(held) ? held.flatMap((row) => [...Array.from(numbersOf(row))]) : held.data
}

/**
 * The inputs that the call changed, which a worker's copies would hide.
 * @param {Record<string, unknown>} held
 * @param {Record<string, ArrayLike<number>>} before
 */
function changed(held, before) {
  /** @type {Record<string, Float64Array>} */
  const result = {}
  for (const [name, numbers] of Object.entries(before)) {
    const now = numbersOf(held[name])
    let same = now.length === numbers.length
    for (let i = 0; same && i < numbers.length; i++) same = Object.is(now[i], numbers[i])
    if (!same) result[name] = Float64Array.from(now)
  }
  return result
}

/** @param {unknown} error */
function report(error) {
  if (!(error instanceof Error)) return { message: `threw ${String(error)}`, kind: undefined }
  const kind = 'kind' in error ? error.kind : undefined
  return { message: error.name === 'Error' ? error.message : `${error.name}: ${error.message}`, kind }
}

/** @type {any} */
let subject
try {
  subject = await createJiti(import.meta.url).import(workerData.file)
  subject = subject.operators === undefined && subject.default !== undefined ? subject.default : subject
  const wrong = complaint(subject)
  if (wrong !== undefined) port.postMessage({ unusable: wrong })
  else
    port.postMessage({
      hello: {
        precision: subject.precision ?? 'float64',
        supports: subject.supports,
        dialects: subject.dialects,
        operators: Object.fromEntries(
          Object.entries(subject.operators).map(([name, operator]) => [name, operator.backward !== undefined]),
        ),
      },
    })
} catch (error) {
  port.postMessage({ unusable: `it does not load: ${report(error).message}` })
}

/** @param {Request} request */
async function serve({ id, operator, pass, inputs, attributes, gradients }) {
  try {
    const nested = subject.tensors === 'nested'
    /** @param {Parcels} parcels */
    const unpackAll = (parcels) =>
      Object.fromEntries(Object.entries(parcels).map(([name, parcel]) => [name, unpack(parcel, nested)]))
    const before = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data.slice()]))
    const held = unpackAll(inputs)
    const answer =
      pass === 'forward'
        ? await subject.operators[operator].forward(held, attributes)
        : await subject.operators[operator].backward(held, attributes, unpackAll(gradients))
    port.postMessage({ id, answer: packed(answer), modified: changed(held, before) })
  } catch (error) {
    port.postMessage({ id, error: report(error) })
  }
}

// One call after the other, in the order in which they came: who asks relies on it.
let turn = Promise.resolve()
port.on('message', (/** @type {Request} */ request) => {
  turn = turn.then(() => serve(request))
})
