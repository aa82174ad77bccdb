/** Letters by their commands. */
const letterSigns: Readonly<Record<string, string>> = {
  delta: 'δ',
  Delta: 'Δ',
  eta: 'η',
  varepsilon: 'ε',
  epsilon: 'ε',
  sigma: 'σ',
  lambda: 'λ',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  theta: 'θ',
  kappa: 'κ',
  mu: 'μ',
  nu: 'ν',
  pi: 'π',
  rho: 'ρ',
  tau: 'τ',
  phi: 'φ',
  varphi: 'φ',
  psi: 'ψ',
  omega: 'ω',
  Omega: 'Ω',
  Phi: 'Φ',
  Sigma: 'Σ',
}

const commands: Readonly<Record<string, string>> = {
  ...letterSigns,
  ell: 'ℓ',
  cdot: '·',
  times: '×',
  tanh: 'tanh',
  quad: ' ',
  left: '',
  right: '',
  leq: '≤',
  lfloor: '⌊',
  rfloor: '⌋',
  lceil: '⌈',
  rceil: '⌉',
  odot: '⊙',
  star: '⋆',
  partial: '∂',
  nabla: '∇',
  infty: '∞',
  sum: 'Σ',
  prod: 'Π',
  geq: '≥',
  approx: '≈',
  ln: 'ln',
  log: 'log',
  exp: 'exp',
  max: 'max',
  min: 'min',
}

const subscriptDigits = '₀₁₂₃₄₅₆₇₈₉'
const superscriptDigits = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/**
 * A formula of an exercise in plain Unicode: `\frac{1}{1 + e^{-a_5}}` as `1/(1 + e^(−a₅))`. It reads what the formulas of
 * this folder are written with; an unknown command stands as its name.
 */
export function plainFormula(latex: string): string {
  return new Converter(latex).upTo(undefined).replaceAll(/ +/g, ' ').trim()
}

/** A symbol's key in plain Unicode: `Delta w_35` as `Δw₃₅`, `y_target` as `y_target`. */
export function plainSymbol(key: string): string {
  const derivative = derivativeParts(key)
  if (derivative !== undefined) return derivative.map((part) => `∂${plainSymbol(part)}`).join('/')
  const value = valueParts(key)
  if (value !== undefined) return `${plainSymbol(value.model)}(${plainSymbol(value.input)})`
  const [last, ...decorations] = key.split(' ').reverse()
  if (decorations.some((word) => !(word in marks))) return key
  // An accent goes on one letter.
  const isWord = /^\p{L}{2,}/u.test(last) && letterSigns[last.split('_')[0]] === undefined
  if (isWord && decorations.some((word) => word !== 'Delta')) return key
  const base = last.replace(/^(\p{L}+)/u, (letters) => letterSigns[letters] ?? letters)
  const scripted = base.replaceAll(/_(\d+)(?![\p{L}\d])/gu, (_, digits: string) => digitsAs(digits, subscriptDigits))
  return decorations.reduce((text, word) => marks[word](text), scripted)
}

/** How a decorated symbol is written: a sign before it, a combining accent, a calligraphic letter. */
const marks: Readonly<Record<string, (text: string) => string>> = {
  Delta: (text) => `Δ${text}`,
  hat: (text) => `${text[0]}\u0302${text.slice(1)}`,
  bar: (text) => `${text[0]}\u0304${text.slice(1)}`,
  cal: (text) => `${calligraphic(text[0])}${text.slice(1)}`,
}

function calligraphic(letter: string): string {
  const odd = 'BEFHILMR'.indexOf(letter)
  return odd >= 0 ? 'ℬℰℱℋℐℒℳℛ'[odd] : String.fromCodePoint(0x1d49c + letter.charCodeAt(0) - 'A'.charCodeAt(0))
}

/** The symbols of a model and its input, where a key is the value of one at the other: `f(x_p1)`; `x^(1)` is none. */
export function valueParts(key: string): { readonly model: string; readonly input: string } | undefined {
  const [, model, input] = /^(\p{L}(?:[^()^]*[^()^_])?)\(([^()]+)\)$/u.exec(key) ?? []
  return model === undefined ? undefined : { model, input }
}

/** A symbol's key in LaTeX: `Delta w_35` as `\Delta w_{35}`. */
export function latexSymbol(key: string): string {
  const derivative = derivativeParts(key)
  if (derivative !== undefined) {
    const [above, below] = derivative.map(latexSymbol)
    return `\\frac{\\partial ${above}}{\\partial ${below}}`
  }
  const value = valueParts(key)
  if (value !== undefined) return `${latexSymbol(value.model)}(${latexSymbol(value.input)})`
  if (
    /^[\p{L}]{3,}/u.test(key) &&
    !/^(Delta|nabla|hat|bar|cal) /.test(key) &&
    letterSigns[key.split('_')[0]] === undefined
  ) {
    const [, words, below, above, primes] = /^([^_^']+)(?:_([^^']+))?(?:\^([^']+))?('*)$/u.exec(key) ?? ['', key]
    const scripts = [below && `_{${scriptLatex(below)}}`, above && `^{${scriptLatex(above)}}`, primes]
    return `\\text{${words}}${scripts.join('')}`
  }
  const [last, ...decorations] = key.split(' ').reverse()
  const base = last
    .replace(/^(\p{L}+)/u, (letters) => (letters in letterSigns ? `\\${letters}` : letters))
    .replace(/_([^^']+)/u, (_, script: string) => `_{${scriptLatex(script)}}`)
    .replace(/\^([^']+)/u, (_, script: string) => `^{${script}}`)
  const wrappers: Readonly<Record<string, (text: string) => string>> = {
    Delta: (text) => `\\Delta ${text}`,
    nabla: (text) => `\\nabla ${text}`,
    hat: (text) => `\\hat{${text}}`,
    bar: (text) => `\\bar{${text}}`,
    cal: (text) => `\\mathcal{${text}}`,
  }
  return decorations.reduce((text, word) => wrappers[word]?.(text) ?? text, base)
}

/** What is derived, and by what: `∂L/∂W`. */
function derivativeParts(key: string): readonly [string, string] | undefined {
  const [, above, below] = /^∂([^/]+)\/∂([^/]+)$/.exec(key) ?? []
  return above === undefined ? undefined : [above, below]
}

/** Words of an index upright, Greek letters as such. */
function scriptLatex(script: string): string {
  if (script in letterSigns) return `\\${script}`
  return /^\p{L}{2,}$/u.test(script) ? `\\text{${script}}` : script
}

function digitsAs(digits: string, shapes: string): string {
  return [...digits].map((digit) => shapes[Number(digit)]).join('')
}

class Converter {
  private at = 0
  private readonly latex: string

  constructor(latex: string) {
    this.latex = latex
  }

  /** The text up to a closing brace, or to the end. */
  upTo(close: string | undefined): string {
    let text = ''
    while (this.at < this.latex.length) {
      const sign = this.latex[this.at++]
      if (sign === close) return text
      if (sign === '\\') text += this.command()
      else if (sign === '_') text += script(this.argument(), subscriptDigits, '_')
      else if (sign === '^') text += script(this.argument(), superscriptDigits, '^')
      else if (sign === '{') text += this.upTo('}')
      else text += sign === '-' ? '−' : sign
    }
    return text
  }

  private argument(): string {
    if (this.latex[this.at] === '{') {
      this.at++
      return this.upTo('}')
    }
    const sign = this.latex[this.at++]
    return sign === '\\' ? this.command() : sign
  }

  private command(): string {
    const [, name] = /^([A-Za-z]+|.)\s*/.exec(this.latex.slice(this.at)) ?? ['', '']
    this.at += name.length
    if (name === 'frac') {
      const [numerator, denominator] = [this.argument(), this.argument()]
      return `${grouped(numerator)}/${grouped(denominator)}`
    }
    if (name === 'sqrt') return `√${grouped(this.argument())}`
    if (name === 'hat' || name === 'bar') return `${this.argument()}${name === 'hat' ? '\u0302' : '\u0304'}`
    if (name === 'begin') return this.matrix(this.argument())
    if (name === 'mathcal') return calligraphic(this.argument())
    if (name === 'text') return this.argument()
    if (name === 'Delta') while (this.latex[this.at] === ' ') this.at++
    return commands[name] ?? name
  }

  /** The rows of a matrix up to its end, in brackets: [[1, 2], [3, 4]]; of one row alone [1, 2]. */
  private matrix(environment: string): string {
    const close = `\\end{${environment}}`
    const end = this.latex.indexOf(close, this.at)
    const inside = this.latex.slice(this.at, end)
    this.at = end + close.length
    const rows = inside.split('\\\\').map((row) => {
      const cells = row.split('&').map((cell) => new Converter(cell.trim()).upTo(undefined))
      return `[${cells.join(', ')}]`
    })
    return rows.length === 1 ? rows[0] : `[${rows.join(', ')}]`
  }
}

/** Parentheses where a quotient would otherwise take only part of the text. */
function grouped(text: string): string {
  return /^[\p{L}\p{N}₀-₉_]+$/u.test(text) ? text : `(${text})`
}

/** Digits as Unicode scripts; anything else after the mark, in parentheses where it is more than a word. */
function script(text: string, shapes: string, mark: string): string {
  if (/^\d+$/.test(text)) return digitsAs(text, shapes)
  return /^\p{L}[\p{L}\d]*$|^\([^()]*\)$/u.test(text) ? `${mark}${text}` : `${mark}(${text})`
}
