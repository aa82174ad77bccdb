import { describe, expect, it } from 'vitest'
import { isContentsLine, readHeading } from './headings.js'
import { readDocument } from './reader.js'

function named(line: string): string | undefined {
  const heading = readHeading(line)
  if (heading?.kind === 'exercise') return `${heading.number}${heading.part ?? ''}`
  return heading?.kind === 'part' ? `(${heading.part})` : heading?.kind
}

/** How each language says exercise, part and solution, and its letter b. */
const languages = {
  English: { exercises: ['Exercise', 'Problem', 'Task'], parts: ['part', 'question'], b: 'b' },
  Greek: { exercises: ['Άσκηση', 'ΑΣΚΗΣΗ', 'Θέμα', 'Πρόβλημα'], parts: ['ερώτημα', 'Μέρος'], b: 'β' },
  Croatian: { exercises: ['Zadatak', 'zadatak', 'Vježba'], parts: ['dio', 'pitanje'], b: 'b' },
  German: { exercises: ['Aufgabe', 'Übung', 'Übungsaufgabe'], parts: ['Teil', 'Teilaufgabe'], b: 'b' },
  French: { exercises: ['Exercice', 'Problème'], parts: ['partie', 'question'], b: 'b' },
  Spanish: { exercises: ['Ejercicio', 'Problema'], parts: ['apartado', 'parte'], b: 'b' },
}

describe.each(Object.entries(languages))('headings in %s', (_, { exercises, parts, b }) => {
  const forms: readonly (readonly [(word: string, part: string) => string, string])[] = [
    [(word) => `${word} 1.1`, '1.1'],
    [(word) => `${word} 4`, '4'],
    [(word) => `${word} 1.1:`, '1.1'],
    [(word) => `${word} 1.1 (Multi Layer Perceptron)`, '1.1'],
    [(word) => `${word} 1.1: Perceptron and its weights, then more words than a title has`, '1.1'],
    [(word) => `${word} 1.1 – Perceptron`, '1.1'],
    [(word) => `${word} nr. 3`, '3'],
    [(word) => `4. ${word}`, '4'],
    [(word) => `1.1 ${word}`, '1.1'],
    [(word) => `${word} 1.1 (${b})`, '1.1b'],
    [(word) => `${word} 1.1(${b})`, '1.1b'],
    [(word) => `${word} 1.1${b}`, '1.1b'],
    [(word) => `${word} 1.1 ${b}`, '1.1b'],
    [(word) => `${word} 1.1 ${b})`, '1.1b'],
    [(word) => `${word} 1.1 ${b}:`, '1.1b'],
    [(word) => `${word} 1.1.${b}`, '1.1b'],
    [(word) => `${word} 4 ${b})`, '4b'],
    [(word) => `4. ${word} ${b})`, '4b'],
    [(word) => `${word} 1.1 (${b}) Perceptron`, '1.1b'],
    [(word) => `${word.toUpperCase()} 1.1 (${b.toUpperCase()})`, '1.1b'],
    [(word) => `${word} 2.1 (1)`, '2.11'],
    [(word) => `${word} 2.1 (ii)`, '2.12'],
    [(word, part) => `${word} 1.1, ${part} ${b}`, '1.1b'],
    [(word, part) => `${word} 1.1 ${part} (${b})`, '1.1b'],
    [(word, part) => `${word} 1.1: Perceptron — ${part} (${b})`, '1.1b'],
    [(_word, part) => `${part} (${b})`, '(b)'],
    [(_word, part) => `${part} ${b}`, '(b)'],
    [(_word, part) => `${part} ${b})`, '(b)'],
    [(_word, part) => `${part} 2`, '(2)'],
    [(_word, part) => `${part} ${b}: Perceptron`, '(b)'],
    [(_word, part) => `${b}) ${part}`, '(b)'],
    [(_word, part) => `2. ${part}`, '(2)'],
    [(_word, part) => `${part} 2.1 (1)`, '2.11'],
    [(_word, part) => `${part} (ii)`, '(2)'],
  ]
  const lines = exercises.flatMap((word) =>
    parts.flatMap((part) => forms.map(([form, names]) => [form(word, part), names])),
  )

  it.each([...new Map(lines.map(([line, names]) => [line, names]))])('%s names %s', (line, names) => {
    expect(named(line)).toBe(names)
  })

  it('are no sentences that begin like one', () => {
    for (const word of exercises) {
      expect(named(`${word} 1.1 ${'lorem ipsum '.repeat(6)}.`), word).toBeUndefined()
      expect(named(`${word} 1 = 0.5`), word).toBeUndefined()
      expect(named(word), word).toBeUndefined()
      expect(named(`${word} abc`), word).toBeUndefined()
      expect(named(`${word} 1.1 a b c d e f g h`), word).not.toBe('1.1a')
    }
    for (const part of parts) expect(named(`${part} abc`), part).toBeUndefined()
  })
})

describe('headings', () => {
  it.each([
    ['1.1 (α)', '1.1a'],
    ['1.1 (στ)', '1.1f'],
    ['1.2', '1.2'],
    ['1.1 b)', '1.1b'],
    ['1.1b.', '1.1b'],
    ['1.1β', '1.1b'],
    ['ntua/1.1b', '1.1b'],
    ['(a)', '(a)'],
    ['b)', '(b)'],
    ['(ii)', '(2)'],
    ['iii)', '(3)'],
    ["β' ερώτημα", '(b)'],
    ['2ο ερώτημα', '(2)'],
    ['1η Άσκηση', '1'],
    ['Θέμα 2ο', '2'],
    ['Lösung zu Aufgabe 1.1 (c)', '1.1c'],
    ['Solution to Exercise 1.1 (c)', '1.1c'],
    ['Λύση της άσκησης 1.1 (γ)', '1.1c'],
    ['Rješenje zadatka 4 b)', '4b'],
    ["Corrigé de l'exercice 1.1 c", '1.1c'],
    ['Solución del ejercicio 1.1 (c)', '1.1c'],
    ['Ex. 1.1 (b)', '1.1b'],
    ['Exercise 1.1 a)', '1.1a'],
    ['Aufgabe 2.1 a', '2.1a'],
    ['Exercice 1.1 e)', '1.1e'],
    ['Ejercicio 1a', '1'],
    ['1er exercice', '1'],
    ['Q 2.1', '2.1'],
  ])('%s names %s', (line, names) => {
    expect(named(line)).toBe(names)
  })

  it('name an exercise by a word', () => {
    for (const [line, source, number] of [
      ['sharif/p1', 'sharif', 'p1'],
      ['lecture/positional-encoding: worked', 'lecture', 'positional-encoding'],
    ])
      expect(readHeading(line)).toEqual({ kind: 'exercise', source, number, part: undefined, bare: false })
    expect(readHeading('input/output')).toBeUndefined()
  })

  it('take the source from an id', () => {
    expect(readHeading('ntua/1.3')).toMatchObject({ kind: 'exercise', source: 'ntua', number: '1.3' })
  })

  it('that are a number without a word say so', () => {
    for (const line of ['1.1', '2.25', '0.5']) expect(readHeading(line), line).toMatchObject({ bare: true })
    for (const line of ['(1)', '2)', '(ii)']) expect(readHeading(line), line).toMatchObject({ bare: true })
    for (const line of ['1.1 (b)', 'Exercise 1.1', '(b)', 'Part 2'])
      expect(readHeading(line)).toMatchObject({ bare: false })
  })

  it.each(['Λύση', 'ΛΥΣΗ', 'Solution', 'Solution:', 'Lösung', 'Rješenje', 'Réponse', 'Corrigé', 'Solución', 'Answer'])(
    '%s begins the solution',
    (line) => {
      expect(readHeading(line)).toEqual({ kind: 'solution' })
    },
  )

  it.each(['Εκφώνηση', 'Given', 'Gegeben:', 'Énoncé', 'Zadano', 'Enunciado', 'Problem statement'])(
    '%s begins the statement',
    (line) => {
      expect(readHeading(line)).toEqual({ kind: 'statement' })
    },
  )

  it.each([
    ...['Σφάλμα', 'Backward Pass', 'Parts of speech', 'Questioning', '0.731', 'Exercise', 'Solution of the equations'],
    ...['2.3.2024', '12.11.23 14:00', 'v2.1', 'Version 1.1', '3 layers', '1.1 kg of it', 'a', 'i)x', 'Part of it'],
    ...['Problem a network has', 'Task force 4', 'Frage nicht', 'Dio sam', 'Question a friend', 'Part a of it is easy'],
    ...['w_35 = 1.1', 'y = 1.1 (b)', '10:30', '1.1.2024', 'Python 3.11', 'Page 2', 'б)', 'Zadatak je lagan.'],
  ])('%s is none', (line) => {
    expect(named(line)).toBeUndefined()
  })

  it('in a table of contents carry their page', () => {
    expect(isContentsLine('Ερώτημα (α)\t7')).toBe(true)
    expect(isContentsLine('Exercise 1.1 ........ 12')).toBe(true)
    expect(isContentsLine('Άσκηση 1.1 (Perceptron)')).toBe(false)
  })
})

describe('a row of a matrix over several lines', () => {
  it('is no heading', () => {
    const { items } = readDocument(
      'solution.txt',
      'Exercise 2.1 (b)\n\nQ = [-2.25 5.5\n1.25 1\n-1.25 3.75]\nso d_1 = 2\n',
    )
    expect(items.map((item) => ('section' in item ? `${item.section.number}${item.section.part}` : ''))).toEqual([
      '2.1b',
      '2.1b',
    ])
  })
})
