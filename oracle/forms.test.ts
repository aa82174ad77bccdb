import { expect, test } from 'vitest'
import { Refusal } from './contract.js'
import { oracle } from './index.js'
import { fromNested, tensor, toNested } from './tensor.js'

const { conv2d, softmax, linear } = oracle.operators

test('a call of a known form is still checked for its values', () => {
  softmax.forward({ x: fromNested([[1, 2]]) })
  expect(() => softmax.forward({ x: fromNested([[1, Number.NaN]]) })).toThrow(Refusal)
})

test('attributes that look alike are not the same form', () => {
  const x = fromNested([[1, 2]])
  softmax.forward({ x }, { axis: 1 })
  for (const axis of [Number.NaN, '1', [1], true, 1.5])
    expect(() => softmax.forward({ x }, { axis }), String(axis)).toThrow(Refusal)
})

test('names that spell the form of another call are unknown names', () => {
  const [x, weight] = [tensor([2], [1, 2]), tensor([1, 2], [3, 4])]
  linear.forward({ x, weight })
  expect(() => linear.forward({ 'x:2;weight': weight })).toThrow('unknown input')
  expect(() => linear.forward({ x, 'weight:1,2': weight })).toThrow('unknown input')
})

test('a known form keeps its attributes when the caller changes his array', () => {
  const x = tensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])
  const weight = tensor([1, 1, 1, 1], [1])
  const stride = [2, 2]
  const once = toNested(conv2d.forward({ x, weight }, { stride }).y)
  stride[0] = 1
  const other = toNested(conv2d.forward({ x, weight }, { stride }).y)
  expect(once).toEqual([
    [
      [
        [1, 3],
        [7, 9],
      ],
    ],
  ])
  expect(other).toEqual([
    [
      [
        [1, 3],
        [4, 6],
        [7, 9],
      ],
    ],
  ])
  expect(toNested(conv2d.forward({ x, weight }, { stride: [2, 2] }).y)).toEqual(once)
})
