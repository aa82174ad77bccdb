import type { Token } from './nodes.js'

/** Unicode characters that are LaTeX commands. */
const characterCommands: Readonly<Record<string, string>> = {
  '·': 'cdot',
  '⋅': 'cdot',
  '∙': 'cdot',
  '•': 'cdot',
  '×': 'times',
  '✕': 'times',
  '÷': 'div',
  '≈': 'approx',
  '≃': 'approx',
  '≅': 'approx',
  '≡': 'equiv',
  '→': 'to',
  '⟶': 'to',
  '↦': 'to',
  '⇒': 'implies',
  '⟹': 'implies',
  '⇔': 'iff',
  '≤': 'le',
  '⩽': 'le',
  '≥': 'ge',
  '⩾': 'ge',
  '≠': 'ne',
  '∈': 'in',
  '√': 'sqrt',
  '∑': 'sum',
  '∏': 'prod',
  '∫': 'int',
  '∂': 'partial',
  '∇': 'nabla',
  '∞': 'infty',
  '…': 'dots',
  '⋯': 'cdots',
  '⋮': 'vdots',
  '±': 'pm',
  '⊙': 'odot',
  '∘': 'circ',
  '⊗': 'otimes',
  '⋆': 'star',
  '⌊': 'lfloor',
  '⌋': 'rfloor',
  '⌈': 'lceil',
  '⌉': 'rceil',
  '‖': '|',
  '⟨': 'langle',
  '⟩': 'rangle',
  '¬': 'neg',
  '∀': 'forall',
  '∃': 'exists',
  '←': 'leftarrow',
  '⟵': 'leftarrow',
  '≔': 'coloneqq',
  '≜': 'triangleq',
  '≐': 'doteq',
  '∝': 'propto',
  '∼': 'sim',
  '≪': 'll',
  '≫': 'gg',
  '∉': 'notin',
  '⊂': 'subset',
  '⊆': 'subseteq',
  '∴': 'therefore',
  '⊕': 'oplus',
  '⟂': 'perp',
  '≲': 'le',
  '≳': 'ge',
}

/** Characters that look like a plain sign and mean it. */
const characterSigns: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '＋': '+',
  '＝': '=',
  '∗': '*',
  '⁄': '/',
  '∕': '/',
  '′': "'",
  '’': "'",
  '∣': '|',
  '，': ',',
}

const vulgarFractions: Readonly<Record<string, readonly [string, string]>> = {
  '½': ['1', '2'],
  '⅓': ['1', '3'],
  '⅔': ['2', '3'],
  '¼': ['1', '4'],
  '¾': ['3', '4'],
  '⅕': ['1', '5'],
  '⅛': ['1', '8'],
}

/** Characters below or above the line, and those that they stand for. */
const subscripts = characterMap('₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ', '0123456789+-=()aehijklmnoprstuvx')
const superscripts = characterMap('⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵗᵏᵐˡʰʲʷ', '0123456789+-=()niTtkmlhjw')

function characterMap(from: string, to: string): ReadonlyMap<string, string> {
  return new Map([...from].map((character, i) => [character, to[i]]))
}

/** Commands whose braced argument is words, not mathematics. */
const textCommands: ReadonlySet<string> = new Set([
  'text',
  'textrm',
  'textnormal',
  'textup',
  'textsf',
  'texttt',
  'mbox',
  'hbox',
  'tag',
  'label',
  'intertext',
])

/** Commands for white space that is no more than that; `quad` and wider stay, for they separate. */
const spaceCommands: ReadonlySet<string> = new Set(
  ',;:!> '.split('').concat('thinspace', 'medspace', 'thickspace', 'enspace'),
)

const letter = /[\p{L}\p{M}]/u

/**
 * Splits mathematics into tokens with their spans in the file: LaTeX, Unicode and plain text alike. White space is dropped;
 * each token knows whether some stood before it. Every character that is no white space lies in a token.
 */
export function tokenize(text: string, offset: number): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let spaced = false

  const push = (kind: Token['kind'], text: string, start: number, end: number): void => {
    const span = { start: offset + start, end: offset + end }
    tokens.push(kind === 'command' ? { kind, name: text, spaced, span } : { kind, text, spaced, span })
    spaced = false
  }

  while (at < text.length) {
    const character = characterAt(text, at)
    if (character === '~' && text[at + 1] === '=') {
      push('command', 'approx', at, at + 2)
      at += 2
    } else if (/\s/u.test(character) || character === '~' || character === '\u200b' || character === '\ufeff') {
      spaced = true
      at += character.length
    } else if (character === '\\') readCommand()
    else if (isAsciiDigit(character) || (character === '.' && isAsciiDigit(text[at + 1]))) readNumber()
    else if (subscripts.has(character)) readScript(subscripts, '_')
    else if (superscripts.has(character)) readScript(superscripts, '^')
    else if (character in vulgarFractions) readVulgarFraction(vulgarFractions[character])
    else if (character in characterCommands) single('command', characterCommands[character])
    else if (character in characterSigns) single('sign', characterSigns[character])
    else if (character === '.' && isProductDot(text, at)) single('command', 'cdot')
    else if (letter.test(character)) readLetters()
    else single('sign', character)
  }
  return tokens

  function single(kind: 'command' | 'sign', token: string): void {
    const { length } = characterAt(text, at)
    push(kind, token, at, at + length)
    at += length
  }

  function readCommand(): void {
    const start = at
    let end = at + 1
    while (isAsciiLetter(text[end])) end++
    if (end === start + 1) end += characterAt(text, end).length
    const name = text.slice(start + 1, end)
    at = end
    if (name === 'operatorname' && text[at] === '*') at++
    if (name === '\\') {
      skipRowDistance()
      push('command', 'newline', start, at)
    } else if (spaceCommands.has(name) || /^\s$/u.test(name)) spaced = true
    else if (name === '%') push('sign', '%', start, end)
    else if (name === '#') push('sign', '#', start, end)
    else if (name === '_' || name === '&' || name === '$') push('sign', `\\${name}`, start, end)
    else if (textCommands.has(name)) readText(start, name)
    else push('command', name, start, end)
  }

  /** `\\[4pt]` and `\\*`. */
  function skipRowDistance(): void {
    if (text[at] === '*') at++
    if (text[at] !== '[') return
    const close = text.indexOf(']', at)
    const distance = close < 0 ? '' : text.slice(at + 1, close)
    if (/^\s*-?[\d.]+\s*(pt|em|ex|mm|cm|in)\s*$/.test(distance)) at = close + 1
  }

  /** The words of `\text{…}`; `\tag` and `\label` say nothing and are white space. */
  function readText(start: number, name: string): void {
    let open = at
    while (/\s/u.test(text[open] ?? '')) open++
    const close = text[open] === '{' ? closingBrace(text, open) : -1
    if (close < 0) {
      push('command', name, start, at)
      return
    }
    at = close + 1
    if (name === 'tag' || name === 'label') spaced = true
    else push('text', plainWords(text.slice(open + 1, close)), start, at)
  }

  /** Digits, points and exponent; thin spaces and braced commas where three digits follow, or a braced comma before any. */
  function readNumber(): void {
    const start = at
    let groups = 0
    for (;;) {
      while (isAsciiDigit(text[at])) at++
      const separator = text.startsWith('{,}', at) ? '{,}' : text.startsWith('\\,', at) ? '\\,' : '.'
      const following = digitsFrom(text, at + separator.length)
      if (!text.startsWith(separator, at) || following === 0) break
      if (separator === '\\,' && (following !== 3 || (groups === 0 && at - start > 3))) break
      at += separator.length
      groups++
    }
    const rest = text.slice(at, at + 24)
    // A letter behind: of a decimal it is a factor, of a whole number `2e-3x` may be 2·e − 3x.
    const spelled = text.slice(start, at).includes('.') ? /^[eE][+\-−]?\d+(?![\d.])/u : /^[eE][+\-−]?\d+(?![\d.\p{L}])/u
    const exponent = spelled.exec(rest) ?? /^\\(?:mathrm|text|rm) *\{[eE]\} *\{[+\-−]?\d+\}/u.exec(rest)
    if (exponent !== null && !letter.test(text[at - 1])) at += exponent[0].length
    push('number', text.slice(start, at), start, at)
  }

  function readLetters(): void {
    const start = at
    while (at < text.length && letter.test(characterAt(text, at)) && !isScriptCharacter(characterAt(text, at)))
      at += characterAt(text, at).length
    push('letters', text.slice(start, at), start, at)
  }

  /** A run of Unicode scripts as `_{…}` or `^{…}`, each character at its own place. */
  function readScript(map: ReadonlyMap<string, string>, command: '_' | '^'): void {
    const start = at
    let plain = ''
    while (at < text.length && map.has(text[at])) plain += map.get(text[at++]) ?? ''
    push('sign', command, start, start)
    push('sign', '{', start, start)
    for (const token of tokenize(plain, offset + start)) tokens.push(token)
    push('sign', '}', at, at)
  }

  function readVulgarFraction([numerator, denominator]: readonly [string, string]): void {
    const start = at++
    push('command', 'frac', start, start)
    push('number', numerator, start, at)
    push('number', denominator, start, at)
  }
}

/** Whether a point stands between two letters as a product, one of them with its number: `q.x1`, `q2.k1`; not that of «i.e.». */
function isProductDot(text: string, at: number): boolean {
  const before = /(?:^|[^\p{L}\d.])\p{L}(\d*)$/u.exec(text.slice(Math.max(0, at - 5), at))
  const after = /^\p{L}(\d*)(?![\p{L}\d.(])/u.exec(text.slice(at + 1, at + 6))
  return before !== null && after !== null && `${before[1]}${after[1]}` !== ''
}

function isScriptCharacter(character: string): boolean {
  return subscripts.has(character) || superscripts.has(character)
}

/** The character at a place, both halves of a surrogate pair. */
function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function isAsciiDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function isAsciiLetter(character: string | undefined): boolean {
  return character !== undefined && /^[A-Za-z]$/.test(character)
}

function digitsFrom(text: string, start: number): number {
  let end = start
  while (isAsciiDigit(text[end])) end++
  return end - start
}

/** The place of the brace that closes the one at `open`, or −1. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}

/** The words of a text argument without the commands and braces in it. */
function plainWords(content: string): string {
  return content
    .replaceAll(/\\([#%&_$])/g, '$1')
    .replaceAll(/\\[A-Za-z]+\s*|[{}$~]/g, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
}
