import { symbolKey } from '../exercises/symbols.js'

/** Stems of words for what exercises ask, in the languages of the sources and their neighbours, accents dropped; whole words end with a full stop. */
const concepts: Readonly<Record<string, readonly string[]>> = {
  class: ['class', 'κλασ', 'κατηγορι', 'klas', 'clase', 'kategori', 'categor', 'label', 'razred', 'ετικετ', 'oznak'],
  dimension: ['dimension', 'διαστασ', 'dimenzij', 'shape', 'σχημα', 'taille', 'tamano', 'velicin', 'große', 'grosse'],
  input: ['input', 'εισοδ', 'eingab', 'eingang', 'entree', 'entrada', 'ulaz'],
  output: ['output', 'εξοδ', 'ausgab', 'ausgang', 'sortie', 'salida', 'izlaz'],
  latent: ['latent', 'λανθανουσ', 'code', 'bottleneck', 'συμφορησ'],
  parameter: ['parameter', 'παραμετρ', 'parametr', 'parametar'],
  unit: ['unit', 'μοναδ', 'einheit', 'neuron', 'νευρων', 'activation', 'ενεργοποιησ', 'unidad', 'jedinic'],
  training: ['train', 'εκπαιδευσ', 'entrainement', 'entrenamiento', 'ucenj'],
  test: ['test', 'ελεγχ', 'prueba'],
  accuracy: ['accuracy', 'ορθοτητ', 'genauigkeit', 'exactitude', 'precision', 'tocnost'],
  probability: ['probabilit', 'πιθανοτητ', 'wahrscheinlich', 'probabilid', 'vjerojatnost'],
  error: ['error', 'σφαλμ', 'fehler', 'erreur', 'gresk', 'pogresk'],
  mean: ['mean', 'average', 'μεσ', 'mittel', 'moyenne', 'media', 'srednj', 'prosje'],
  earlier: [
    'old.',
    'before',
    'initial',
    'previous',
    'παλι',
    'αρχικ',
    'πριν',
    'προηγουμεν',
    'stara',
    'stare',
    'staro',
    'pocetn',
    'prije',
    'alt.',
    'alte.',
    'alter.',
    'anfang',
    'vorher',
    'ancien',
    'avant',
    'antigu',
    'viej',
    'inicial',
    'antes',
  ],
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

function begins(word: string, stem: string): boolean {
  return stem.endsWith('.') ? word === stem.slice(0, -1) : word.startsWith(stem)
}

/** Concepts of texts that were asked for before, at most so many. */
const knownConcepts = new Map<string, ReadonlySet<string>>()
const mostKnown = 2000

/** What a text speaks of: `dimension`, `input`, `class`, …, in any of the languages known. */
export function conceptsIn(text: string): ReadonlySet<string> {
  const known = knownConcepts.get(text)
  if (known !== undefined) return known
  const words = plainWords(text)
  const found = new Set(
    Object.entries(concepts)
      .filter(([, stems]) => words.some((word) => stems.some((stem) => begins(word, stem))))
      .map(([concept]) => concept),
  )
  if (knownConcepts.size >= mostKnown) knownConcepts.clear()
  knownConcepts.set(text, found)
  return found
}

/** A direction that a sentence states: −1 down, 1 up; and where its word stands in the text. */
export interface Direction {
  readonly direction: number
  readonly start: number
  readonly end: number
}

/** The directions that a sentence states, in order: «it falls, then it rises» is −1, 1. */
export function directionsIn(text: string): readonly Direction[] {
  return [...text.matchAll(/\p{L}[\p{L}\p{M}]*/gu)].flatMap(({ 0: word, index }) => {
    const plain = plainWords(word)[0] ?? ''
    return directions
      .filter(([, stems]) => stems.some((stem) => plain.startsWith(stem)))
      .map(([direction]) => ({ direction, start: index, end: index + word.length }))
  })
}

/** The keys of the symbols that stand between the words of a text: `y_i` in «the dimension of y_i is». */
export function symbolsIn(text: string): readonly string[] {
  return text
    .split(/[\s,;:()]+/u)
    .filter((word) => /[_0-9₀-₉^]/u.test(word))
    .flatMap((word) => symbolKey(word) ?? [])
}

/** Words that make a condition of what follows them, wherever they stand before it, accents dropped. */
const conditionWords = new Set(
  'if when whenever unless otherwise iff assuming suppose αν εαν οταν εφοσον ako kad kada ukoliko wenn falls sofern si quand lorsque cuando siempre'.split(
    ' ',
  ),
)
/** Words that make a condition or a range of what follows directly. */
const rangeWords = new Set('for where with για οπου με za gdje fur mit pour ou avec para donde con'.split(' '))
/** Stems of titles of rules of decision. */
const criterionStems = [
  'criteri',
  'kriterij',
  'kriteri',
  'κριτηρι',
  'threshold',
  'κατωφλ',
  'prag',
  'schwell',
  'seuil',
  'umbral',
  'rule',
  'κανον',
  'pravil',
  'regel',
  'regle',
  'regla',
]
/** Words that give what follows as a fact: reasons and conclusions. */
const reasonWords = new Set(
  'since because as so thus hence therefore indeed is have and but επειδη αφου αρα οποτε επομενως συνεπως δηλαδη διοτι εχουμε ισχυει jer buduci dakle stoga pa vrijedi weil da denn also folglich daher somit gilt car puisque comme donc ainsi porque pues luego entonces como tenemos'.split(
    ' ',
  ),
)

/** Whether the words before a relation, or the title that it stands under, make a condition of it: «if», «όταν», «kriterij». */
export function isCondition(words: string, title: string): boolean {
  const before = plainWords(words)
  const last = before[before.length - 1]
  return (
    before.some((word) => conditionWords.has(word)) ||
    (last !== undefined && rangeWords.has(last)) ||
    [...plainWords(title), ...before].some((word) => criterionStems.some((stem) => word.startsWith(stem)))
  )
}

/** Whether the words before a relation give it as a fact: «since», «άρα», «dakle». */
export function isReasoned(words: string): boolean {
  return plainWords(words).some((word) => reasonWords.has(word))
}

const partWords = new Set(
  'each per every one single καθε ανα ενα ενας svaki svaka svako svakom po jede jeder jedes pro ein eine chaque par cada por un una'.split(
    ' ',
  ),
)
const wholeStems = [
  'total',
  'altogether',
  'overall',
  'layer',
  'network',
  'model',
  'συνολ',
  'στρωμα',
  'δικτυ',
  'μοντελ',
  'ukupno',
  'sloj',
  'mrez',
  'insgesamt',
  'gesamt',
  'schicht',
  'netz',
  'tout',
  'couche',
  'reseau',
  'modele',
  'capa',
  'red.',
  'modelo',
]

/** Whether a count is of a whole layer or network, and not of what each part has. */
export function isOfWhole(words: string): boolean {
  const said = plainWords(words)
  return !isOfPart(words) && said.some((word) => wholeStems.some((stem) => begins(word, stem)))
}

/** Whether words speak of each part by itself: «each filter», «par neurone». */
export function isOfPart(words: string): boolean {
  return plainWords(words).some((word) => partWords.has(word))
}

const belongingStems = [
  'belong',
  'predict',
  'classif',
  'ανηκ',
  'προβλεπ',
  'ταξινομ',
  'pripada.',
  'svrstav',
  'gehort',
  'appartien',
  'pertenec',
  'predic',
]

/** Whether the words before a class say that something belongs to it. */
export function isDecided(words: string): boolean {
  const said = plainWords(words)
  return isReasoned(words) || said.some((word) => belongingStems.some((stem) => begins(word, stem)))
}
