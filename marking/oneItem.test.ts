import { describe, expect, test } from 'vitest'
import { markText, present } from './fixtures/marked.js'

const mark = (line: string) => markText(`$${line}$\n`, 'fer/1')

describe('a formula for one item of the batch, its vectors as columns', () => {
  test.each([
    'q = W p + b',
    String.raw`\frac{\partial L}{\partial p} = W^T \frac{\partial L}{\partial q}`,
    String.raw`\frac{\partial L}{\partial p} = \left(\frac{\partial q}{\partial p}\right)^T \frac{\partial L}{\partial q}`,
    String.raw`\frac{\partial L}{\partial W} = \frac{\partial L}{\partial q} p^T`,
    String.raw`\frac{\partial L}{\partial W} = \frac{\partial L}{\partial q} \cdot \frac{\partial q}{\partial W}`,
    String.raw`\frac{\partial L}{\partial b} = \frac{\partial L}{\partial q}`,
  ])('is right, and the report says how it was read: %s', async (line) => {
    const { claims, unread } = await mark(line)
    expect(present(claims)).toMatchObject([
      { verdict: 'correct', notes: [expect.stringMatching(/^(for one item, vectors as columns|the chain rule)$/)] },
    ])
    expect(unread).toEqual([])
  })

  test.each(['dW = p^T G', 'dW = G p', 'dp = W^T p', 'db = b', 'q = W p - b'])(
    'is wrong where it holds neither for one item nor for the batch: %s',
    async (line) => {
      expect(present((await mark(line)).claims)).toMatchObject([{ verdict: 'wrong', root: true }])
    },
  )

  test('says nothing of the values of the batch: the gradients of its items are still to be added up', async () => {
    // 1 + 2 and −1 + 3.
    const [, value] = present((await mark('db = G = [[1, -1], [2, 3]]')).claims)
    expect(value).toMatchObject({ verdict: 'wrong', root: true })
    expect(present((await mark('db = G = [3, 2]')).claims).map(({ verdict }) => verdict)).toEqual([
      'correct',
      'correct',
    ])
  })
})
