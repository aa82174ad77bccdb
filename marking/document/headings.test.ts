import { describe, expect, it } from 'vitest'
import { isContentsLine, readHeading } from './headings.js'

describe('headings', () => {
  it.each([
    ['Άσκηση 1.1 (Multi Layer Perceptron)', '1.1', undefined],
    ['Άσκηση 1.4 (Representation Learning – Autoencoders)', '1.4', undefined],
    ['Exercise 1.1 (b)', '1.1', 'b'],
    ['Exercise 1.1b', '1.1', 'b'],
    ['Exercise 2: Networks', '2', undefined],
    ['Aufgabe 3', '3', undefined],
    ['Exercice 4', '4', undefined],
    ['Zadatak 5', '5', undefined],
    ['Ejercicio 6', '6', undefined],
    ['1.1 (α)', '1.1', 'a'],
    ['1.2', '1.2', undefined],
    ['ntua/1.1b', '1.1', 'b'],
  ])('%s names the exercise %s, part %s', (line, number, part) => {
    expect(readHeading(line)).toMatchObject({ kind: 'exercise', number, part })
  })

  it('name an exercise by a word', () => {
    for (const [line, source, number] of [
      ['sharif/p1', 'sharif', 'p1'],
      ['lecture/positional-encoding: worked', 'lecture', 'positional-encoding'],
    ])
      expect(readHeading(line)).toEqual({ kind: 'exercise', source, number, part: undefined })
    expect(readHeading('input/output')).toBeUndefined()
  })

  it('take the source from an id', () => {
    expect(readHeading('ntua/1.3')).toEqual({ kind: 'exercise', source: 'ntua', number: '1.3', part: undefined })
  })

  it.each([
    ['Ερώτημα (α)', 'a'],
    ['Ερώτημα (β)', 'b'],
    ['Ερώτημα (γ)', 'c'],
    ['Ερώτημα (δ)', 'd'],
    ['Ερώτημα 1', '1'],
    ['Part b', 'b'],
    ['Question 3.', '3'],
    ['Teil c)', 'c'],
    ['(a)', 'a'],
    ['b)', 'b'],
  ])('%s names the part %s', (line, part) => {
    expect(readHeading(line)).toEqual({ kind: 'part', part })
  })

  it.each(['Λύση', 'Solution', 'Solution:', 'Lösung', 'Rješenje', 'Réponse', 'Solución'])(
    '%s begins the solution',
    (line) => {
      expect(readHeading(line)).toEqual({ kind: 'solution' })
    },
  )

  it.each([
    'Σφάλμα',
    'Backward Pass',
    'Parts of speech',
    'Questioning',
    '0.731',
    'Exercise',
    'Solution of the equations',
  ])('%s is none', (line) => {
    expect(readHeading(line)).toBeUndefined()
  })

  it('in a table of contents carry their page', () => {
    expect(isContentsLine('Ερώτημα (α)\t7')).toBe(true)
    expect(isContentsLine('Exercise 1.1 ........ 12')).toBe(true)
    expect(isContentsLine('Άσκηση 1.1 (Perceptron)')).toBe(false)
  })
})
