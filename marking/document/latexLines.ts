import type { Span } from '../expression/ast.js'
import { isGreekLetter } from '../expression/names.js'
import { knownFunction, products, relations } from '../expression/vocabulary.js'
import { readHeading } from './headings.js'
import {
  accented,
  letters,
  secondArgument,
  sectioning,
  spaces,
  styles,
  unreadable,
  withArguments,
} from './latexCommands.js'
import { commandAt, literalEnvironments, Nesting, optionalAt, skipSpaces } from './latexSyntax.js'
import { tableEnvironments, tableRows } from './latexTables.js'
import { type LatexText, LatexWriter } from './latexWriter.js'
import type { Problem } from './structure.js'

/** Environments of mathematics: whether their rows are lines of their own. */
const mathEnvironments: ReadonlyMap<string, boolean> = new Map([
  ...['equation', 'displaymath', 'math', 'cases', 'array', 'bmatrix', 'pmatrix', 'matrix'].map(
    (name): [string, boolean] => [name, false],
  ),
  ...['align', 'aligned', 'alignat', 'flalign', 'gather', 'multline', 'eqnarray', 'split', 'IEEEeqnarray', 'dmath'].map(
    (name): [string, boolean] => [name, true],
  ),
])
/** Arguments within arguments are read no deeper than this. */
const deepest = 20

/** Commands of mathematics that people also write outside of it. */
const mathCommands: ReadonlySet<string> = new Set(
  'frac dfrac tfrac sqrt partial sum prod left right hat vec'.split(' '),
)

/** Characters that are more than text. */
const signs: ReadonlySet<string> = new Set(['\\', '$', '{', '}', '~', '&', '\n'])

/** Takes a LaTeX text apart; use once. */
export class LatexLines {
  private readonly text: string
  private readonly titles: ReadonlyMap<string, string>
  private readonly nesting: Nesting
  private readonly writer: LatexWriter
  private readonly problems: Problem[] = []
  /** Up to where no closing delimiter stands, by delimiter. */
  private readonly unclosedUntil = new Map<string, number>()
  private readonly lists: { readonly label: ((item: number) => string) | undefined; items: number }[] = []
  private depth = 0
  private bold = 0

  constructor(text: string, titles: ReadonlyMap<string, string>) {
    this.text = text
    this.titles = titles
    this.nesting = new Nesting(text)
    this.writer = new LatexWriter(text)
  }

  /** What the document prints, and what of it could not be read, by offsets in the LaTeX text. */
  read(): LatexText & { readonly problems: readonly Problem[] } {
    const begin = this.text.indexOf('\\begin{document}')
    if (begin >= 0) this.readTitle(begin)
    const end = this.text.indexOf('\\end{document}')
    this.scan(begin < 0 ? 0 : begin + '\\begin{document}'.length, end < 0 || end < begin ? this.text.length : end)
    return { ...this.writer.finish(), problems: this.problems }
  }

  /** A title that names an exercise. */
  private readTitle(end: number): void {
    const at = this.text.lastIndexOf('\\title', end)
    const title = at < 0 ? undefined : this.nesting.argumentAt(this.text, at + '\\title'.length)
    if (title !== undefined && readHeading(this.text.slice(title.start, title.end)) !== undefined)
      this.writer.asBlock('heading', () => this.writer.copy(title.start, title.end))
  }

  private scan(start: number, end: number): void {
    if (this.depth >= deepest) {
      this.complain(start, `nested more than ${deepest} levels deep`)
      return
    }
    this.depth++
    const groups: number[] = []
    let at = start
    while (at < end) {
      const character = this.text[at]
      if (character === '\\') at = Math.max(at + 1, this.command(at, end))
      else if (character === '$') at = this.dollars(at, end)
      else if (character === '{') {
        groups.push(this.bold)
        at++
      } else if (character === '}') {
        this.bold = groups.pop() ?? this.bold
        at++
      } else if (character === '~' || character === '&') {
        this.writer.insert(' ', { start: at, end: at + 1 })
        at++
      } else if (character === '\n') at = this.lineBreak(at)
      else at = this.words(at, end)
    }
    this.depth--
  }

  private words(start: number, end: number): number {
    let at = start
    while (at < end && !signs.has(this.text[at])) at++
    this.writer.copy(start, at, this.bold > 0)
    return at
  }

  /** A line ends; a paragraph where the next line is blank. */
  private lineBreak(at: number): number {
    const blank = /\n[ \t\r]*\n\s*/y
    blank.lastIndex = at
    const match = blank.exec(this.text)
    if (match !== null) {
      this.writer.endParagraph()
      return at + match[0].length
    }
    this.writer.endLine()
    return at + 1
  }

  private command(at: number, end: number): number {
    const { text } = this
    const { name, end: nameEnd } = commandAt(text, at)
    const whole = { start: at, end: nameEnd }
    if (name === '(' || name === '[') return this.math(at, nameEnd, name === '(' ? '\\)' : '\\]', name === '[')
    if (name === '\\' || name === 'newline' || name === 'tabularnewline') {
      this.writer.endLine()
      const distance = optionalAt(text, text[nameEnd] === '*' ? nameEnd + 1 : nameEnd)
      return distance === undefined ? nameEnd : distance.end + 1
    }
    if (name === 'par') {
      this.writer.endParagraph()
      return nameEnd
    }
    if (name === 'begin' || name === 'end') return this.environment(at, name, nameEnd, end)
    if (sectioning.has(name) && !this.isItem(name)) return this.section(nameEnd)
    if (this.isItem(name)) return this.item(at, nameEnd)
    if (name === 'verb') return this.verbatim(nameEnd)
    if (name === 'ensuremath') return this.ensured(at, nameEnd)
    const why = unreadable.get(name)
    if (why !== undefined) {
      this.complain(at, why)
      const stream = /(?:\\(?:write|openin|openout|read))?\d*(?:=[^\s\\{}$]+)?/y
      stream.lastIndex = nameEnd
      return this.behindArguments(nameEnd + (stream.exec(text)?.[0].length ?? 0))
    }
    if (styles.has(name)) {
      if (styles.get(name) === true && this.nesting.argumentAt(text, nameEnd) !== undefined)
        return this.emphasise(nameEnd)
      return nameEnd
    }
    if (withArguments.has(name)) return this.behindArguments(nameEnd)
    if (secondArgument.has(name)) return (this.nesting.argumentAt(text, nameEnd)?.end ?? nameEnd - 1) + 1
    const letter = letters.get(name)
    if (letter !== undefined) {
      this.writer.insert(letter, whole)
      return name.length > 1 ? skipSpaces(text, nameEnd) : nameEnd
    }
    const accent = accented(text, name, nameEnd, this.nesting)
    if (accent !== undefined) {
      this.writer.insert(accent.letter, { start: at, end: accent.end })
      return accent.end
    }
    if (spaces.has(name)) {
      this.writer.insert(' ', whole)
      return nameEnd
    }
    if (/^[%&#_$]$/.test(name)) {
      this.writer.insert(name, whole)
      return nameEnd
    }
    return this.unknown(at, name, nameEnd)
  }

  /** Mathematics outside of its delimiters stays; of other commands their arguments. */
  private unknown(at: number, name: string, nameEnd: number): number {
    const { text } = this
    const isMath =
      mathCommands.has(name) ||
      relations.has(name) ||
      products.has(name) ||
      isGreekLetter(name) ||
      knownFunction(name) !== undefined
    if (!isMath && name !== '{' && name !== '}') {
      const optional = text[nameEnd] === '[' ? optionalAt(text, nameEnd) : undefined
      this.writer.insert(' ', { start: at, end: nameEnd })
      return optional === undefined ? nameEnd : optional.end + 1
    }
    let end = nameEnd
    for (let argument = this.nesting.argumentAt(text, end); argument !== undefined && text[end] === '{'; ) {
      end = argument.end + 1
      argument = this.nesting.argumentAt(text, end)
    }
    this.writer.copy(at, end)
    return end
  }

  /** `\textbf{…}`: a line of it alone is a title. */
  private emphasise(nameEnd: number): number {
    const argument = this.nesting.argumentAt(this.text, nameEnd)
    if (argument === undefined) return nameEnd
    this.bold++
    this.scan(argument.start, argument.end)
    this.bold--
    return argument.end + 1
  }

  private section(nameEnd: number): number {
    const start = this.text[nameEnd] === '*' ? nameEnd + 1 : nameEnd
    const short = optionalAt(this.text, start)
    const title = this.nesting.argumentAt(this.text, short === undefined ? start : short.end + 1)
    if (title === undefined) return nameEnd
    this.writer.asBlock('heading', () => this.scan(title.start, title.end))
    return title.end + 1
  }

  private isItem(name: string): boolean {
    return name === 'item' || (name === 'part' && this.lists.length > 0)
  }

  /** An item begins a paragraph with its label, where that names a part. */
  private item(at: number, nameEnd: number): number {
    this.writer.endParagraph()
    const optional = optionalAt(this.text, nameEnd)
    const list = this.lists[this.lists.length - 1]
    if (list !== undefined) list.items++
    if (optional !== undefined) {
      this.scan(optional.start, optional.end)
      this.writer.insert(' ', { start: optional.end, end: optional.end + 1 })
      return optional.end + 1
    }
    const label = list?.label?.(list.items)
    if (label !== undefined) this.writer.insert(`${label} `, { start: at, end: nameEnd })
    return nameEnd
  }

  private verbatim(nameEnd: number): number {
    const start = this.text[nameEnd] === '*' ? nameEnd + 1 : nameEnd
    const close = this.text.indexOf(this.text[start], start + 1)
    if (close < 0 || this.text.slice(start, close).includes('\n')) return start
    this.writer.copy(start + 1, close)
    return close + 1
  }

  private ensured(at: number, nameEnd: number): number {
    const inner = this.nesting.argumentAt(this.text, nameEnd)
    if (inner === undefined) return nameEnd
    this.writer.region({ start: at, end: inner.end + 1 }, inner, false)
    return inner.end + 1
  }

  private dollars(at: number, end: number): number {
    const delimiter = this.text.startsWith('$$', at) ? '$$' : '$'
    return Math.min(this.math(at, at + delimiter.length, delimiter, delimiter === '$$'), Math.max(end, at + 1))
  }

  private math(at: number, start: number, closer: string, display: boolean): number {
    const close = this.closing(start, closer)
    if (close === undefined) {
      this.complain(at, `«${this.text.slice(at, start)}» is never closed in its paragraph`)
      return start
    }
    this.writer.region({ start: at, end: close + closer.length }, { start, end: close }, display)
    return close + closer.length
  }

  /** Where a closing delimiter stands; a blank line ends mathematics. */
  private closing(from: number, closer: string): number | undefined {
    if (from < (this.unclosedUntil.get(closer) ?? 0)) return undefined
    const sign = closer.startsWith('$') ? /\\[\s\S]|\$\$?|\n[ \t\r]*\n/g : /\\[\s\S]|\n[ \t\r]*\n/g
    sign.lastIndex = from
    for (let match = sign.exec(this.text); match !== null; match = sign.exec(this.text)) {
      if (match[0] === closer || (closer === '$' && match[0] === '$$')) return match.index
      if (match[0].startsWith('\n')) {
        this.unclosedUntil.set(closer, match.index)
        return undefined
      }
    }
    this.unclosedUntil.set(closer, this.text.length)
    return undefined
  }

  private environment(at: number, command: 'begin' | 'end', nameEnd: number, end: number): number {
    const { text } = this
    const named = this.nesting.argumentAt(text, nameEnd)
    if (named === undefined) return nameEnd
    const name = text.slice(named.start, named.end).replace(/\*$/, '')
    const start = named.end + 1
    const close = command === 'begin' ? this.nesting.endOf(at) : undefined
    const rows = mathEnvironments.get(name)
    if (command === 'end') {
      if (/^(itemize|enumerate|description|parts|subparts|questions)$/.test(name)) this.closeList()
      this.writer.endParagraph()
      return start
    }
    if (rows !== undefined || tableEnvironments.has(name) || literalEnvironments.has(name)) {
      if (close === undefined || close.start > end) {
        this.complain(at, `\\begin{${name}} is never closed`)
        return start
      }
      if (rows !== undefined)
        this.mathEnvironment({ start: at, end: close.end }, { start, end: close.start }, name, rows)
      else if (tableEnvironments.has(name)) this.table(name, { start, end: close.start })
      return close.end
    }
    this.writer.endParagraph()
    if (/^(itemize|enumerate|description|parts|subparts|questions)$/.test(name)) return this.list(name, start)
    return this.titled(name, { start: at, end: start })
  }

  private mathEnvironment(outer: Span, inner: Span, name: string, rows: boolean): void {
    if (/^(cases|array|.*matrix)$/.test(name)) this.writer.region(outer, outer, true)
    else {
      const counted = /^(alignat|IEEEeqnarray)$/.test(name)
        ? this.nesting.argumentAt(this.text, inner.start)
        : undefined
      this.writer.region(outer, counted === undefined ? inner : { start: counted.end + 1, end: inner.end }, true, rows)
    }
  }

  private list(name: string, start: number): number {
    const optional = optionalAt(this.text, start)
    const format = optional === undefined ? '' : this.text.slice(optional.start, optional.end)
    const enumerations = this.lists.filter(({ label }) => label !== undefined).length
    this.lists.push({ label: labelling(name, format, enumerations), items: 0 })
    this.writer.inList = true
    return optional === undefined ? start : optional.end + 1
  }

  private closeList(): void {
    this.lists.pop()
    this.writer.inList = this.lists.length > 0
  }

  /** `\begin{exercise}[1.1]`, `\begin{solution}`: a heading where its name and argument are one. */
  private titled(name: string, opening: Span): number {
    const argument = optionalAt(this.text, opening.end) ?? this.nesting.argumentAt(this.text, opening.end)
    const title = this.titles.get(name) ?? name
    const words = argument === undefined ? '' : this.text.slice(argument.start, argument.end)
    if (argument !== undefined && readHeading(`${title} ${words}`) !== undefined) {
      this.writer.asBlock('heading', () => {
        this.writer.insert(`${title} `, opening)
        this.writer.copy(argument.start, argument.end)
      })
      return argument.end + 1
    }
    if (readHeading(title) !== undefined) this.writer.asBlock('heading', () => this.writer.insert(title, opening))
    const optional = optionalAt(this.text, opening.end)
    return optional === undefined ? opening.end : optional.end + 1
  }

  /** A table with a bar between its cells, as in Markdown. */
  private table(name: string, inner: Span): void {
    const rows = tableRows(this.text, name, inner, this.nesting, (from) => this.closing(from, '$'))
    this.writer.asBlock('table', () => {
      for (const cells of rows) {
        for (const { pieces, columns } of cells) {
          const [{ start }, { end }] = [pieces[0] ?? inner, pieces[pieces.length - 1] ?? inner]
          this.writer.insert('| ', { start, end: start })
          for (const piece of pieces) {
            this.scan(piece.start, piece.end)
            this.writer.insert(' ', { start: piece.end, end: piece.end })
          }
          this.writer.insert(' | '.repeat(columns - 1), { start: end, end })
        }
        this.writer.insert('|', inner)
        this.writer.endLine()
      }
    })
  }

  /** The offset behind all arguments that directly follow a command. */
  private behindArguments(nameEnd: number): number {
    const { text } = this
    let end = text[nameEnd] === '*' ? nameEnd + 1 : nameEnd
    for (;;) {
      const next =
        text[end] === '[' ? optionalAt(text, end) : text[end] === '{' ? this.nesting.argumentAt(text, end) : undefined
      if (next === undefined) return end
      end = next.end + 1
    }
  }

  private complain(at: number, why: string): void {
    const line = this.text.slice(at, at + 200).split('\n', 1)[0]
    this.problems.push({ at, text: line.trim(), why })
  }
}

/** How the items of a list are called: (a), (b) where its format says so, or where it stands within another enumeration. */
function labelling(name: string, format: string, enumerations: number): ((item: number) => string) | undefined {
  const letter = (item: number): string => 'abcdefghijklmnopqrstuvwxyz'[item - 1] ?? String(item)
  if (name === 'parts') return (item) => `(${letter(item)})`
  if (name !== 'enumerate') return undefined
  if (/\\alph|\\greek|^\s*\(?[aα]\)?\s*[).]?\s*$/i.test(format)) return (item) => `(${letter(item)})`
  if (/\\roman|^\s*\(?i\)?\s*[).]?\s*$/i.test(format))
    return (item) => `(${['i', 'ii', 'iii', 'iv', 'v', 'vi'][item - 1] ?? item})`
  if (format === '' && enumerations === 1) return (item) => `(${letter(item)})`
  return (item) => `${item}.`
}
