import { symbolKey } from '../exercises/symbols.js'

/** Stems of words for what exercises ask, in the languages of the sources and their neighbours, accents dropped. */
const concepts: Readonly<Record<string, readonly string[]>> = {
  class: ['class', 'κλασ', 'κατηγορι', 'klas', 'clase', 'kategori'],
  dimension: ['dimension', 'διαστασ', 'dimenzij'],
  input: ['input', 'εισοδ', 'eingab', 'eingang', 'entree', 'entrada', 'ulaz'],
  output: ['output', 'εξοδ', 'ausgab', 'ausgang', 'sortie', 'salida', 'izlaz'],
  latent: ['latent', 'λανθανουσ', 'code', 'bottleneck', 'συμφορησ'],
  parameter: ['parameter', 'παραμετρ', 'parametr'],
  unit: ['unit', 'μοναδ', 'einheit', 'neuron', 'νευρων', 'activation', 'ενεργοποιησ', 'unidad', 'jedinic'],
  training: ['train', 'εκπαιδευσ', 'entrainement', 'entrenamiento', 'ucenj'],
  test: ['test', 'ελεγχ', 'prueba'],
  accuracy: ['accuracy', 'ορθοτητ', 'genauigkeit', 'exactitude', 'precision', 'tocnost'],
  probability: ['probabilit', 'πιθανοτητ', 'wahrscheinlich', 'probabilid', 'vjerojatnost'],
  error: ['error', 'σφαλμ', 'fehler', 'erreur', 'gresk', 'pogresk'],
  mean: ['mean', 'average', 'μεσ', 'mittel', 'moyenne', 'media', 'srednj', 'prosje'],
  later: [
    'new',
    'after',
    'updat',
    'second',
    'νεα',
    'νεε',
    'νεο',
    'μετα',
    'ανανεωμεν',
    'neu',
    'nach',
    'nouv',
    'apres',
    'nuev',
    'despues',
    'nov',
    'nakon',
  ],
}

/** Stems of words that say which way a number goes: −1 it falls, +1 it rises. */
const directions: readonly (readonly [number, readonly string[]])[] = [
  [
    -1,
    [
      'decreas',
      'fall',
      'drop',
      'reduc',
      'lower',
      'μειω',
      'πεφτ',
      'sink',
      'fallt',
      'diminu',
      'baiss',
      'disminu',
      'smanj',
      'pada',
    ],
  ],
  [1, ['increas', 'rise', 'grow', 'improv', 'higher', 'αυξ', 'ανεβ', 'steig', 'augment', 'aument', 'povec', 'rast']],
]

/** Words in lower case without accents, as the stems above are written. */
function plainWords(text: string): readonly string[] {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return [...plain.matchAll(/\p{L}+/gu)].map(([word]) => word)
}

/** What a text speaks of: `dimension`, `input`, `class`, …, in any of the languages known. */
export function conceptsIn(text: string): ReadonlySet<string> {
  const words = plainWords(text)
  return new Set(
    Object.entries(concepts)
      .filter(([, stems]) => words.some((word) => stems.some((stem) => word.startsWith(stem))))
      .map(([concept]) => concept),
  )
}

/** A direction that a sentence states: −1 down, 1 up; and where its word stands in the text. */
export interface Direction {
  readonly direction: number
  readonly start: number
  readonly end: number
}

/** The directions that a sentence states, in order: «it falls, then it rises» is −1, 1. */
export function directionsIn(text: string): readonly Direction[] {
  return [...text.matchAll(/\p{L}[\p{L}\p{M}]*/gu)].flatMap(({ 0: word, index }) =>
    directions
      .filter(([, stems]) => stems.some((stem) => plainWords(word)[0]?.startsWith(stem)))
      .map(([direction]) => ({ direction, start: index, end: index + word.length })),
  )
}

/** The keys of the symbols that stand between the words of a text: `y_i` in «the dimension of y_i is». */
export function symbolsIn(text: string): readonly string[] {
  return text
    .split(/[\s,;:()]+/u)
    .filter((word) => /[_0-9₀-₉^]/u.test(word))
    .flatMap((word) => symbolKey(word) ?? [])
}
