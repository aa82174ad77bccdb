import { symbolKey } from '../../exercises/symbols.js'
import { knownFunction, usualFunctions } from './vocabulary.js'

/** The symbols of an exercise: they are looked up before anything else. */
export interface SymbolTable {
  /** Keys as `symbolKey` makes them. */
  readonly keys: ReadonlySet<string>
  /** Those of them, or others, that name functions: `g` before a parenthesis is then a call. */
  readonly functions: ReadonlySet<string>
  /** The exercise writes its convolutions with a star: between two symbols `*` is then one, and no product. */
  readonly starConvolves?: boolean
}

/** No exercise: single letters with their scripts and words are symbols; f, g, σ, φ, ψ, Φ, Ψ, Ω, ℓ name functions. */
export const noSymbols: SymbolTable = { keys: new Set(), functions: new Set() }

const cachedKeys = new Map<string, string | undefined>()
const mostCachedKeys = 10_000

/** `symbolKey`, remembered: a document spells the same few symbols many times. */
export function keyOf(text: string): string | undefined {
  if (cachedKeys.has(text)) return cachedKeys.get(text)
  if (cachedKeys.size >= mostCachedKeys) cachedKeys.clear()
  const key = symbolKey(text)
  cachedKeys.set(text, key)
  return key
}

/** Whether a symbol names a function under this table, so that a parenthesis behind it holds its arguments. */
export function isFunctionName(key: string, symbols: SymbolTable): boolean {
  if (symbols.functions.has(key)) return true
  if (symbols.keys.has(key)) return false
  return usualFunctions.has(key.replace(/'+$/, '').replace(/[_^].*$/, ''))
}

const greekWords: ReadonlySet<string> = new Set(
  'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron pi varpi rho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell'.split(
    ' ',
  ),
)

/** Whether a command or a word names a Greek letter. */
export function isGreekLetter(name: string): boolean {
  return greekWords.has(name)
}

/**
 * The symbols that a run of letters spells, in order: the whole run where the exercise has such a symbol, symbols of the
 * exercise in a row (`QK`), else a word, else single letters. `scripts` is the text of the scripts behind the run, which belong
 * to its last symbol; `called`: a parenthesis follows.
 */
export function splitLetters(run: string, scripts: string, called: boolean, symbols: SymbolTable): readonly string[] {
  const letters = [...run]
  if (letters.length === 1 || isGreekLetter(run) || isKnown(run, scripts, symbols)) return [run]
  if (letters.length === 2 && (letters[0] === 'Δ' || /\p{M}/u.test(letters[1]))) return [run]
  const known = splitIntoKnown(run, scripts, symbols)
  if (known !== undefined) return known
  if (knownFunction(run) !== undefined || isWord(run, scripts, called)) return [run]
  return splitLetterwise(letters)
}

function isKnown(run: string, scripts: string, symbols: SymbolTable): boolean {
  return [`${run}${scripts}`, run].some((text) => {
    const key = keyOf(text)
    return key !== undefined && (symbols.keys.has(key) || symbols.functions.has(key))
  })
}

/** The run as symbols of the exercise, each as long as can be. */
function splitIntoKnown(run: string, scripts: string, symbols: SymbolTable): readonly string[] | undefined {
  if (symbols.keys.size === 0) return undefined
  for (let length = run.length; length > 0; length--) {
    const head = run.slice(0, length)
    const last = length === run.length
    if (!isKnown(head, last ? scripts : '', symbols)) continue
    if (last) return [head]
    const rest = splitIntoKnown(run.slice(length), scripts, symbols)
    if (rest !== undefined) return [head, ...rest]
  }
  return undefined
}

/** Capitals that stand for several words of this field, and are no product. */
const acronyms: ReadonlySet<string> = new Set(
  'MSE MAE SSE BCE NLL CE KL BN LN FFN MLP MHA GAN VAE RNN CNN GRU TP FP FN TN RSS TPR FPR IoU PE RF FC'.split(' '),
)

/**
 * Whether letters are a word rather than a product of symbols: four letters and more (`Units`), three that are not all
 * capitals (`new`), or capitals that name a function or bear a subscript (`CE(y)`, `PE_{pos}`, `MSE(y)`).
 */
export function isWord(run: string, scripts = '', called = false): boolean {
  const { length } = run
  const capitals = /^\p{Lu}+$/u.test(run)
  if (length >= 4 || acronyms.has(run)) return true
  if (length === 3 && !capitals) return /^\p{L}\p{Ll}+$/u.test(run)
  return capitals && ((length > 1 && called) || (length > 2 && scripts.startsWith('_')))
}

/** Single letters; Δ stays with the letter behind it, a combining accent with the one before it. */
function splitLetterwise(letters: readonly string[]): readonly string[] {
  const pieces: string[] = []
  for (const letter of letters) {
    const previous = pieces.at(-1)
    if (previous !== undefined && (previous === 'Δ' || /\p{M}/u.test(letter))) pieces[pieces.length - 1] += letter
    else pieces.push(letter)
  }
  return pieces
}
