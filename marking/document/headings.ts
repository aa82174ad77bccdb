/** What a heading says about where in the exercises one is. */
export type Heading =
  | {
      readonly kind: 'exercise'
      readonly source: string | undefined
      readonly number: string
      readonly part: string | undefined
    }
  | { readonly kind: 'part'; readonly part: string }
  | { readonly kind: 'solution' }
  | { readonly kind: 'statement' }

const exerciseWords =
  'άσκηση|ασκηση|θέμα|πρόβλημα|exercise|problem|task|assignment|aufgabe|übung|exercice|problème|zadatak|vježba|ejercicio|problema'
const partWords =
  'ερώτημα|ερωτημα|υποερώτημα|σκέλος|part|question|subquestion|item|teil|teilaufgabe|frage|partie|pitanje|podzadatak|dio|apartado|pregunta|inciso'
const solutionWords =
  'λύση|λυση|λύσεις|απάντηση|απαντήσεις|solution|solutions|answer|answers|worked solution|lösung|antwort|réponse|corrigé|rješenje|odgovor|solución|respuesta'
const statementWords =
  'εκφώνηση|εκφωνηση|δεδομένα|statement|problem statement|given|aufgabenstellung|gegeben|énoncé|zadano|enunciado'

const letter = '[a-zα-ω]|στ'
const label = `\\(?(${letter}|\\d{1,2})\\s*[).:]*(?![\\p{L}\\d])`
const number = '(\\d{1,2}(?:\\.\\d{1,2})*)'

const id = new RegExp(`^([a-z]+)/${number}\\s*(${letter})?(?![\\p{L}\\d])`, 'u')
/** `sharif/p1`, `lecture/positional-encoding`. */
const wordId = /^(ntua|fer|sharif|lecture)\/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?![\p{L}\d])/u
const exercise = new RegExp(
  `^(?:${exerciseWords})\\s+${number}\\s*(?:[.:]?\\s*\\(?(${letter})\\)?(?![\\p{L}\\d])|$|[^\\p{L}\\d])`,
  'u',
)
const bareExercise = new RegExp(`^${number.replace('*', '+')}\\s*\\(?(${letter})?\\)?\\s*[.:]?$`, 'u')
const part = new RegExp(`^(?:${partWords})(?:\\s+|(?=\\())${label}`, 'u')
const barePart = new RegExp(`^(?:\\((${letter}|\\d)\\)|(${letter}|\\d)\\))\\s*$`, 'u')
const solution = new RegExp(`^(?:${solutionWords})\\s*[.:]?$`, 'u')
const statement = new RegExp(`^(?:${statementWords})\\s*[.:]?$`, 'u')

/**
 * What a line says as a heading: an exercise by id or number (`ntua/1.1b`, «Άσκηση 1.1», `Exercise 1.1 (b)`, `1.1 (b)`), a part of
 * it («Ερώτημα (α)», `Part b`, `(b)`), or where the solution or the statement begins. Letters of the Greek and the Roman alphabet
 * name the same parts. `undefined` where it says none of these.
 */
export function readHeading(line: string): Heading | undefined {
  const text = line.trim().toLowerCase().replaceAll(/\s+/gu, ' ')
  const worded = wordId.exec(text)
  if (worded !== null) return { kind: 'exercise', source: worded[1], number: worded[2], part: undefined }
  const named = id.exec(text)
  if (named !== null) return { kind: 'exercise', source: named[1], number: named[2], part: partName(named[3]) }
  const numbered = exercise.exec(text) ?? bareExercise.exec(text)
  if (numbered !== null)
    return { kind: 'exercise', source: undefined, number: numbered[1], part: partName(numbered[2]) }
  const lettered = part.exec(text) ?? barePart.exec(text)
  const name = partName(lettered?.[1] ?? lettered?.[2])
  if (name !== undefined) return { kind: 'part', part: name }
  if (solution.test(text)) return { kind: 'solution' }
  return statement.test(text) ? { kind: 'statement' } : undefined
}

const greek = ['α', 'β', 'γ', 'δ', 'ε', 'στ', 'ζ', 'η', 'θ', 'ι']

/** The Roman letter of a part: α is a, β is b, γ is c, δ is d. */
export function partName(written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const place = greek.indexOf(written)
  return place < 0 ? written : 'abcdefghij'[place]
}

/** A line of a table of contents: a heading and its page, a tab or dots between them. */
export function isContentsLine(line: string): boolean {
  return /\S\s*(\t|\.{3,}|…)\s*\d+\s*$/u.test(line)
}
