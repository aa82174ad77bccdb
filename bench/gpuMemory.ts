import { type BackendName, BackendUnavailable, openBackend } from '../gpu/index.js'
import { zeros } from '../oracle/tensor.js'
import { table } from '../reports/words.js'

/** Calls of several sizes, forward and backward, as a long campaign makes them. */
const calls = [
  ['matmul', { a: [20, 30], b: [30, 40] }, { y: [20, 40] }],
  ['matmul', { a: [130, 50], b: [50, 140] }, { y: [130, 140] }],
  ['linear', { x: [64, 33], weight: [21, 33], bias: [21] }, { y: [64, 21] }],
  ['layerNorm', { x: [40, 50] }, { y: [40, 50] }],
  ['scaledDotProductAttention', { query: [12, 8], key: [14, 8], value: [14, 6] }, { output: [12, 6] }],
  ['rnn', { x: [3, 2, 4], weightInput: [5, 4], weightHidden: [5, 5] }, { hidden: [3, 2, 5] }],
] as const

/** Resident memory in megabytes after a tenth, half and all of the calls in a row, backend by backend. */
export async function memoryTable(names: readonly BackendName[], most: number): Promise<readonly string[]> {
  const marks = [most / 10, most / 2, most].map(Math.round)
  const rows = [['resident memory after', ...marks.map((n) => `${n} calls`), 'growth from the first to the last']]
  for (const name of names) {
    try {
      rows.push([name, ...(await memoryOn(name, marks))])
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error
      rows.push([name, `missing: ${error.reason}`])
    }
  }
  return table(rows)
}

async function memoryOn(name: BackendName, marks: readonly number[]): Promise<readonly string[]> {
  const backend = await openBackend(name)
  const { operators } = backend.implementation
  const resident: number[] = []
  for (let i = 1; i <= (marks.at(-1) ?? 0); i++) {
    const [operator, shapes, gradients] = calls[i % calls.length]
    const inputs = tensors(shapes)
    await operators[operator].forward(inputs, {})
    if (i % 5 === 0) await operators[operator].backward?.(inputs, {}, tensors(gradients))
    if (marks.includes(i)) resident.push(process.memoryUsage.rss() / 2 ** 20)
  }
  await backend.close()
  const [first, last] = [resident[0], resident[resident.length - 1]]
  return [...resident.map((megabytes) => `${Math.round(megabytes)} MB`), `${(last - first).toFixed(1)} MB`]
}

function tensors(shapes: Readonly<Record<string, readonly number[]>>) {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, zeros(shape)]))
}
