import type { MathRegion } from '../marking/document/mathRegions.js'
import { type Macros, mathHtml } from './mathHtml.js'
import { escaped } from './page.js'
import { printable } from './words.js'

/** What is said of a stretch of a solution: how it is marked where it stands, and the HTML that stands below its block. */
export interface Remark {
  readonly start: number
  readonly end: number
  /** Class of the mark at its place; none for what is only said. */
  readonly className: string | undefined
  readonly html: string
}

/** A solution's text with its mathematics and what is said of it, from which pieces of a page are made. */
export class SolutionText {
  readonly text: string
  readonly regions: readonly MathRegion[]
  readonly remarks: readonly Remark[]
  private readonly macros: Macros
  /** How long the longest stretch is of which something is said. */
  private readonly longest: number

  /** `regions` in the order of the text. */
  constructor(text: string, regions: readonly MathRegion[], remarks: readonly Remark[], macros: Macros) {
    this.text = text
    this.regions = regions
    this.remarks = remarks
      .map((remark) => ({ ...remark, ...withBrackets(text, remark) }))
      .sort((a, b) => a.start - b.start)
    this.macros = macros
    this.longest = this.remarks.reduce((longest, { start, end }) => Math.max(longest, end - start), 0)
  }

  /** A stretch as HTML: mathematics set, what is claimed marked, everything else as it was written. */
  html(start: number, end: number): string {
    let html = ''
    let at = start
    for (const region of this.regionsIn(start, end)) {
      html += this.plainHtml(at, region.outer.start) + this.regionHtml(region)
      at = region.outer.end
    }
    return html + this.plainHtml(at, end)
  }

  /** The regions of mathematics within a stretch. */
  regionsIn(start: number, end: number): readonly MathRegion[] {
    const from = firstOf(this.regions.length, (i) => this.regions[i].outer.start >= start)
    const found: MathRegion[] = []
    for (let i = from; i < this.regions.length && this.regions[i].outer.end <= end; i++) found.push(this.regions[i])
    return found
  }

  /** One region of mathematics as HTML. */
  regionHtml({ inner, display }: MathRegion): string {
    const here = this.marksIn(inner.start, inner.end)
    const latex = this.text.slice(inner.start, inner.end)
    const marks = here.map(({ start, end, className }) => ({
      start: Math.max(0, start - inner.start),
      end: Math.min(latex.length, end - inner.start),
      className,
    }))
    const { html, marked } = mathHtml(latex, display, marks, this.macros)
    if (marked || here.length === 0) return html
    // Some of its claims could not be marked where they stand: the formula is marked as a whole.
    const worst = here.find(({ className }) => className.includes('error')) ?? here[0]
    return `<span class="${worst.className} whole">${html}</span>`
  }

  private plainHtml(start: number, end: number): string {
    let html = ''
    let at = start
    for (const mark of this.marksIn(start, end)) {
      const [from, to] = [Math.max(at, mark.start), Math.min(end, mark.end)]
      if (from >= to) continue
      html += `${this.escaped(at, from)}<mark class="${mark.className}">${this.escaped(from, to)}</mark>`
      at = to
    }
    return html + this.escaped(at, end)
  }

  private marksIn(start: number, end: number): readonly (Remark & { readonly className: string })[] {
    const found: (Remark & { readonly className: string })[] = []
    for (
      let i = firstOf(this.remarks.length, (k) => this.remarks[k].start >= start - this.longest);
      i < this.remarks.length;
      i++
    ) {
      const remark = this.remarks[i]
      if (remark.start >= end) break
      if (remark.className !== undefined && remark.end > start) found.push({ ...remark, className: remark.className })
    }
    return found
  }

  private escaped(start: number, end: number): string {
    return escaped(printable(this.text.slice(start, Math.max(start, end))))
  }
}

/** A stretch with the bracket before it that it closes, and the one behind it that it opens: `a) · (b` with those around. */
function withBrackets(text: string, { start, end }: Remark): { readonly start: number; readonly end: number } {
  const inside = text.slice(start, end)
  if (inside.length > longestBracketed) return { start, end }
  let [unopened, unclosed] = [0, 0]
  for (const [bracket] of inside.matchAll(/[()[\]]/g)) {
    if (bracket === '(' || bracket === '[') unclosed++
    else if (unclosed > 0) unclosed--
    else unopened++
  }
  const [opening] =
    unopened === 1 ? (/(?:\\left\s*)?[([]\s*$/.exec(text.slice(Math.max(0, start - 10), start)) ?? ['']) : ['']
  const [closing] = unclosed === 1 ? (/^\s*(?:\\right\s*)?[)\]]/.exec(text.slice(end, end + 10)) ?? ['']) : ['']
  return { start: start - opening.length, end: end + closing.length }
}

/** Brackets are counted in what a person has written in one formula. */
const longestBracketed = 2000

/** The first number from 0 up for which a condition holds that, once true, stays true; `count` where it holds for none below. */
export function firstOf(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
