import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { zeros } from '../oracle/tensor.js'
import { forward } from './computation.js'
import { ones } from './matrices.js'
import { countingOperators } from './operationCounts.js'

describe('operations counted by the shapes of calls', () => {
  it.each([
    ['matmul', 'y', { a: ones([2, 3, 4]), b: ones([2, 4, 5]) }, {}, 2 * 3 * 4 * 5],
    ['linear', 'y', { x: ones([3, 4]), weight: ones([5, 4]), bias: ones([5]) }, {}, 3 * 4 * 5],
    // 5 positions of a window of 3 over 2 channels, for 4 filters.
    ['conv1d', 'y', { x: ones([1, 2, 7]), weight: ones([4, 2, 3]) }, {}, 5 * 4 * 2 * 3],
    [
      'rnn',
      'hidden',
      { x: ones([6, 1, 2]), weightInput: zeros([3, 2]), weightHidden: zeros([3, 3]) },
      {},
      6 * (3 * 2 + 3 * 3),
    ],
    [
      'scaledDotProductAttention',
      'output',
      { query: ones([4, 3]), key: ones([5, 3]), value: ones([5, 2]) },
      {},
      4 * 5 * (3 + 2),
    ],
    [
      'multiHeadAttention',
      'output',
      {
        ...{ query: ones([1, 3, 4]), key: ones([1, 5, 4]), value: ones([1, 5, 4]) },
        ...{
          weightQuery: ones([4, 4]),
          weightKey: ones([4, 4]),
          weightValue: ones([4, 4]),
          weightOutput: ones([4, 4]),
        },
      },
      { heads: 2 },
      // Queries and outputs of 3 rows, keys and values of 5; two heads of 3 × 5 products of 2 with 2.
      (3 + 3 + 5 + 5) * 16 + 2 * 3 * 5 * (2 + 2),
    ],
    ['softmax', 'y', { x: ones([3, 4]) }, {}, 0],
  ] as const)('%s', async (operator, output, inputs, attributes, expected) => {
    const { operators, counts } = countingOperators(oracle.operators)
    await forward(operators, operator, output, inputs, attributes)
    expect(counts.multiplyAdds).toBe(expected)
    await forward(operators, operator, output, inputs, attributes)
    expect(counts.multiplyAdds).toBe(2 * expected)
  })

  it('notes the largest answer, and refuses to guess', async () => {
    const { operators, counts } = countingOperators(oracle.operators)
    await forward(operators, 'matmul', 'y', { a: ones([3, 1]), b: ones([1, 4]) })
    await forward(operators, 'softmax', 'y', { x: ones([5]) })
    expect(counts.largestAnswer).toBe(12)
    await expect(forward(operators, 'gelu', 'y', { x: ones([5]) })).rejects.toThrow('there is no count of gelu')
  })
})
