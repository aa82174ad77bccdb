import type { Nodes, Root } from 'mdast'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import type { Span } from '../expression/ast.js'
import { mask } from './mathRegions.js'
import { isMathFence, isNoMarkdown, readPlainLines } from './plainLines.js'

/** A line of a block of Markdown. */
export interface Line {
  readonly span: Span
  /** `heading`: marked as one; `alone`: the only line of its paragraph; `list`: inside a list; `table`; `math`: fenced mathematics. */
  readonly kind: 'heading' | 'alone' | 'paragraph' | 'list' | 'table' | 'math'
  /** The line without markup. */
  readonly plain: string
  /** Whether the whole line is emphasised. */
  readonly emphasised: boolean
  /** The block that it belongs to, counted in reading order. */
  readonly block: number
}

const markdown = unified().use(remarkParse)

/** The lines of a Markdown text, and where the asterisks and underscores of its emphasis stand. */
export interface Lines {
  readonly lines: readonly Line[]
  readonly emphasis: readonly Span[]
}

/**
 * Reads a Markdown text whose mathematics is masked, block by block; code is left out. A text that no person has written as Markdown,
 * with paragraphs of many thousand characters, is read line by line: a parser of Markdown would take minutes for it.
 */
export function readLines(text: string): Lines {
  if (isNoMarkdown(text)) return { lines: readPlainLines(text), emphasis: [] }
  const lines: Line[] = []
  const emphasis: Span[] = []
  const root: Root = markdown.parse(text)
  let block = 0
  visit(root, false)
  return { lines, emphasis: emphasis.sort((a, b) => a.start - b.start) }

  function visit(node: Nodes, inList: boolean): void {
    const span = spanOf(node)
    switch (node.type) {
      case 'heading':
        addLines(span, 'heading')
        visitEmphasis(node)
        return
      case 'paragraph':
      case 'html':
        addLines(span, inList ? 'list' : 'paragraph')
        visitEmphasis(node)
        return
      case 'code': {
        const fenced = /^\s*(```|~~~)/.test(text.slice(span.start, span.start + 10))
        if (!fenced) addLines(span, 'paragraph')
        else if (isMathFence(node.lang ?? '')) addFenced(span)
        return
      }
      default:
        if ('children' in node) for (const child of node.children) visit(child, inList || node.type === 'listItem')
    }
  }

  function visitEmphasis(node: Nodes): void {
    if (!('children' in node)) return
    const inside = node.children.map(spanOf)
    if ((node.type === 'strong' || node.type === 'emphasis') && inside.length > 0 && !isProduct(spanOf(node))) {
      const { start, end } = spanOf(node)
      emphasis.push({ start, end: inside[0].start }, { start: inside[inside.length - 1].end, end })
    }
    for (const child of node.children) visitEmphasis(child)
  }

  /** Asterisks between factors, `1*0.058*1`, which Markdown takes for emphasis. */
  function isProduct({ start, end }: Span): boolean {
    return /[\p{L}\p{N})\]]/u.test(text[start - 1] ?? '') || /[\p{L}\p{N}(]/u.test(text[end] ?? '')
  }

  function addLines(span: Span, kind: 'heading' | 'paragraph' | 'list'): void {
    const pieces: Span[] = []
    let { start } = span
    for (const piece of text.slice(span.start, span.end).split('\n')) {
      pieces.push({ start, end: start + piece.length })
      start += piece.length + 1
    }
    const written = pieces.filter((piece) => text.slice(piece.start, piece.end).trim() !== '')
    const table =
      kind !== 'heading' &&
      written.length > 1 &&
      written.every((piece) => /^\s*\|/.test(text.slice(piece.start, piece.end)))
    for (const piece of written) {
      const place = table ? 'table' : kind === 'paragraph' && written.length === 1 ? 'alone' : kind
      lines.push(lineOf(text, piece, place, block))
    }
    block++
  }

  /** What stands between the fences of ```` ```math ````. */
  function addFenced(span: Span): void {
    const first = text.indexOf('\n', span.start) + 1
    const last = text.lastIndexOf('\n', span.end - 1)
    if (first > 0 && last > first)
      lines.push({ span: { start: first, end: last }, kind: 'math', plain: '', emphasised: false, block })
    block++
  }
}

/** A line of a text, and what of it is no markup. */
export function lineOf(text: string, span: Span, kind: Line['kind'], block: number): Line {
  const source = text.slice(span.start, span.end)
  return {
    span,
    kind,
    plain: plainText(source),
    emphasised: /^\s*(<u>.*<\/u>|<b>.*<\/b>|\*\*?[^*]+\*\*?:?|__?[^_]+__?:?)\s*$/.test(source),
    block,
  }
}

/** A line without what only marks it up: hashes, bullets, emphasis, tags, list and quotation marks. */
function plainText(source: string): string {
  return source
    .replaceAll(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/^\s*(?:[>#]+\s*|[-*+•]\s+)*/u, '')
    .replaceAll(/\*\*?|__|(?<![\p{L}\d])_|_(?![\p{L}\d{])/gu, '')
    .replaceAll('\\', '')
    .trim()
}

function spanOf(node: Nodes): Span {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 }
}

/** Whether a masked text holds mathematics. */
export function holdsMath(text: string): boolean {
  return text.includes(mask)
}
