// People's own properties, with the arbitraries that the laws use; and a law as a property of fast-check's.
import { convolutions, fc, lawsOf, masks, property, sequences, tensors, toNested } from 'answerkey/fast-check'
import { expect, test } from 'vitest'
import * as layers from './layers.js'

const { relu } = layers.operators

test('relu of relu is relu', () => {
  fc.assert(
    fc.property(tensors([2, 3], { precision: 'float32', least: -100, most: 100 }), (x) => {
      const { y } = relu.forward({ x: toNested(x) }, {})
      expect(relu.forward({ x: y }, {}).y).toEqual(y)
    }),
  )
})

test('a convolution without stride and padding gives as many rows as the kernel leaves', () => {
  fc.assert(
    fc.property(convolutions(1), ({ kernel, stride, padding, dilation, shapes }) => {
      fc.pre(stride[0] === 1 && padding[0] === 0)
      expect(shapes.y[2]).toBe(shapes.x[2] - dilation[0] * (kernel[0] - 1))
    }),
  )
})

test('every query has a key, and every sequence a token', () => {
  fc.assert(
    fc.property(masks(3, 5, 'causal'), sequences({ vocabulary: 100 }), (mask, { ids, lengths }) => {
      for (const row of toNested(mask)) expect(row).toContain(1)
      expect(ids.shape[0]).toBe(lengths.shape[0])
    }),
  )
})

test.each(lawsOf('sigmoid').filter(({ backward }) => !backward))('sigmoid $name', async (law) => {
  await fc.assert(property(law, layers), { numRuns: 20 })
})
