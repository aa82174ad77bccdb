import type { Span } from './ast.js'

/** A number as the tokenizer finds it: digits with points, an exponent, thin spaces or braced commas, but no bare comma. */
export interface NumberNode {
  readonly kind: 'number'
  readonly text: string
  readonly spaced: boolean
  readonly span: Span
}

/** Letters in a row: one symbol, several, or a word. */
export interface LettersNode {
  readonly kind: 'letters'
  readonly text: string
  readonly spaced: boolean
  readonly span: Span
}

/** A command without its backslash, or the command that a Unicode character stands for (`·` is `cdot`). */
export interface CommandNode {
  readonly kind: 'command'
  readonly name: string
  readonly spaced: boolean
  readonly span: Span
}

/** Any other character. */
export interface SignNode {
  readonly kind: 'sign'
  readonly text: string
  readonly spaced: boolean
  readonly span: Span
}

/** `\text{…}`: its words. */
export interface TextNode {
  readonly kind: 'text'
  readonly text: string
  readonly spaced: boolean
  readonly span: Span
}

/** What stands between two delimiters. */
export interface GroupNode {
  readonly kind: 'group'
  readonly open: Delimiter
  readonly nodes: readonly Node[]
  readonly spaced: boolean
  readonly span: Span
}

/** `\begin{name} … \end{name}`; rows end at `\\`, cells at `&`, both of which stand among the nodes. */
export interface EnvironmentNode {
  readonly kind: 'environment'
  readonly name: string
  readonly nodes: readonly Node[]
  readonly spaced: boolean
  readonly span: Span
}

/** A delimiter that has no partner. */
export interface UnmatchedNode {
  readonly kind: 'unmatched'
  readonly text: string
  readonly why: string
  readonly spaced: boolean
  readonly span: Span
}

/** What the tokenizer yields: no groups yet. `spaced`: white space stands before it. */
export type Token = NumberNode | LettersNode | CommandNode | SignNode | TextNode

/** Tokens with their groups formed. */
export type Node = Token | GroupNode | EnvironmentNode | UnmatchedNode

/** The opening delimiter by which a group is known: braces, parentheses, brackets, `\{`, pairs of bars, half-open intervals. */
export type Delimiter = '{' | '(' | '[' | '\\{' | '|' | '‖' | '⌊' | '⌈' | '⟨' | '[)'

export function isSign<Text extends string>(
  node: Node | undefined,
  text: Text,
): node is SignNode & { readonly text: Text } {
  return node?.kind === 'sign' && node.text === text
}

export function isCommand<Name extends string>(
  node: Node | undefined,
  ...names: readonly Name[]
): node is CommandNode & { readonly name: Name } {
  return node?.kind === 'command' && names.some((name) => name === node.name)
}

export function isGroup<Open extends Delimiter>(
  node: Node | undefined,
  open: Open,
): node is GroupNode & { readonly open: Open } {
  return node?.kind === 'group' && node.open === open
}

/** The span from the start of one node to the end of another. */
export function spanOf(first: { readonly span: Span }, last: { readonly span: Span } = first): Span {
  return { start: first.span.start, end: last.span.end }
}
