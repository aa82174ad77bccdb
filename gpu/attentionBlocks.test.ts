import { afterAll, describe, expect, it } from 'vitest'
import { tensor } from '../oracle/tensor.js'
import { type Attention, attend, attendBackward } from './attention.js'
import { attendInBlocks, attendInBlocksBackward, blocksOf } from './attentionBlocks.js'
import { Device } from './device.js'
import { implementationOn } from './operator.js'
import { openHost } from './platform.js'
import { quadraticAttention } from './quadraticAttention.js'
import { Workspace } from './workspace.js'

const platform = await openHost('cpu', 'install gpu.js')
const device = new Device('cpu', platform.gpu, platform.elements)
/** Its arrays hold 60 numbers. */
const small = new Device('cpu', platform.gpu, 60)
afterAll(() => device.close())

const [N, heads, T, S, width] = [3, 2, 7, 7, 3]

/** Numbers without pattern or rounding. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 37 + seed * 101) % 61) / 16 - 2)
}

function attentionIn(workspace: Workspace, masked: boolean, causal: boolean): Attention {
  const rows = (seed: number) => workspace.array(numbers(N * T * heads * width, seed))
  const mask = workspace.array(Float32Array.from({ length: T * S }, (_, i) => (i % 8 === 0 || i % 3 === 1 ? 1 : 0)))
  const settings = { mask: masked ? mask : undefined, scale: 0.5, causal }
  return { N, heads, T, S, query: rows(1), key: rows(2), value: rows(3), ...settings }
}

describe('an attention in blocks', () => {
  it('has no more weights in a block than it may, unless one query has more', () => {
    for (const most of [1, 14, 30, 97, 98, 99, 200, 1000]) {
      const blocks = blocksOf({ N, heads, T, S }, most)
      for (const { items, queries } of blocks)
        expect(items * heads * queries * S).toBeLessThanOrEqual(Math.max(most, heads * S))
      const seen = blocks.flatMap(({ item, items, first, queries }) =>
        Array.from({ length: items * queries }, (_, i) => item * T + first + i),
      )
      expect(seen).toEqual(Array.from({ length: N * T }, (_, i) => i))
    }
  })

  it.each([
    [1, false, false],
    [1, true, true],
    [30, true, false],
    [30, false, true],
    [98, true, true],
    [200, false, true],
    [1000, true, true],
  ])('of %i weights answers as in one, masked: %s, causal: %s', async (most, masked, causal) => {
    const workspace = new Workspace(device)
    const attention = attentionIn(workspace, masked, causal)
    const gradient = workspace.array(numbers(N * T * heads * width, 4))
    const { output, weights } = await attend(workspace, attention)
    const whole = await workspace.read(output)
    expect(await workspace.read(await attendInBlocks(workspace, attention, most))).toEqual(whole)
    const expected = await attendBackward(workspace, attention, weights, { output: gradient })
    const actual = await attendInBlocksBackward(workspace, attention, gradient, most)
    for (const name of ['query', 'key', 'value'] as const) {
      const [wanted, found] = [await workspace.read(expected[name]), await workspace.read(actual[name])]
      expect(found.length).toBe(wanted.length)
      for (const [i, value] of wanted.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(2 ** -18)
    }
    await workspace.release()
  })

  it('serves quadraticAttention, whose products may be too many for one array', async () => {
    const [T, S, D, M] = [9, 11, 3, 2]
    const inputs = {
      query: tensor([T, D], numbers(T * D, 5)),
      key: tensor([S, D], numbers(S * D, 6)),
      value: tensor([S, M], numbers(S * M, 7)),
    }
    const gradients = { output: tensor([T, M], numbers(T * M, 8)) }
    const answers = await Promise.all(
      [device, small].map(async (chosen) => {
        const implementation = implementationOn('cpu', async () => chosen, { quadraticAttention })
        const { forward, backward } = implementation.operators.quadraticAttention
        return { ...(await forward(inputs, {})), ...(await backward?.(inputs, {}, gradients)) }
      }),
    )
    const [whole, inBlocks] = answers
    expect(Object.keys(inBlocks)).toEqual(['output', 'query', 'key', 'value'])
    for (const [name, y] of Object.entries(whole))
      for (const [i, value] of y.data.entries()) expect(Math.abs(inBlocks[name].data[i] - value)).toBeLessThan(2 ** -18)
  })
})
