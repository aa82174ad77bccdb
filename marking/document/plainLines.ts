import type { Span } from '../expression/ast.js'
import { type Line, lineOf } from './lines.js'
import { mask } from './mathRegions.js'

const longestParagraph = 4000
const mostLines = 10_000
/** Quotations and lists within each other, on one line. */
const deepNesting = /^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*){20}/m

/** Whether a text, its mathematics masked, is nothing that a person has written as Markdown. */
export function isNoMarkdown(text: string): boolean {
  if (deepNesting.test(text)) return true
  let lines = 0
  let paragraph = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end)
    const written = line.includes(mask) ? line.replaceAll(mask, '').length + 1 : line.length
    paragraph = line.trim() === '' ? 0 : paragraph + written
    if (paragraph > longestParagraph || ++lines > mostLines) return true
    start = end + 1
  }
  return false
}

/** Whether what a fence says is mathematics: ` ```math `, ` ```{math} `, ` ```latex `. */
export function isMathFence(language: string): boolean {
  return /^\{?(math|latex|tex|katex)\}?$/i.test(language)
}

/** The lines of a text in their blocks, which blank lines part: headings, lists, tables and fences are known by how their lines begin. */
export function readPlainLines(text: string): readonly Line[] {
  const lines: Line[] = []
  let block = 0
  let fence: { readonly sign: string; readonly isMath: boolean; readonly start: number } | undefined
  let paragraph: Span[] = []
  const endParagraph = (): void => {
    const isTable = paragraph.length > 1 && paragraph.every(({ start, end }) => /^\s*\|/.test(text.slice(start, end)))
    for (const span of paragraph) {
      const isItem = /^\s*(?:[-*+•]|\d{1,9}[.)])\s/.test(text.slice(span.start, span.end))
      lines.push(
        lineOf(text, span, isTable ? 'table' : isItem ? 'list' : paragraph.length === 1 ? 'alone' : 'paragraph', block),
      )
    }
    paragraph = []
    block++
  }
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const span = { start, end: newline < 0 ? text.length : newline }
    const line = text.slice(span.start, span.end)
    const marks = /^\s{0,3}(```+|~~~+)\s*(\S*)\s*$/.exec(line.slice(0, 200))
    start = span.end + 1
    if (fence !== undefined) {
      if (marks === null || !marks[1].startsWith(fence.sign)) continue
      const inside = { start: fence.start, end: span.start }
      if (fence.isMath && inside.end > inside.start)
        lines.push({ span: inside, kind: 'math', plain: '', emphasised: false, block: block++ })
      fence = undefined
    } else if (marks !== null) {
      endParagraph()
      fence = { sign: marks[1], isMath: isMathFence(marks[2]), start }
    } else if (line.trim() === '') endParagraph()
    else if (/^\s{0,3}#{1,6}\s/.test(line)) {
      endParagraph()
      lines.push(lineOf(text, span, 'heading', block++))
    } else paragraph.push(span)
  }
  endParagraph()
  return lines
}
