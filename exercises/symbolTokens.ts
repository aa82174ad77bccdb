/** What the spellings of symbols are made of: letters, accents, fonts and scripts, in LaTeX and Unicode. */

export const greekLetters: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  ε: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  ν: 'nu',
  ξ: 'xi',
  ο: 'omicron',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  ς: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  ω: 'omega',
  Γ: 'Gamma',
  Δ: 'Delta',
  Θ: 'Theta',
  Λ: 'Lambda',
  Ξ: 'Xi',
  Π: 'Pi',
  Σ: 'Sigma',
  Φ: 'Phi',
  Ψ: 'Psi',
  Ω: 'Omega',
}
export const greekNames: ReadonlySet<string> = new Set(Object.values(greekLetters))

/** Other shapes of a Greek letter, by LaTeX command. */
export const variants: Readonly<Record<string, string>> = {
  varepsilon: 'epsilon',
  vartheta: 'theta',
  varphi: 'phi',
  varrho: 'rho',
  varsigma: 'sigma',
  varpi: 'pi',
  varkappa: 'kappa',
}

/** Letters that stand in front of another symbol and make one symbol with it. */
export const prefixLetters: ReadonlySet<string> = new Set(['Delta', 'nabla'])

/** Accents and letter shapes that change what a symbol means, by LaTeX command and by combining character. */
export const decorations: Readonly<Record<string, string>> = {
  hat: 'hat',
  widehat: 'hat',
  bar: 'bar',
  overline: 'bar',
  tilde: 'tilde',
  widetilde: 'tilde',
  cal: 'cal',
  mathcal: 'cal',
  mathscr: 'cal',
}
export const combiningDecorations: Readonly<Record<string, string>> = {
  '\u0302': 'hat',
  '\u0304': 'bar',
  '\u0305': 'bar',
  '\u0303': 'tilde',
}

/** Commands that only change how their argument looks. */
export const fonts: ReadonlySet<string> = new Set(
  'mathbf mathrm mathit mathsf mathtt mathbb mathfrak boldsymbol bm pmb text textbf textit textrm textsf operatorname vec underline overrightarrow'.split(
    ' ',
  ),
)

/** Calligraphic letters, which Unicode would fold into plain ones. */
const calligraphic = /[\u{1D49C}-\u{1D4CF}ℬℰℱℋℐℒℳℛ]/gu

const subscripts = '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ'
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵗᵏᵐˡʰʲʷ'
const subscriptRun = new RegExp(`[${subscripts}]+`, 'gu')
const superscriptRun = new RegExp(`[${superscripts}]+`, 'gu')

/** A piece of a symbol's spelling. */
export interface Token {
  readonly kind: 'command' | 'letters' | 'digits' | 'sign' | 'space'
  readonly text: string
}

/** Unicode scripts as LaTeX scripts, compatibility characters (𝐮, ϵ, ŷ) as letter and accent, then tokens. */
export function tokenize(text: string): readonly Token[] {
  const plain = text
    .replaceAll(/\$|\\[()[\]]/g, '')
    .replaceAll(subscriptRun, (run) => `_{${run.normalize('NFKD')}}`)
    .replaceAll(superscriptRun, (run) => `^{${run.normalize('NFKD')}}`)
    .replaceAll(calligraphic, (letter) => `\\mathcal{${letter.normalize('NFKD')}}`)
    .normalize('NFKD')
    .replaceAll('\u2212', '-')
    .replaceAll(/[′’ʹ]/g, "'")
    .trim()
  const tokens: Token[] = []
  for (const [part] of plain.matchAll(/\\[A-Za-z]+|\\[,;:!> ]|[\s~]+|[\p{L}\p{M}]+|\d+|./gsu)) {
    if (/^\\[A-Za-z]/.test(part)) tokens.push({ kind: 'command', text: part.slice(1) })
    else if (/^(\\|[\s~])/.test(part)) tokens.push({ kind: 'space', text: ' ' })
    else if (/^[\p{L}\p{M}]/u.test(part)) tokens.push({ kind: 'letters', text: part })
    else if (/^\d/.test(part)) tokens.push({ kind: 'digits', text: part })
    else tokens.push({ kind: 'sign', text: part })
  }
  return tokens
}
