import katex from 'katex'
import { escaped } from './page.js'
import { printable } from './words.js'

/** A stretch of LaTeX that is marked when it is set. */
export interface MathMark {
  readonly start: number
  readonly end: number
  /** Class of its HTML element. */
  readonly className: string
}

export interface MathHtml {
  readonly html: string
  /** Whether every mark stands at its place. */
  readonly marked: boolean
}

/** The author's own commands, by name with its backslash, as KaTeX takes them. */
export type Macros = Readonly<Record<string, string>>

/** Longer than this, mathematics is shown as it was written. */
const longest = 20_000

/** So many marks of a formula are tried one by one where not all of them fit. */
const mostTried = 50

/**
 * What is not run: definitions, which can grow without bound; links, pictures and HTML, which KaTeX would leave out. A formula that
 * holds them is shown as it was written.
 */
const notRun =
  /\\(?:[egx]?def|(?:future)?let|(?:re)?newcommand|providecommand|global|long|href|url|includegraphics|html[A-Z]\w*)(?![A-Za-z])|#/

/**
 * Sets LaTeX with KaTeX, inert. What cannot be set stands as it was written. Marks that would tear the formula apart (half a
 * fraction, across an `&`) are left out.
 */
export function mathHtml(latex: string, display: boolean, marks: readonly MathMark[], macros: Macros): MathHtml {
  const plain = { html: asWritten(latex, display), marked: false }
  if (latex.length > longest || notRun.test(latex)) return plain
  const clean = printable(latex)
  const kept = disjoint(marks)
  const set = (some: readonly MathMark[]): string | undefined => setMarked(clean, display, some, macros)
  const all = set(kept)
  if (all !== undefined) return { html: all, marked: kept.length === marks.length }
  const unmarked = set([])
  if (unmarked === undefined) return plain
  const fitting = kept.length > mostTried ? [] : kept.filter((mark) => set([mark]) !== undefined)
  return { html: set(fitting) ?? unmarked, marked: false }
}

/** Marks in order; of two that overlap, the first. */
function disjoint(marks: readonly MathMark[]): readonly MathMark[] {
  const kept: MathMark[] = []
  for (const mark of marks.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (mark.start >= (kept.at(-1)?.end ?? 0) && mark.end > mark.start) kept.push(mark)
  return kept
}

function setMarked(latex: string, display: boolean, marks: readonly MathMark[], macros: Macros): string | undefined {
  let source = ''
  let at = 0
  for (const { start, end, className } of marks) {
    source += `${latex.slice(at, start)}\\htmlClass{${className}}{${latex.slice(start, end)}}`
    at = end
  }
  try {
    return katex
      .renderToString(withoutLabels(source + latex.slice(at)), {
        displayMode: display,
        throwOnError: true,
        // A character that it does not know would be set without its width, with a warning on the console.
        strict: (problem: string) => (problem === 'unknownSymbol' ? 'error' : 'ignore'),
        maxExpand: 500,
        maxSize: 20,
        macros: { ...macros },
        // The author's own are not run.
        trust: ({ command }) => command === '\\htmlClass',
      })
      .replaceAll(/<annotation [^>]*>[^<]*<\/annotation>/g, '')
  } catch {
    return undefined
  }
}

/** Labels and references, which KaTeX does not know. */
function withoutLabels(latex: string): string {
  return latex.replaceAll(/\\(?:label|eqref|ref)\s*\{[^{}]*\}/g, ' ')
}

function asWritten(latex: string, display: boolean): string {
  return `<code class="${display ? 'math display' : 'math'}">${escaped(printable(latex))}</code>`
}

/**
 * The commands that a LaTeX document defines, as far as they are plain: `\newcommand`, `\renewcommand`, `\DeclareMathOperator` with a
 * short body that uses each argument once at most, so that nothing grows.
 */
export function macrosOf(document: string): Macros {
  const macros: Record<string, string> = {}
  const definition =
    /\\(newcommand|renewcommand|providecommand|DeclareMathOperator)\*?\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*(?:\[\d\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){0,200})\}/g
  for (const [, kind, name, body] of document.matchAll(definition)) {
    const used = body.match(/#\d?/g) ?? []
    if (new Set(used).size < used.length || notRun.test(body.replaceAll(/#\d/g, ''))) continue
    macros[name] = kind === 'DeclareMathOperator' ? `\\operatorname{${body}}` : body
  }
  return macros
}
