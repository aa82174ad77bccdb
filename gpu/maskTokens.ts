import { Refusal } from '../oracle/contract.js'
import { exactIntegers, kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'

const marks = kernel('tokens chosen', function (this: Thread, size: number, draws: Values, rate: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  if (draws[i] < rate) return 1
  return 0
})

const maskedIds = kernel(
  'maskTokens',
  function (
    this: Thread,
    size: number,
    ids: Values,
    chosen: Values,
    actions: Values,
    replacements: Values,
    maskId: number,
    masked: number,
    replaced: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (chosen[i] === 0) return ids[i]
    if (actions[i] < masked) return maskId
    if (actions[i] < replaced) return replacements[i]
    return ids[i]
  },
)

/** The least float32 number that is not below x > 0: float32 numbers are below the one where they are below the other. */
function roundedUp(x: number): number {
  const bits = new Int32Array(1)
  const values = new Float32Array(bits.buffer)
  values[0] = x
  if (values[0] < x) bits[0] += 1
  return values[0]
}

export const maskTokens: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const maskId = call.number('maskId')
    if (maskId > exactIntegers)
      throw new Refusal(
        'maskTokens',
        `maskId is ${maskId}; it should be at most ${exactIntegers} on gpu:${workspace.device.backend}`,
      )
    const [ids, draws] = [call.input('ids'), call.input('draws')]
    const chosen = await workspace.run(marks, ids.length, draws, roundedUp(call.number('rate')))
    const given = [call.input('actions'), call.input('replacements')] as const
    const thresholds = [maskId, roundedUp(0.8), roundedUp(0.9)] as const
    return { ids: await workspace.run(maskedIds, ids.length, ids, chosen, ...given, ...thresholds), chosen }
  },
}
