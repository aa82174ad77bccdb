import type { Span } from '../expression/ast.js'

/** A command and where it ends: `section` with its star apart, or a single sign. */
export interface Command {
  readonly name: string
  readonly end: number
}

/** The command whose backslash stands at an offset. */
export function commandAt(text: string, at: number): Command {
  let end = at + 1
  while (end < text.length && isLetter(text.charCodeAt(end))) end++
  if (end === at + 1) end = Math.min(text.length, at + 2)
  return { name: text.slice(at + 1, end), end }
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** The offset behind white space, of which a blank line is none. */
export function skipSpaces(text: string, at: number): number {
  let lines = 0
  let end = at
  while (end < text.length) {
    const character = text[end]
    if (character === '\n') lines++
    else if (character !== ' ' && character !== '\t' && character !== '\r') break
    end++
  }
  return lines > 1 ? at : end
}

/** The longest optional argument that is looked for. */
const longestOptional = 500

/** The inside of an optional argument `[…]` that begins behind white space at an offset. */
export function optionalAt(text: string, at: number): Span | undefined {
  const open = skipSpaces(text, at)
  if (text[open] !== '[') return undefined
  let depth = 0
  for (let end = open + 1; end < Math.min(text.length, open + longestOptional); end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '{') depth++
    else if (text[end] === '}') depth--
    else if (text[end] === ']' && depth <= 0) return { start: open + 1, end }
  }
  return undefined
}

/** Where every brace and every environment of a text ends, found once. */
export class Nesting {
  private readonly closing = new Map<number, number>()
  private readonly environmentEnds = new Map<number, Span>()

  constructor(text: string) {
    const braces: number[] = []
    const environments: { readonly name: string; readonly at: number }[] = []
    const sign = /\\(begin|end)\s{0,5}\{([^{}\\]{1,40})\}|\\[\s\S]|[{}]/g
    for (const match of text.matchAll(sign)) {
      const [written, kind, name] = match
      const at = match.index
      if (name !== undefined) this.closing.set(at + written.length - name.length - 2, at + written.length - 1)
      if (kind === 'begin') environments.push({ name, at })
      else if (kind === 'end') {
        // An environment that is closed here closes those that were opened in it and never closed.
        let depth = environments.length - 1
        while (depth >= 0 && depth > environments.length - 20 && environments[depth].name !== name) depth--
        if (depth < 0 || environments[depth].name !== name) continue
        this.environmentEnds.set(environments[depth].at, { start: at, end: at + written.length })
        environments.length = depth
      } else if (written === '{') braces.push(at)
      else if (written === '}') {
        const open = braces.pop()
        if (open !== undefined) this.closing.set(open, at)
      }
    }
  }

  /** The inside of a braced argument that begins behind white space at an offset. */
  argumentAt(text: string, at: number): Span | undefined {
    const open = skipSpaces(text, at)
    const close = this.closing.get(open)
    return close === undefined ? undefined : { start: open + 1, end: close }
  }

  /** The `\end{…}` of the environment whose `\begin` stands at an offset. */
  endOf(begin: number): Span | undefined {
    return this.environmentEnds.get(begin)
  }
}

/** Environments that hold no text of the solution: code, pictures, references. */
export const literalEnvironments: ReadonlySet<string> = new Set(
  'verbatim Verbatim lstlisting minted comment tikzpicture pgfpicture picture filecontents thebibliography'.split(' '),
)

const literal = new RegExp(
  `\\\\begin\\{((?:${[...literalEnvironments].join('|')})\\*?)\\}|\\\\verb\\*?([^a-zA-Z\\s*])|\\\\[\\s\\S]|%`,
  'g',
)

/** What TeX does not take for commands: comments, and code as in `verbatim` and `\verb|…|`. */
export function literalSpans(text: string): { readonly comments: readonly Span[]; readonly code: readonly Span[] } {
  const comments: Span[] = []
  const code: Span[] = []
  let at = 0
  for (;;) {
    literal.lastIndex = at
    const match = literal.exec(text)
    if (match === null) return { comments, code }
    const [written, environment, delimiter] = match
    const start = match.index
    at = start + written.length
    if (written === '%') {
      const line = text.indexOf('\n', at)
      at = line < 0 ? text.length : line
      comments.push({ start, end: at })
    } else if (environment !== undefined) {
      const close = text.indexOf(`\\end{${environment}}`, at)
      if (close < 0) continue
      at = close
      code.push({ start, end: at })
    } else if (delimiter !== undefined) {
      const close = text.indexOf(delimiter, at)
      const line = text.indexOf('\n', at)
      if (close < 0 || (line >= 0 && close > line)) continue
      at = close + 1
      code.push({ start, end: at })
    }
  }
}
