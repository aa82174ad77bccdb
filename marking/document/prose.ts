import type { Expression, Span } from '../expression/ast.js'
import { keyOf, type SymbolTable } from '../expression/names.js'
import { tokenize } from '../expression/tokenizer.js'
import { products } from '../expression/vocabulary.js'

/** A value that a sentence states, and the words that lead to it. */
export interface StatedValue {
  readonly words: string
  readonly value: Expression
  readonly span: Span
  /** From the beginning of its words to its end. */
  readonly clause: Span
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
  'επίσης περίπου με ίση ίσο ίσες ίσος τελικά άρα η το ο also therefore thus approximately about exactly equal to the then etwa ungefähr auch zu aussi égal égale à environ također oko otprilike približno también aproximadamente a class κλάση'.split(
    ' ',
  ),
)
const classNouns: ReadonlySet<string> = new Set(
  'κλάση κατηγορία class label category klasse klasa razred classe clase'.split(' '),
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
    if (isStated(elements, i, symbols)) {
      const words = text.slice(clause, start).replaceAll(/\s+/gu, ' ').trim()
      stated.push({ words, value: element.value.expression, span: element.span, clause: { start: clause, end } })
    }
    clause = end
  }
  return stated
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
  if (before?.kind === 'word' && classNouns.has(before.text)) return true
  for (let back = i - 1; back >= 0 && back >= i - 4; back--) {
    const element = elements[back]
    if (element.kind !== 'word') return false
    if (linkingVerbs.has(element.text)) return true
    if (!fillers.has(element.text)) return false
  }
  return false
}

/** Words, values and the signs that end clauses; what lies in `taken` is none of these. */
function elementsOf(text: string, passage: Span, values: readonly Value[], taken: readonly Span[]): readonly Element[] {
  const elements: Element[] = values.map((value) => ({ kind: 'value', value, span: value.span }))
  const covered = [...taken, ...values.map(({ span }) => span)]
  for (const token of tokenize(text.slice(passage.start, passage.end), passage.start)) {
    const { span } = token
    if (covered.some(({ start, end }) => span.start >= start && span.end <= end)) continue
    if (token.kind === 'letters') elements.push({ kind: 'word', text: token.text.toLowerCase(), span })
    else if (token.kind === 'sign' && '.,;:!?·'.includes(token.text))
      elements.push({ kind: 'end', text: token.text, span })
    else if (token.kind === 'command' && products.has(token.name)) elements.push({ kind: 'end', text: '·', span })
    else if (token.kind !== 'sign') elements.push({ kind: 'word', text: '', span })
  }
  for (const span of taken) elements.push({ kind: 'end', text: '=', span })
  return elements.sort((a, b) => a.span.start - b.span.start)
}

/** The sentences of a passage that hold none of the given spans. */
export function plainSentences(text: string, passage: Span, holding: readonly Span[]): readonly Span[] {
  const sentences: Span[] = []
  let { start } = passage
  for (let at = passage.start; at < passage.end; at++) {
    const last = at === passage.end - 1
    const ends = /[.!?;·]/u.test(text[at]) && (last || /\s/u.test(text[at + 1]))
    if (!ends && !last) continue
    sentences.push({ start, end: at + 1 })
    start = at + 1
  }
  return sentences.filter(
    (sentence) =>
      /\p{L}{2}/u.test(text.slice(sentence.start, sentence.end)) &&
      !holding.some(({ start: from, end }) => from < sentence.end && end > sentence.start),
  )
}
