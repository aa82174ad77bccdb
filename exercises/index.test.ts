import { describe, expect, it } from 'vitest'
import { quantitiesUnder } from './exercise.js'
import { exercises, findExercise } from './index.js'

describe('the list of exercises', () => {
  it('holds those of every source in order, found by id', () => {
    expect(exercises.map(({ id }) => id)).toEqual([
      ...['1.1a', '1.1b', '1.1c', '1.1d', '1.2', '1.3', '1.4', '2.1a', '2.1b', '2.2', '2.3'].map((id) => `ntua/${id}`),
      ...[1, 2, 3, 4, 5].map((id) => `fer/${id}`),
      ...['1', '2', '3', '4', 'p1', 'p2'].map((id) => `sharif/${id}`),
      ...[
        'seq2seq',
        'positional-encoding',
        'masks',
        'multi-head',
        'complexity',
        'layer-norm',
        'transformer',
        'loss',
      ].map((id) => `lecture/${id}`),
      ...['transfer', 'alexnet', 'vgg', 'googlenet', 'resnet', 'vit', 'bert'].map((id) => `lecture/${id}`),
    ])
    for (const exercise of exercises) expect(findExercise(exercise.id)).toBe(exercise)
    expect(findExercise('ntua/9.9')).toBeUndefined()
  })

  it('names every quantity by a symbol, whatever the convention', () => {
    for (const exercise of exercises)
      for (const convention of exercise.conventions.flatMap(({ conventions }) => conventions))
        for (const { name, symbols, meaning } of quantitiesUnder(exercise, [convention])) {
          expect(symbols, `${exercise.id}, ${convention.name}: ${name}`).not.toEqual([])
          expect(meaning, `${exercise.id}, ${convention.name}: ${name}`).not.toBe('')
        }
  })
})
