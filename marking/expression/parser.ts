import type { Expression, Name, Span } from './ast.js'
import { readBars, readBracketed, readEnvironment, readInnerProduct, readParenthesized } from './brackets.js'
import { withJoinedNotation } from './codeNotation.js'
import { readComponent } from './components.js'
import { beginsOperand, isPlainFraction, multiplied, operation, operatorOf, shortened } from './factors.js'
import { readFraction, readRoot } from './fractions.js'
import { withoutLayout } from './layout.js'
import { Misunderstanding } from './misunderstanding.js'
import { isGreekLetter, isWord, keyOf, type SymbolTable } from './names.js'
import { isCommand, isGroup, isSign, type Node, spanOf } from './nodes.js'
import { type DecimalSign, joinCommas, joinTimes, type NumberContext, readNumeral } from './numerals.js'
import { isSumSign, readSum } from './sums.js'
import { isNameStart, readNames } from './symbols.js'
import { fonts, knownFunction, whyNotUnderstood } from './vocabulary.js'

/** What a parser needs to know beside the nodes. */
export interface Surroundings {
  readonly symbols: SymbolTable
  readonly decimalSign: DecimalSign | undefined
  /** The file's text between two offsets. */
  textOf(span: Span): string
}

/** How tightly operators bind: sums, then products and juxtaposition; signs and powers bind tighter than either. */
const sumPower = 1
const productPower = 2

/** Groups inside groups beyond this are nobody's formula. */
const deepest = 60

/**
 * A Pratt parser over the nodes of one side of a chain, one cell, one argument. It throws a Misunderstanding where the nodes
 * have no reading or more than one.
 */
export class Parser {
  readonly nodes: Node[]
  readonly surroundings: Surroundings
  readonly depth: number
  at = 0

  constructor(nodes: readonly Node[], surroundings: Surroundings, depth: number, context: NumberContext = 'line') {
    const joined = joinTimes(withJoinedNotation(withoutLayout(nodes)))
    this.nodes = [...joinCommas(joined, context, surroundings.decimalSign)]
    this.surroundings = surroundings
    this.depth = depth
    const [first] = this.nodes
    if (depth > deepest && first !== undefined)
      throw new Misunderstanding('more than sixty groups inside each other', first.span)
  }

  /** A parser for nodes inside these. */
  inside(nodes: readonly Node[], context: NumberContext = 'line'): Parser {
    return new Parser(nodes, this.surroundings, this.depth + 1, context)
  }

  /** Reads all nodes as one expression; `place` is where to say that there are none. */
  whole(place: Span): Expression {
    if (this.nodes.length === 0) throw new Misunderstanding('nothing stands here', place)
    const expression = this.expression(sumPower)
    this.skipUnits()
    // `1.` as a number of its own.
    if (isSign(this.peek(), '.') && this.at === this.nodes.length - 1 && this.nodes[this.at - 1].kind === 'number')
      this.at++
    const rest = this.peek()
    if (rest !== undefined) this.refuse(rest)
    return expression
  }

  peek(ahead = 0): Node | undefined {
    return this.nodes[this.at + ahead]
  }

  /** Where the node before the cursor ends. */
  endOfPrevious(): number {
    return this.nodes[this.at - 1]?.span.end ?? 0
  }

  /** A Misunderstanding about a node that fits nothing here. */
  refuse(node: Node): never {
    throw new Misunderstanding(this.whyRefused(node), node.span)
  }

  private whyRefused(node: Node): string {
    switch (node.kind) {
      case 'unmatched':
        return node.why
      case 'command':
        return whyNotUnderstood(node.name)
      case 'text':
        return `the words «${node.text}» between mathematics`
      case 'number':
        return `the number ${node.text} directly behind another factor`
      case 'group':
        if (node.open === '[)') return 'an interval'
        return node.open === '\\{' ? 'a set' : `what stands in «${node.open}»`
      case 'environment':
        return `the environment ${node.name}`
      case 'letters':
        return `the word «${node.text}» beside mathematics`
      case 'sign':
        return node.text === '|' ? 'a condition (|)' : `«${node.text}» does not belong here`
    }
  }

  /** Reads a term: all factors up to a sum or difference. */
  product(): Expression {
    return this.expression(productPower)
  }

  private expression(power: number): Expression {
    let left = this.signed()
    /** The quotient that `left` is, unless it is a plain fraction such as 1/2: a factor behind it has two readings. */
    let quotient: Expression | undefined
    let divided = false
    for (;;) {
      const node = this.peek()
      if (node === undefined) return left
      const operator = operatorOf(node)
      if (operator === '+' || operator === '-') {
        if (power > sumPower) return left
        this.at++
        left = operation(operator, left, this.expression(productPower))
        quotient = undefined
      } else if (operator !== undefined) {
        this.at++
        left = multiplied(node, operator, left, this.signed(), this.surroundings.symbols)
        quotient = operator === '/' ? left : undefined
        divided = isCommand(node, 'div')
      } else if (this.beginsFactor(node)) {
        if (quotient !== undefined && (divided || !isPlainFraction(quotient, node)))
          throw new Misunderstanding('a factor behind a quotient: a/b·c or a/(b·c)?', node.span)
        if (
          left.kind === 'name' &&
          knownFunction(left.key) !== undefined &&
          !this.surroundings.symbols.keys.has(left.key)
        )
          throw new Misunderstanding(`${left.text} apart from its argument`, left.span)
        left = operation('*', left, this.postfix())
      } else return left
    }
  }

  private signed(): Expression {
    const node = this.peek()
    if (isSign(node, '-')) {
      this.at++
      const operand = this.signed()
      return { kind: 'negation', operand, span: { start: node.span.start, end: operand.span.end } }
    }
    if (isSign(node, '+')) {
      this.at++
      return this.signed()
    }
    return this.postfix()
  }

  /** Whether a number stands for itself: the digits of `w35` are an index. */
  private isNumeral(at: number): boolean {
    const [before, node] = [this.nodes[at - 1], this.nodes[at]]
    if (node?.kind !== 'number') return false
    return node.spaced || !(before?.kind === 'letters' || (before?.kind === 'command' && isGreekLetter(before.name)))
  }

  /** Whether a node can be a factor that stands directly behind another: a number only behind parentheses, `(1 - 0.3) 0.3`. */
  beginsFactor(node: Node): boolean {
    if (node.kind === 'number') return node.spaced && isGroup(this.nodes[this.at - 1], '(')
    if (node.kind === 'letters') {
      if (!isWord(node.text) || knownFunction(node.text) !== undefined) return true
      return this.isSymbol(node) && !this.isNumeral(this.at - 1)
    }
    if (node.kind === 'group')
      return node.open !== '\\{' && (node.open !== '⟨' || node.nodes.some((inside) => isSign(inside, ',')))
    if (node.kind === 'environment') return true
    return node.kind === 'command' && beginsOperand(node.name)
  }

  private isSymbol(node: Node): boolean {
    const text = this.surroundings.textOf(node.span)
    const key = keyOf(text)
    const { keys, functions } = this.surroundings.symbols
    return isGreekLetter(text) || (key !== undefined && (keys.has(key) || functions.has(key)))
  }

  /** An operand with the powers, transpositions and percent signs behind it. */
  postfix(): Expression {
    let operand = this.operand()
    let raised = false
    for (;;) {
      const node = this.peek()
      if (isSign(node, '%') && operand.kind === 'numeral') {
        this.at++
        const numeral = readNumeral(`${operand.decimal}e-2`, { start: operand.span.start, end: node.span.end })
        if (numeral !== undefined) operand = { ...numeral, text: `${operand.text}%` }
        continue
      }
      if (isSign(node, '**')) {
        this.at++
        const right = this.signed()
        return { kind: 'operation', operator: '^', left: operand, right, span: spanOf(operand, right) }
      }
      const component = readComponent(this, operand)
      if (component !== undefined) {
        operand = component
        continue
      }
      if (isSign(node, '!') && !node.spaced) {
        this.at++
        operand = { kind: 'call', name: 'factorial', arguments: [operand], span: spanOf(operand, node) }
        continue
      }
      if (!isSign(node, '^')) return operand
      if (raised) throw new Misunderstanding('two superscripts', node.span)
      const grouped = this.nodes[this.at - 1]?.kind === 'group' && !isSign(this.nodes[this.at - 2], '_')
      this.at++
      const start = operand.span.start
      const script = this.scriptNodes(node.span)
      if (this.isTransposition(script.nodes)) {
        operand = { kind: 'transposition', operand, span: { start, end: script.end } }
      } else {
        const exponent = this.inside(script.nodes).whole(node.span)
        const indexed = grouped ? undefined : this.indexed(operand, exponent, script.end)
        if (indexed !== undefined) {
          operand = indexed
          continue
        }
        if (
          operand.kind === 'name' &&
          operand.key !== 'e' &&
          !grouped &&
          exponent.kind === 'numeral' &&
          (exponent.text === '0' || exponent.text === '1')
        )
          throw new Misunderstanding(
            `${operand.text} with ${exponent.text} above it: an index or a power?`,
            exponent.span,
          )
        raised = true
        if (operand.kind === 'matrix' && operand.list && operand.rows[0].length === 1) [[operand]] = operand.rows
        operand = { kind: 'operation', operator: '^', left: operand, right: exponent, span: { start, end: script.end } }
      }
    }
  }

  /** `h^1` as the h^(1) of an exercise that has that and no h: an index, since nothing is there to be raised. */
  private indexed(operand: Expression, exponent: Expression, end: number): Name | undefined {
    if (operand.kind !== 'name' || exponent.kind !== 'numeral') return undefined
    const { keys } = this.surroundings.symbols
    const key = `${operand.key}^(${exponent.text})`
    if (keys.has(operand.key) || !keys.has(key)) return undefined
    const span = { start: operand.span.start, end }
    return { kind: 'name', key, text: this.surroundings.textOf(span), span }
  }

  /** The nodes of a script and its end, the cursor behind it: a group's, a sign and its number, or a single node. */
  scriptNodes(place: Span): { readonly nodes: readonly Node[]; readonly end: number } {
    const node = this.peek()
    if (node === undefined) throw new Misunderstanding('an empty script', place)
    this.at++
    if (isGroup(node, '{')) {
      if (node.nodes.length === 0) throw new Misunderstanding('an empty script', node.span)
      return { nodes: node.nodes, end: node.span.end }
    }
    if (isSign(node, '-') || isSign(node, '+')) {
      const next = this.peek()
      if (next?.kind !== 'number' && next?.kind !== 'letters') this.refuse(node)
      this.at++
      return { nodes: [node, next], end: next.span.end }
    }
    if (isCommand(node, ...fonts) && isGroup(this.peek(), '{')) {
      const argument = this.nodes[this.at++]
      return { nodes: [node, argument], end: argument.span.end }
    }
    if (node.kind === 'letters' && node.text.length > 1) return this.splitScript(node)
    return { nodes: [node], end: node.span.end }
  }

  /**
   * `K^TV`: only the T is raised, as LaTeX has it. Other letters in a row without braces have two readings, unless the exercise has
   * a symbol with them, `W^new`.
   */
  private splitScript(node: Node & { kind: 'letters' }): { readonly nodes: readonly Node[]; readonly end: number } {
    if ([...this.surroundings.symbols.keys].some((key) => key.endsWith(`^${node.text}`)))
      return { nodes: [node], end: node.span.end }
    if (!node.text.startsWith('T') || this.surroundings.symbols.keys.has('T'))
      throw new Misunderstanding(`the letters «${node.text}» raised without braces`, node.span)
    const middle = node.span.start + 1
    const first: Node = { ...node, text: 'T', span: { start: node.span.start, end: middle } }
    const rest: Node = { ...node, text: node.text.slice(1), spaced: false, span: { start: middle, end: node.span.end } }
    this.nodes.splice(this.at - 1, 1, first, rest)
    return { nodes: [first], end: middle }
  }

  /** Whether a superscript transposes: `T`, `\top`, `\mathsf{T}`, unless T is a symbol of the exercise. */
  isTransposition(script: readonly Node[]): boolean {
    const [first, second] = script
    if (script.length === 2 && isCommand(first, ...fonts) && isGroup(second, '{'))
      return this.isTransposition(second.nodes)
    if (script.length !== 1) return false
    if (isCommand(first, 'top', 'intercal') || isSign(first, '⊤')) return true
    return first.kind === 'letters' && first.text === 'T' && !this.surroundings.symbols.keys.has('T')
  }

  /** A single operand, without powers behind it. */
  operand(): Expression {
    const node = this.peek()
    if (node === undefined) {
      const last = this.nodes[this.nodes.length - 1]
      throw new Misunderstanding('an operand is missing', last.span)
    }
    if (node.kind === 'number') {
      this.at++
      const numeral = readNumeral(node.text, node.span, this.surroundings.decimalSign)
      if (numeral === undefined) throw new Misunderstanding(`«${shortened(node.text)}» is no number`, node.span)
      return numeral
    }
    if (isCommand(node, 'frac', 'dfrac', 'tfrac', 'cfrac', 'nicefrac', 'sfrac')) return readFraction(this, node)
    if (isCommand(node, 'sqrt')) return readRoot(this, node)
    if (isCommand(node, 'infty')) {
      this.at++
      return { kind: 'name', key: 'infinity', text: '\\infty', span: node.span }
    }
    if (isSumSign(this, node)) return readSum(this, node)
    if (isNameStart(this)) return readNames(this)
    if (isCommand(node, ...fonts) && isGroup(this.peek(1), '{')) {
      this.at++
      return this.operand()
    }
    if (node.kind === 'group') {
      this.at++
      if (node.open === '{') return this.inside(node.nodes).whole(node.span)
      if (node.open === '(') return readParenthesized(this, node)
      if (node.open === '[') return readBracketed(this, node)
      return node.open === '⟨' ? readInnerProduct(this, node) : readBars(this, node)
    }
    if (node.kind === 'environment') {
      this.at++
      return readEnvironment(this, node)
    }
    return this.refuse(node)
  }

  /** Words that end a side: units and comments, `\text{units}`, and plain words behind a number. */
  private skipUnits(): void {
    const previous = this.nodes[this.at - 1]
    let end = this.at
    while (end < this.nodes.length) {
      const node = this.nodes[end]
      const unit = node.kind === 'letters' && previous?.kind === 'number' && isWord(node.text)
      if (node.kind !== 'text' && !unit) return
      end++
    }
    this.at = end
  }
}
