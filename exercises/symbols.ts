import {
  combiningDecorations,
  decorations,
  fonts,
  greekLetters,
  greekNames,
  prefixLetters,
  type Token,
  tokenize,
  variants,
} from './symbolTokens.js'

/**
 * One key for all usual spellings of a symbol.
 *
 * A key is `[decoration ]base[_subscript][^superscript][']`: Greek letters by their LaTeX names, scripts without braces,
 * typographic fonts dropped, words (three letters and more) in lower case with single spaces between them.
 *
 * | key | spellings |
 * |---|---|
 * | `delta_5` | `\delta_5`, `\delta_{5}`, `δ₅`, `δ5`, `delta_5` |
 * | `Delta w_35` | `\Delta w_{35}`, `Δw₃₅`, `Δw_35`, `\Delta_{w_{35}}`, `Delta w35` |
 * | `hat y` | `\hat{y}`, `ŷ`, `y_hat`, `\widehat y` |
 * | `cal V` | `\mathcal{V}` |
 * | `W_wh` | `W_{wh}`, `\mathbf{W}_{wh}`, `W_{w h}` |
 * | `x^(1)` | `x^{(1)}`, `x⁽¹⁾` |
 * | `w_35^new` | `w_{35}^{new}`, `w_{35}^{(\text{new})}`, `w_{35,new}` |
 * | `input units` | `Input Units`, `input_units`, `inputUnits`, `\text{Input units}` |
 *
 * Upper and lower case stay apart (`W_35` and `w_35` are two keys): an exercise lists both where it means both.
 * Powers, inverses and transpositions (`x^2`, `W^{-1}`, `W^T`) are operations on a symbol and no symbols.
 */

/** Words that mark the value after, or before, an update, whether they stand above or below the symbol. */
const updateWords: ReadonlySet<string> = new Set(['new', 'old'])

/** What is written above a symbol when it is transposed; a plain number there is a power. */
const transpositions: ReadonlySet<string> = new Set(['T', 'top', 'intercal', '⊤'])

interface Symbol {
  readonly decorations: readonly string[]
  readonly base: string
  readonly subscript: string
  readonly superscript: string
  readonly primes: number
}

/**
 * The key of a symbol in any usual spelling, LaTeX, Unicode or plain text: `\delta_{5}`, `δ₅` and `delta_5` have the key
 * `delta_5`; see the table at the head of this file. `undefined` where the text is not a single symbol: a number, a
 * product (`ηδ`), a power (`x^2`), a transposition (`W^T`), an unfinished script.
 */
export function symbolKey(text: string): string | undefined {
  const known = keys.get(text)
  if (known !== undefined || keys.has(text)) return known
  const reader = new SymbolReader(tokenize(text))
  const symbol = reader.symbol()
  const key = symbol === undefined || !reader.atEnd() ? undefined : keyOf(symbol)
  if (keys.size >= mostKeys) keys.clear()
  if (text.length <= longestKept) keys.set(text, key)
  return key
}

/** Keys by the text that they were read from: the same spellings are read again and again. */
const keys = new Map<string, string | undefined>()
const mostKeys = 20_000
const longestKept = 64

function keyOf({ decorations, base, subscript, superscript, primes }: Symbol): string {
  const scripts = `${subscript === '' ? '' : `_${subscript}`}${superscript === '' ? '' : `^${superscript}`}`
  return [...decorations, `${base}${scripts}${"'".repeat(primes)}`].join(' ')
}

/** Reads one symbol from tokens; every method answers `undefined` where what stands there is not what it reads. */
class SymbolReader {
  private next = 0
  private readonly tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  atEnd(): boolean {
    this.skipSpace()
    return this.next === this.tokens.length
  }

  symbol(): Symbol | undefined {
    const start = this.nucleus()
    return start === undefined ? undefined : this.scripts(start)
  }

  /** A symbol up to its scripts: a letter, a word, a decorated or braced symbol. */
  private nucleus(): Symbol | undefined {
    this.skipSpace()
    const token = this.take()
    if (token === undefined || token.kind === 'space') return undefined
    if (token.kind === 'letters') return this.letters(token.text)
    if (token.kind === 'command') return this.command(token.text)
    if (token.text === '∇') return this.prefixed('nabla')
    return token.text === '{' ? this.closing(this.symbol()) : undefined
  }

  private command(name: string): Symbol | undefined {
    if (fonts.has(name)) return this.nucleus()
    const decoration = decorations[name]
    if (decoration !== undefined) return decorated(decoration, this.nucleus())
    const letter = variants[name] ?? name
    if (prefixLetters.has(letter)) return this.prefixed(letter)
    return greekNames.has(letter) || letter === 'ell' ? plainSymbol(letter) : undefined
  }

  /** Δ or ∇ and the symbol it stands before, on the line (`Δw₃₅`) or as its subscript (`Δ_{w_{35}}`); or Δ alone. */
  private prefixed(letter: string): Symbol | undefined {
    this.skipSpace()
    const token = this.peek()
    if (isSign(token, '_')) {
      this.take()
      const script = this.script()
      return script === undefined ? undefined : prefixedScript(letter, script)
    }
    if (token === undefined || token.kind === 'digits' || isSign(token, '^') || isSign(token, '}'))
      return plainSymbol(letter)
    return decorated(letter, this.symbol())
  }

  private letters(run: string): Symbol | undefined {
    const accent = combiningDecorations[run.slice(1)]
    if (accent !== undefined) return decorated(accent, plainSymbol(letterName(run[0])))
    const word = run.replaceAll(/\p{M}/gu, '')
    const prefix = /^(Δ|Delta(?![a-z]{2}))(.+)$/u.exec(word)
    if (prefix !== null) {
      const inner = this.letters(prefix[2])
      return inner === undefined ? undefined : decorated('Delta', this.scripts(inner))
    }
    if (prefixLetters.has(letterName(word))) return this.prefixed(letterName(word))
    if (Object.hasOwn(decorations, word) && this.peek()?.kind === 'space')
      return decorated(decorations[word], this.symbol())
    if (word.length === 1 || greekNames.has(word)) return plainSymbol(letterName(word))
    const greek = /\p{Script=Greek}/u.test(word)
    if (greek && (word.length < 3 || /\P{Script=Greek}/u.test(word))) return undefined
    return word.length < 3 ? plainSymbol(word) : this.words(wordsOf(word))
  }

  /** Further words of a name of several: `Input units`. */
  private words(first: string): Symbol {
    let name = first
    for (;;) {
      const [space, word] = [this.tokens[this.next], this.tokens[this.next + 1]]
      if (space?.kind !== 'space' || word?.kind !== 'letters' || word.text.length < 2) return plainSymbol(name)
      name = `${name} ${wordsOf(word.text.replaceAll(/\p{M}/gu, ''))}`
      this.next += 2
    }
  }

  /** Subscripts, superscripts and primes in any order, and digits written right behind a letter. */
  private scripts(start: Symbol): Symbol | undefined {
    let symbol = start
    for (;;) {
      const token = this.peek(true)
      const adjacent = this.peek()
      if (adjacent?.kind === 'digits' && symbol.subscript === '' && symbol.superscript === '') {
        this.take()
        symbol = { ...symbol, subscript: adjacent.text }
      } else if (isSign(adjacent, "'")) {
        this.take()
        symbol = { ...symbol, primes: symbol.primes + 1 }
      } else if (isSign(token, '_') || isSign(token, '^')) {
        this.skipSpace()
        this.take()
        const script = this.script()
        const changed = script === undefined ? undefined : withScript(symbol, isSign(token, '_'), script)
        if (changed === undefined) return undefined
        symbol = changed
      } else return symbol
    }
  }

  /** A script's contents as text: a braced group, or one token, `target` and `h1` counting as one. */
  private script(): string | undefined {
    this.skipSpace()
    const token = this.take()
    if (token === undefined || token.kind === 'space') return undefined
    if (token.kind === 'command') return fonts.has(token.text) ? this.script() : commandText(token.text)
    if (isSign(token, '{')) return this.group('}')
    if (isSign(token, '(') || isSign(token, '[')) {
      const close = token.text === '(' ? ')' : ']'
      const inside = this.group(close)
      return inside === undefined ? undefined : `${token.text}${inside}${close}`
    }
    if (token.kind === 'digits') return token.text
    if (token.kind === 'letters') {
      const following = this.peek()
      if (following?.kind !== 'digits') return lettersText(token.text)
      this.take()
      return `${lettersText(token.text)}${following.text}`
    }
    return "*+⊤'".includes(token.text) ? token.text : undefined
  }

  /** Everything up to the closing sign, braces inside dropped. */
  private group(close: string): string | undefined {
    const parts: string[] = []
    for (;;) {
      const token = this.take()
      if (token === undefined) return undefined
      if (token.kind === 'space' || isSign(token, '_')) continue
      if (isSign(token, close)) return foldCommas(parts.join(''))
      if (token.kind === 'letters') parts.push(lettersText(token.text))
      else if (token.kind === 'digits') parts.push(token.text)
      else if (token.kind === 'command') {
        if (fonts.has(token.text)) continue
        const name = commandText(token.text)
        if (name === undefined) return undefined
        parts.push(name)
      } else if (token.text === '{') {
        const inside = this.group('}')
        if (inside === undefined) return undefined
        parts.push(inside)
      } else if ("()[]<>,+-*'⊤→".includes(token.text)) parts.push(token.text)
      else return undefined
    }
  }

  private closing(symbol: Symbol | undefined): Symbol | undefined {
    this.skipSpace()
    return isSign(this.take(), '}') ? symbol : undefined
  }

  /** The next token, or the next that is no space. */
  private peek(pastSpaces = false): Token | undefined {
    let at = this.next
    while (pastSpaces && this.tokens[at]?.kind === 'space') at++
    return this.tokens[at]
  }

  private take(): Token | undefined {
    return this.tokens[this.next++]
  }

  private skipSpace(): void {
    while (this.tokens[this.next]?.kind === 'space') this.next++
  }
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}

function plainSymbol(base: string): Symbol {
  return { decorations: [], base, subscript: '', superscript: '', primes: 0 }
}

function decorated(decoration: string, symbol: Symbol | undefined): Symbol | undefined {
  return symbol === undefined ? undefined : { ...symbol, decorations: [decoration, ...symbol.decorations] }
}

function letterName(letter: string): string {
  return greekLetters[letter] ?? letter
}

/** `Δ_{w35}` is Δw₃₅; `Δ_5` and `Δ_k` are Δ with a subscript. */
function prefixedScript(letter: string, script: string): Symbol {
  const [, base, subscript] = /^(\p{L})([^\p{L}].*|\p{L}{2})$/u.exec(script) ?? []
  if (base === undefined) return { ...plainSymbol(letter), subscript: script }
  return { ...plainSymbol(base), decorations: [letter], subscript }
}

/** The symbol with one more script; `undefined` where the script makes an operation of it, or it has such a script. */
function withScript(symbol: Symbol, below: boolean, script: string): Symbol | undefined {
  if (script === '') return undefined
  if (below) {
    if (symbol.subscript !== '') return undefined
    if (Object.hasOwn(decorations, script)) return decorated(decorations[script], symbol)
    const [head, word] = splitUpdateWord(script)
    if (word !== '') return { ...symbol, subscript: head, superscript: word }
    if (symbol.base.length > 2 && !greekNames.has(symbol.base) && /^\p{L}{3,}$/u.test(script))
      return { ...symbol, base: `${symbol.base} ${script}` }
    return { ...symbol, subscript: script }
  }
  if (/^('|prime)+$/.test(script)) return { ...symbol, primes: symbol.primes + script.replaceAll('prime', "'").length }
  if (transpositions.has(script) || /^[+-]?\d/.test(script) || script.startsWith('-')) return undefined
  if (symbol.superscript !== '') return undefined
  const [, inside] = /^\((\p{L}{3,})\)$/u.exec(script) ?? []
  return { ...symbol, superscript: inside ?? script }
}

/** `35,new` as `35` and `new`. */
function splitUpdateWord(script: string): readonly [string, string] {
  const [, head, word] = /^(.*?),?(\p{Ll}{3})$/u.exec(script) ?? []
  return word !== undefined && updateWords.has(word) ? [head, word] : [script, '']
}

/** `3,5` is `35`; the comma stays where one of the parts is longer, so that `1,11` and `11,1` differ. */
function foldCommas(script: string): string {
  const parts = script.split(',')
  return parts.every((part) => part.length === 1) ? parts.join('') : script
}

function commandText(name: string): string | undefined {
  const letter = variants[name] ?? name
  if (greekNames.has(letter) || transpositions.has(letter) || letter === 'ell' || letter === 'prime') return letter
  if (letter === 'ast' || letter === 'star') return '*'
  return letter === 'to' || letter === 'rightarrow' ? '→' : undefined
}

/** Letters inside a script: words in lower case, Greek letters by name. */
function lettersText(run: string): string {
  const word = run.replaceAll(/\p{M}/gu, '')
  if (greekNames.has(word)) return word
  if (word.length > 2) return word.toLowerCase().replaceAll('ς', 'σ')
  return [...word].map(letterName).join('')
}

/** `inputUnits` and `Input` as words in lower case; capitals in a row (`ReLU`) do not begin new words. */
function wordsOf(word: string): string {
  return word
    .replaceAll(/(?<=\p{Ll})(?=\p{Lu}\p{Ll})/gu, ' ')
    .toLowerCase()
    .replaceAll('ς', 'σ')
}
