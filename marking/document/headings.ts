/** What a heading says about where in the exercises one is. */
export type Heading =
  | {
      readonly kind: 'exercise'
      readonly source: string | undefined
      readonly number: string
      readonly part: string | undefined
      /** Whether it is a number without a word or a part: `1.1`, which may also be a value. */
      readonly bare: boolean
    }
  | {
      readonly kind: 'part'
      readonly part: string
      /** Whether it is a digit or a Roman numeral without a word, as items within a part and equations are numbered too. */
      readonly bare: boolean
    }
  | { readonly kind: 'solution' }
  | { readonly kind: 'statement' }

/** Words in lower case without accents, in the forms in which headings have them. */
const exerciseWords = alternatives(
  'ασκηση ασκησης θεμα θεματος προβλημα προβληματος ασκ\\.? exercise problem task assignment ex\\.? prob\\.? aufgabe ubung ubungsaufgabe aufg\\.? exercice probleme exo zadatak zadatka zad\\.? vjezba vjezbe ejercicio problema ejer\\.? ej\\.?',
)
const partWords = alternatives(
  'ερωτημα υποερωτημα σκελος μερος ερωτ\\.? part question subquestion item subpart q\\.? teil teilaufgabe frage partie pitanje podpitanje podzadatak dio apartado pregunta inciso parte',
)
const solutionWords = alternatives(
  'λυση λυσεις απαντηση απαντησεις επιλυση solution solutions answer answers losung losungen antwort losungsweg reponse corrige resolution rjesenje rjesenja odgovor solucion soluciones respuesta resolucion',
)
const statementWords = alternatives(
  'εκφωνηση δεδομενα statement given aufgabenstellung gegeben enonce donnees zadano zadani enunciado datos',
)
/** Words between «solution» and the exercise that it is of. */
const links = "(?:of|to|for|the|zu|zur|der|της|του|στην|στο|για|την|za|de|del|la|al|l'|du|a|:|-|–|—)"
const numbering = '(?:nr\\.?|no\\.?|n°|nº|#|αρ\\.?|br\\.?|num\\.?|number)'
/** Roman letters stand directly behind the number, and no parenthesis behind them: `1.1 a)` is part a. */
const ordinal = '(?:\\s?(?:[ηοº°ª]|ος)|(?:a|st|nd|rd|th|er|ere|eme|e)(?!\\)))(?![\\p{L}\\d])'

const number = '(\\d{1,2}(?:\\.\\d{1,2})*)'
const letter = '(?:στ|[a-zα-ω])'
const roman = '(?:iii|ii|iv|vi{1,3}|ix|i|v|x)'
const label = `(${roman}|${letter}|\\d{1,2})`
const end = '(?![\\p{L}\\d])'

const id = new RegExp(`^([a-z]+)/${number}\\s*(${letter})?${end}`, 'u')
/** `sharif/p1`, `lecture/positional-encoding`. */
const wordId = /^(ntua|fer|sharif|lecture)\/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?![\p{L}\d])/u
const solutionOf = `(?:${solutionWords}(?:\\s*${links})*\\s*)?`
const wordFirst = new RegExp(
  `^${solutionOf}(?:${exerciseWords}|${partWords}(?=\\s*\\d{1,2}\\.\\d))\\s*${numbering}?\\s*${number}(?:${ordinal})?`,
  'u',
)
const numberFirst = new RegExp(`^${number}(?:${ordinal}|[.)])?\\s+${exerciseWords}${end}`, 'u')
const numberAlone = new RegExp(`^${number.replace('*', '+')}(?!\\d)`, 'u')

/** What names a part behind the number of an exercise, the surest first. */
const partsBehind = [
  new RegExp(`^\\s*[.,:/–—-]?\\s*(?:\\(${label}\\)|${label}\\))${end}`, 'u'),
  new RegExp(
    `^\\s*[.,:/–—-]?\\s*${partWords}\\s*(?:\\(${label}\\)|${label}\\)|\\s${label}(?=['΄’]?\\s*(?:$|[^\\p{L}\\d\\s]))|\\s${label}\\s*$)`,
    'u',
  ),
  new RegExp(`^(${letter})(?:['΄’]|${end})`, 'u'),
  new RegExp(`^[\\s.,:/–—-]+(${roman}|${letter})['΄’]?(?=\\s*(?:$|[.:)–—]))`, 'u'),
  /^\s+([bcdfgβγδεζ])\s/u,
  new RegExp(`[\\s,;:–—(-]${partWords}\\s*(?:\\(${label}\\)|${label}\\)|\\s${label})['΄’]?\\s*[).:]?$`, 'u'),
]
const part = new RegExp(
  `^${partWords}(?:\\s*\\(${label}\\)|\\s+${label}(?:\\)|['΄’]?(?=\\s*(?:$|[.:)–—,])))|\\s+(\\d{1,2}|[bcdfgβγδεζ])(?=\\s))`,
  'u',
)
const partLast = new RegExp(`^\\(?(${letter}|\\d{1,2})(?:['΄’.)]|${ordinal})*\\s+${partWords}\\s*[.:]?$`, 'u')
const partAlone = new RegExp(`^(?:\\(${label}\\)|(${roman}|${letter}|\\d)\\))\\s*$`, 'u')
const solution = new RegExp(`^(?:my |the |worked |η |μου )*${solutionWords}\\s*[.:]?$`, 'u')
const statement = new RegExp(`^(?:problem |the )?${statementWords}\\s*[.:]?$`, 'u')

/**
 * What a line says as a heading, in English, Greek, Croatian, German, French or Spanish: an exercise by id or number (`ntua/1.1b`,
 * «Άσκηση 1.1», `Exercise 1.1 (b)`, «4. zadatak», `1.1 (b)`), a part of it («Ερώτημα (α)», `Part b`, `(b)`), or where the solution or
 * the statement begins. Letters of the Greek and the Roman alphabet name the same parts, Roman numerals those that have digits.
 * `undefined` where it says none of these.
 */
export function readHeading(line: string): Heading | undefined {
  if (line.length > 300) return undefined
  const text = withoutAccents(line.trim().toLowerCase()).replaceAll(/\s+/gu, ' ')
  const worded = wordId.exec(text)
  if (worded !== null) return exercise(worded[1], worded[2], undefined)
  const named = id.exec(text)
  if (named !== null) return exercise(named[1], named[2], partName(named[3]))
  if (text.includes('=')) return undefined
  return readExercise(text) ?? readPart(text) ?? readRole(text)
}

function exercise(source: string | undefined, number: string, part: string | undefined, bare = false): Heading {
  return { kind: 'exercise', source, number, part, bare }
}

function readExercise(text: string): Heading | undefined {
  const found = wordFirst.exec(text) ?? numberFirst.exec(text)
  if (found !== null) {
    const rest = text.slice(found[0].length)
    const part = partBehind(rest)
    return part !== undefined || isTitle(rest) ? exercise(undefined, found[1], part) : undefined
  }
  const alone = numberAlone.exec(text)
  if (alone === null) return undefined
  const rest = text.slice(alone[0].length)
  if (/^\s*[.:]?$/.test(rest)) return exercise(undefined, alone[1], undefined, true)
  const part = new RegExp(`^\\.?\\s*(?:\\(${label}\\)|${label})\\s*[).:]*$`, 'u').exec(rest)
  const name = partName(part?.[1] ?? part?.[2])
  return name === undefined ? undefined : exercise(undefined, alone[1], name)
}

function partBehind(rest: string): string | undefined {
  for (const form of partsBehind) {
    const written = form
      .exec(rest)
      ?.slice(1)
      .find((group) => group !== undefined)
    if (written !== undefined) return partName(written)
  }
  return undefined
}

/** Whether what stands behind the number of an exercise is its title, not the rest of a sentence. */
function isTitle(rest: string): boolean {
  if (/^\s*(?:$|[.:([–—|-])/.test(rest)) return true
  return /^[\s,]/.test(rest) && rest.trim().split(/\s+/).length <= 8 && !/[.?!;,]\s*$/.test(rest)
}

function readPart(text: string): Heading | undefined {
  const worded = part.exec(text) ?? partLast.exec(text)
  const written = worded?.slice(1).find((group) => group !== undefined)
  if (worded !== null && written !== undefined) {
    const name = partName(written)
    const rest = text.slice(worded[0].length)
    return name === undefined || !isTitle(rest) ? undefined : { kind: 'part', part: name, bare: false }
  }
  const alone = partAlone.exec(text)
  const name = partName(alone?.[1] ?? alone?.[2])
  return name === undefined ? undefined : { kind: 'part', part: name, bare: /\d/.test(name) }
}

function readRole(text: string): Heading | undefined {
  if (solution.test(text)) return { kind: 'solution' }
  return statement.test(text) ? { kind: 'statement' } : undefined
}

const greek = ['α', 'β', 'γ', 'δ', 'ε', 'στ', 'ζ', 'η', 'θ', 'ι']
const romans = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x']

/** The Roman letter of a part, α is a, β is b, γ is c, δ is d; the number of a Roman numeral, (ii) is 2. */
export function partName(written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const numeral = romans.indexOf(written)
  if (numeral >= 0) return String(numeral + 1)
  const place = greek.indexOf(written)
  return place < 0 ? written : 'abcdefghij'[place]
}

function withoutAccents(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').normalize('NFC')
}

function alternatives(words: string): string {
  return `(?:${words.split(' ').join('|')})`
}

/** A line of a table of contents: a heading and its page, a tab or dots between them. */
export function isContentsLine(line: string): boolean {
  return line.length < 300 && /\S\s*(\t|\.{3,}|…)\s*\d+\s*$/u.test(line)
}
