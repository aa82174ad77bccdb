import type { Expression, Span } from '../expression/ast.js'
import { keyOf, type SymbolTable } from '../expression/names.js'
import { tokenize } from '../expression/tokenizer.js'
import { products } from '../expression/vocabulary.js'
import { conceptsIn, isDecided, isOfWhole } from '../words.js'
import { SpanSet } from './spans.js'

/** A value that a sentence states, and the words that lead to it. */
export interface StatedValue {
  readonly words: string
  readonly value: Expression
  readonly span: Span
  /** From the beginning of its words to its end. */
  readonly clause: Span
  /** It may be said of something else than what is asked for: «each filter has 364 parameters», «class 1 holds …». */
  readonly isLoose: boolean
}

/** An expression that stands in prose, delimited as mathematics or a plain number. */
export interface Value {
  readonly expression: Expression
  readonly span: Span
}

const linkingVerbs: ReadonlySet<string> = new Set(
  'είναι ισούται ισούνται βγαίνει προκύπτει προκύπτουν is are equals be becomes remains gives ist sind beträgt gleich bleibt est sont vaut je iznosi su jednako jednaka ostaje es son vale igual'.split(
    ' ',
  ),
)
/** Words that may stand between the verb and the value. */
const fillers: ReadonlySet<string> = new Set(
  'διαστάσεων διάστασης μεγέθους veličine dimenzija dimenzije of size shape dimension dimensions de taille forme der die das größe form von tamaño forma επίσης περίπου με ίση ίσο ίσες ίσος τελικά άρα η το ο also therefore thus approximately about exactly equal to the then etwa ungefähr auch zu aussi égal égale à environ također oko otprilike približno también aproximadamente a class κλάση'.split(
    ' ',
  ),
)

/** Something in a sentence, in order. */
type Element =
  | { readonly kind: 'word'; readonly text: string; readonly span: Span }
  | { readonly kind: 'value'; readonly value: Value; readonly span: Span }
  | { readonly kind: 'end'; readonly text: string; readonly span: Span }

/**
 * The values that sentences state: behind a linking verb («the class is 2», «η διάσταση είναι 50»), behind a class
 * («class 2»), alone behind a colon («Class: 2»), and alone behind a word that the exercise lists («units 290400,»).
 */
export function findStatedValues(
  text: string,
  passage: Span,
  values: readonly Value[],
  taken: readonly Span[],
  symbols: SymbolTable,
): readonly StatedValue[] {
  const elements = elementsOf(text, passage, values, taken)
  const stated: StatedValue[] = []
  let clause = passage.start
  for (const [i, element] of elements.entries()) {
    if (element.kind === 'end' && element.text !== ':') clause = element.span.end
    if (element.kind !== 'value') continue
    const { start, end } = element.span
    const before = text.slice(clause, start)
    const counted = countedEnd(elements, i)
    const common = { value: element.value.expression, span: element.span, clause: { start: clause, end } }
    const words = squeezed(counted === undefined ? before : `${before} ${text.slice(end, counted.clause)}`)
    if (counted !== undefined) stated.push({ ...common, words, isLoose: !isOfWhole(words) })
    else if (isStated(elements, i, symbols)) stated.push({ ...common, words, isLoose: false })
    else if (isOfClass(elements, i)) stated.push({ ...common, words, isLoose: !isDecided(words) })
    else if (isShape(element)) stated.push({ ...common, words, isLoose: true })
    clause = counted?.noun ?? end
  }
  return stated
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim()
}

/** Where the noun that a number counts and its clause end, «34,944 trainable parameters of the layer»; undefined where it counts nothing asked for. */
function countedEnd(
  elements: readonly Element[],
  i: number,
): { readonly noun: number; readonly clause: number } | undefined {
  const before = elements[i - 1]
  if (before?.kind === 'end' && before.text === '=') return undefined
  const nouns = elements.slice(i + 1, i + 4)
  const end = nouns.findIndex(({ kind }) => kind !== 'word')
  const behind = end < 0 ? nouns : nouns.slice(0, end)
  const noun = behind.findIndex((word) => word.kind === 'word' && isCountNoun(word.text))
  const [first] = behind
  if (noun < 0 || (first.kind === 'word' && multiples.test(first.text))) return undefined
  let last = i + 1 + noun
  while (elements[last + 1]?.kind === 'word') last++
  return { noun: elements[i + 1 + noun].span.end, clause: elements[last].span.end }
}

/** Words that make thousands and more of a number, which is then too coarse to be checked. */
const multiples =
  /^(thousand.*|million.*|billion.*|χιλιάδες|εκατομμύρι.*|δισεκατομμύρι.*|tisuć.*|milijun.*|milijard.*|tausend|milliard.*|mille|mil|miles|millón|millones|k|m)$/u

/** What numbers count that exercises ask for. */
function isCountNoun(word: string): boolean {
  const said = conceptsIn(word)
  return said.has('parameter') || said.has('unit')
}

function isStated(elements: readonly Element[], i: number, symbols: SymbolTable): boolean {
  const before = elements[i - 1]
  const next = elements[i + 1]
  const isLast = next === undefined || next.kind === 'end'
  if (before?.kind === 'end') return before.text === ':' && elements[i - 2]?.kind === 'word' && isLast
  if (before?.kind === 'word' && isLast && before.text.length > 2) {
    const key = keyOf(before.text)
    if (key !== undefined && symbols.keys.has(key)) return true
  }
  if (isShapeAlone(elements, i)) return true
  for (let back = i - 1; back >= 0 && back >= i - 4; back--) {
    const element = elements[back]
    if (element.kind !== 'word') return false
    if (linkingVerbs.has(element.text)) return true
    if (!fillers.has(element.text)) return false
  }
  return false
}

/** Whether a number stands behind a word for a class: «class 2». */
function isOfClass(elements: readonly Element[], i: number): boolean {
  const before = elements[i - 1]
  return before?.kind === 'word' && conceptsIn(before.text).has('class')
}

/** A shape at the end of its line behind a word or two: «also 55 x 55 x 96». */
function isShapeAlone(elements: readonly Element[], i: number): boolean {
  const next = elements[i + 1]
  return isShape(elements[i]) && (next === undefined || next.kind === 'end') && elements[i - 1]?.kind !== 'value'
}

/** A product of three factors and more. */
function isShape(element: Element): boolean {
  if (element.kind !== 'value') return false
  const { expression } = element.value
  return expression.kind === 'operation' && expression.operator === '*' && expression.left.kind === 'operation'
}

/** Words, values and the signs that end clauses; what lies in `taken` is none of these. */
function elementsOf(text: string, passage: Span, values: readonly Value[], taken: readonly Span[]): readonly Element[] {
  const elements: Element[] = values.map((value) =>
    // A symbol is a word of its sentence: «the dimension of $x_i$ is 256».
    value.expression.kind === 'name'
      ? { kind: 'word', text: '', span: value.span }
      : { kind: 'value', value, span: value.span },
  )
  const covered = new SpanSet([...taken, ...values.map(({ span }) => span)])
  for (const token of tokenize(text.slice(passage.start, passage.end), passage.start)) {
    const { span } = token
    if (covered.hold(span)) continue
    if (token.kind === 'letters') elements.push({ kind: 'word', text: token.text.toLowerCase(), span })
    else if (token.kind === 'sign' && '.,;:!?·'.includes(token.text))
      elements.push({ kind: 'end', text: token.text, span })
    else if (token.kind === 'command' && products.has(token.name)) elements.push({ kind: 'end', text: '·', span })
    else if (token.kind !== 'sign') elements.push({ kind: 'word', text: '', span })
  }
  for (const span of taken) elements.push({ kind: 'end', text: '=', span })
  return elements.sort((a, b) => a.span.start - b.span.start)
}

/** The words of a sentence that stand before a place, mathematics left out, at most the last twenty; a colon directly before it is kept. */
export function clauseBefore(text: string, { start, end }: Span): string {
  const before = text.slice(Math.max(start, end - 200), end)
  const sentence = before.split(/[.!?;·](?=\s)|\n\s*\n/u).at(-1) ?? ''
  const words = [...sentence.matchAll(/(?<![\p{L}\d_\\^])\p{L}{2,}/gu)]
    .slice(-20)
    .map(([word]) => word)
    .join(' ')
  return words !== '' && /:\s*$/.test(before) ? `${words}:` : words
}

/** The sentences of a passage that hold none of the given spans. */
export function plainSentences(text: string, passage: Span, holding: readonly Span[]): readonly Span[] {
  const sentences: Span[] = []
  const held = new SpanSet(holding)
  let { start } = passage
  for (let at = passage.start; at < passage.end; at++) {
    const last = at === passage.end - 1
    const ends = /[.!?;·]/u.test(text[at]) && (last || /\s/u.test(text[at + 1]))
    if (!ends && !last) continue
    sentences.push({ start, end: at + 1 })
    start = at + 1
  }
  return sentences.filter(
    (sentence) => /\p{L}{2}/u.test(text.slice(sentence.start, sentence.end)) && !held.touch(sentence),
  )
}
