import { type Delimiter, isSign, type Node, type Token } from './nodes.js'

/** How an opening delimiter closes, by sign or by command. */
const signOpeners: ReadonlyMap<string, Delimiter> = mapOf({ '{': '{', '(': '(', '[': '[' })
const signClosers: ReadonlyMap<string, Delimiter> = mapOf({ '}': '{', ')': '(', ']': '[' })
const commandOpeners: ReadonlyMap<string, Delimiter> = mapOf({
  '{': '\\{',
  lbrace: '\\{',
  lbrack: '[',
  lfloor: '⌊',
  lceil: '⌈',
  langle: '⟨',
  lVert: '‖',
  lvert: '|',
})
const commandClosers: ReadonlyMap<string, Delimiter> = mapOf({
  '}': '\\{',
  rbrace: '\\{',
  rbrack: '[',
  rfloor: '⌊',
  rceil: '⌈',
  rangle: '⟨',
  rVert: '‖',
  rvert: '|',
})
/** Delimiters that open and close alike. */
const bars: ReadonlyMap<string, Delimiter> = mapOf({
  '|': '|',
  'command |': '‖',
  'command Vert': '‖',
  'command vert': '|',
})

/** Commands that size the delimiter behind them; `\left` and `\right` also say which it is. */
const sizes: ReadonlySet<string> = new Set(
  'left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm'.split(' '),
)

interface Frame {
  readonly opener: Token
  /** Opened by `\left`. */
  readonly left: boolean
  readonly delimiter: Delimiter | 'environment'
  readonly name: string
  readonly nodes: Node[]
}

/**
 * Forms groups and environments out of tokens. A delimiter without a partner becomes an `unmatched` node where it stands, and
 * everything around it is still grouped.
 */
export function formGroups(tokens: readonly Token[]): readonly Node[] {
  const root: Node[] = []
  const frames: Frame[] = []
  const nodesHere = (): Node[] => frames.at(-1)?.nodes ?? root

  for (let i = 0; i < tokens.length; i++) {
    let token = tokens[i]
    let sized: string | undefined
    if (token.kind === 'command' && sizes.has(token.name) && i + 1 < tokens.length) {
      sized = token.name
      const { spaced, span } = token
      const delimiter = tokens[++i]
      token = { ...delimiter, spaced, span: { start: span.start, end: delimiter.span.end } }
      if (isSign(token, '.') && sized === 'right' && frames.at(-1)?.left && frames.at(-1)?.delimiter === '\\{') {
        closeCases(token)
        continue
      }
      if (isSign(token, '.') && (sized === 'left' || sized === 'right')) continue
    }
    if (token.kind === 'command' && (token.name === 'begin' || token.name === 'end')) {
      const { name, next } = environmentName(tokens, i + 1)
      if (name !== undefined) {
        i = next - 1
        if (token.name === 'begin')
          frames.push({ opener: token, left: false, delimiter: 'environment', name, nodes: [] })
        else close('environment', name, { ...token, span: { ...token.span, end: tokens[i].span.end } })
        continue
      }
    }
    const second = tokens[i + 1]
    if (isSign(token, '|') && sized === undefined && isSign(second, '|') && !second.spaced) {
      // `||x||` in plain text.
      token = { kind: 'command', name: '|', spaced: token.spaced, span: { ...token.span, end: second.span.end } }
      i++
    }
    const bar = barOf(token)
    const open = openerOf(token)
    const closing = closerOf(token)
    if (bar !== undefined) {
      const opens = sized === 'left' || (sized !== 'right' && frames.at(-1)?.delimiter !== bar)
      if (opens) frames.push({ opener: token, left: sized === 'left', delimiter: bar, name: '', nodes: [] })
      else close(bar, '', token)
    } else if (open !== undefined)
      frames.push({ opener: token, left: sized === 'left', delimiter: open, name: '', nodes: [] })
    else if (closing !== undefined) close(closing, '', token)
    else nodesHere().push(token)
  }
  while (frames.length > 0) abandon()
  return root

  /** `\left\{ … \right.`: cases. */
  function closeCases(closer: Token): void {
    const frame = frames.pop()
    if (frame === undefined) return
    const [only] = frame.nodes
    const isArray = only?.kind === 'environment' && only.name === 'array' && frame.nodes.length === 1
    const inside = isArray ? only.nodes.filter((node, i) => i > 0 || node.kind !== 'group') : frame.nodes
    const span = { start: frame.opener.span.start, end: closer.span.end }
    nodesHere().push({ kind: 'environment', name: 'cases', nodes: inside, spaced: frame.opener.spaced, span })
  }

  /** Closes the innermost group of this kind. Braces and environments close over all that is open in them, others over bars only. */
  function close(delimiter: Frame['delimiter'], name: string, closer: Token): void {
    let depth = frames.length - 1
    const strong = delimiter === '{' || delimiter === 'environment'
    while (depth >= 0 && (frames[depth].delimiter !== delimiter || frames[depth].name !== name)) {
      const { delimiter: other } = frames[depth]
      depth = strong || other === '|' || other === '‖' ? depth - 1 : -1
    }
    if (depth < 0 && isHalfOpen(frames.at(-1), delimiter)) {
      const interval = frames.pop()
      if (interval === undefined) return
      const span = { start: interval.opener.span.start, end: closer.span.end }
      nodesHere().push({ kind: 'group', open: '[)', nodes: interval.nodes, spaced: interval.opener.spaced, span })
      return
    }
    if (depth < 0) {
      const why =
        delimiter === 'environment' ? `\\end{${name}} has no \\begin` : `«${sourceOf(closer)}» closes nothing here`
      nodesHere().push({ kind: 'unmatched', text: sourceOf(closer), why, spaced: closer.spaced, span: closer.span })
      return
    }
    while (frames.length - 1 > depth) abandon()
    const frame = frames.pop()
    if (frame === undefined) return
    const common = { nodes: frame.nodes, spaced: frame.opener.spaced }
    const span = { start: frame.opener.span.start, end: closer.span.end }
    if (frame.delimiter === 'environment') nodesHere().push({ kind: 'environment', name, ...common, span })
    else nodesHere().push({ kind: 'group', open: frame.delimiter, ...common, span })
  }

  /** The innermost group has no end: what it opened with stands alone, and its contents beside it. */
  function abandon(): void {
    const frame = frames.pop()
    if (frame === undefined) return
    const { opener } = frame
    const parent = frames.at(-1)?.delimiter
    if ((frame.delimiter === '|' || frame.delimiter === '‖') && parent !== undefined && parent !== 'environment') {
      // A bar inside parentheses that has no partner: P(A | B).
      nodesHere().push({ kind: 'sign', text: '|', spaced: opener.spaced, span: opener.span }, ...frame.nodes)
      return
    }
    const text = frame.delimiter === 'environment' ? `\\begin{${frame.name}}` : sourceOf(opener)
    const why = `«${text}» is never closed`
    nodesHere().push({ kind: 'unmatched', text, why, spaced: opener.spaced, span: opener.span }, ...frame.nodes)
  }
}

/** Whether a bracket and a parenthesis enclose an interval that is open at one end: `[0, 1)`. */
function isHalfOpen(frame: Frame | undefined, closing: Frame['delimiter']): boolean {
  if (frame === undefined || frame.left) return false
  const mixed = (frame.delimiter === '[' && closing === '(') || (frame.delimiter === '(' && closing === '[')
  return mixed && frame.nodes.filter((node) => isSign(node, ',')).length === 1 && frame.nodes.length >= 3
}

function openerOf(token: Token): Delimiter | undefined {
  if (token.kind === 'sign') return signOpeners.get(token.text)
  return token.kind === 'command' ? commandOpeners.get(token.name) : undefined
}

function closerOf(token: Token): Delimiter | undefined {
  if (token.kind === 'sign') return signClosers.get(token.text)
  return token.kind === 'command' ? commandClosers.get(token.name) : undefined
}

function barOf(token: Token): Delimiter | undefined {
  if (token.kind === 'sign') return bars.get(token.text)
  return token.kind === 'command' ? bars.get(`command ${token.name}`) : undefined
}

function sourceOf(token: Token): string {
  if (token.kind === 'command') return `\\${token.name}`
  return token.text
}

/** The name in the braces behind `\begin` or `\end`, and the place behind them, an array's column format included. */
function environmentName(tokens: readonly Token[], start: number): { name: string | undefined; next: number } {
  if (!isSign(tokens[start], '{')) return { name: undefined, next: start }
  let name = ''
  for (let i = start + 1; i < tokens.length; i++) {
    const token = tokens[i]
    if (isSign(token, '}')) return { name: name.replace(/\*$/, ''), next: i + 1 }
    if (token.kind === 'letters' || isSign(token, '*')) name += token.text
    else break
  }
  return { name: undefined, next: start }
}

function mapOf(record: Readonly<Record<string, Delimiter>>): ReadonlyMap<string, Delimiter> {
  return new Map(Object.entries(record))
}
