import type { Document, Item } from '../document/document.js'
import type { Expression, Span } from '../expression/ast.js'
import { walk } from '../expression/walk.js'
import type { Claim } from '../report.js'
import { regionOf, type Side, type Statement, statementOf, unmatched } from '../statements.js'
import { isRight } from '../verdict.js'
import type { TextAt } from './literals.js'

/** A side of a statement with the claims made by it, at its place in the document. */
export interface ClaimedSide {
  readonly side: Side
  /** Number of the item and of the side in it: the same in every round of repair. */
  readonly key: string
  readonly claims: readonly Claim[]
}

/** A statement with its claims and the text that it stands in. */
export interface Passage {
  readonly statement: Statement
  readonly sides: readonly ClaimedSide[]
  readonly textAt: TextAt
}

/** The statements of a document, each side with its claims. */
export function passagesOf(document: Document, claims: readonly Claim[]): readonly Passage[] {
  const byRegion = new Map<string, Claim[]>()
  for (const claim of claims) {
    if (claim.verdict === 'missing') continue
    const key = keyOf(claim)
    byRegion.set(key, [...(byRegion.get(key) ?? []), claim])
  }
  return document.items.map((item, i) => {
    const statement = statementOf(item)
    return {
      statement,
      textAt: textIn(item, statement),
      sides: statement.sides.map((side, k) => ({
        side,
        key: `${i}:${k}`,
        claims: byRegion.get(keyOf(regionOf(document, side.expression.span))) ?? [],
      })),
    }
  })
}

function keyOf({ line, column, endLine, endColumn }: Pick<Claim, 'line' | 'column' | 'endLine' | 'endColumn'>): string {
  return `${line}:${column}-${endLine}:${endColumn}`
}

/** Whether something about a side's claims is to be mended. */
export function isFaulty({ claims }: Pick<ClaimedSide, 'claims'>): boolean {
  return claims.some(({ verdict }) => !isRight(verdict))
}

/** The text of parts of an item; of a numeral at least its digits, where the item's text is not what stands in the file. */
function textIn(item: Item, { sides }: Statement): TextAt {
  const span = item.kind === 'chain' ? item.chain.span : item.span
  if (item.text.length === span.end - span.start)
    return ({ start, end }) => item.text.slice(Math.max(0, start - span.start), Math.max(0, end - span.start))
  const numerals = new Map(
    sides
      .flatMap(({ expression }) => walk(expression))
      .flatMap((node) => (node.kind === 'numeral' ? [[spanKey(node), node.text] as const] : [])),
  )
  return (part) => numerals.get(spanKey({ span: part })) ?? ''
}

function spanKey({ span }: { readonly span: Span } | Expression): string {
  return `${span.start}-${span.end}`
}

/** A part of a statement with the brackets that its span leaves out: of `0.5 · (−0.3)` the last one. */
export function bracketed({ span }: Pick<Expression, 'span'>, { statement, textAt }: Passage): Span {
  let { start, end } = span
  for (;;) {
    const text = textAt({ start, end })
    const { unopened, unclosed } = unmatched(text)
    const [after] = /^\s*(?:\\right\s*)?[)\]]/.exec(textAt({ start: end, end: statement.span.end })) ?? []
    const [before] = /(?:\\left\s*)?[([]\s*$/.exec(textAt({ start: statement.span.start, end: start })) ?? []
    if (unclosed > 0 && after !== undefined) end += after.length
    else if (unopened > 0 && before !== undefined) start -= before.length
    else return { start, end }
  }
}
