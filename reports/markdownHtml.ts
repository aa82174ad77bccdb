import type { Code, List, Nodes, Paragraph } from 'mdast'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import { mask, maskMath } from '../marking/document/mathRegions.js'
import { isMathFence, isNoMarkdown } from '../marking/document/plainLines.js'
import { linesHtml } from './linesHtml.js'
import { escaped } from './page.js'
import type { SolutionText } from './solutionText.js'
import { printable } from './words.js'

const markdown = unified().use(remarkParse)

/**
 * A solution in Markdown as HTML, what is said of it below the block that it is said of. Nothing of the author's reaches the page
 * but text: HTML is shown as it was written, links and pictures are their words. What no person has written as Markdown is shown line
 * by line.
 */
export function markdownHtml(solution: SolutionText): string {
  const { text, regions, remarks } = solution
  // A mask of the author's own is no mathematics.
  const masked = maskMath(text.replaceAll(mask, '\ufffd'), regions)
  if (isNoMarkdown(masked)) return linesHtml(solution)
  const root = markdown.parse(masked)
  const leaves: number[] = []
  collectLeaves(root)
  let leaf = 0
  let said = 0
  const html = block(root)
  return html + remarksBefore(Number.POSITIVE_INFINITY)

  function collectLeaves(node: Nodes): void {
    if (isLeaf(node)) leaves.push(spanOf(node)[0])
    else if ('children' in node) node.children.forEach(collectLeaves)
  }

  /** What is said of the text before an offset and has not been put down yet. */
  function remarksBefore(end: number): string {
    const from = said
    while (said < remarks.length && remarks[said].start < end) said++
    return remarks
      .slice(from, said)
      .map((remark) => remark.html)
      .join('')
  }

  function block(node: Nodes): string {
    if (isLeaf(node)) {
      leaf++
      return `${leafHtml(node)}\n${remarksBefore(leaves[leaf] ?? Number.POSITIVE_INFINITY)}`
    }
    switch (node.type) {
      case 'root':
        return node.children.map(block).join('')
      case 'blockquote':
        return `<blockquote>${node.children.map(block).join('')}</blockquote>\n`
      case 'list':
        return listHtml(node)
      case 'listItem':
        return `<li>${node.children.map(block).join('')}</li>\n`
      default:
        return ''
    }
  }

  function listHtml({ ordered, start, children }: List): string {
    const items = children.map(block).join('')
    if (ordered !== true) return `<ul>${items}</ul>\n`
    return `<ol${typeof start === 'number' && start !== 1 ? ` start="${start}"` : ''}>${items}</ol>\n`
  }

  function leafHtml(node: Nodes): string {
    switch (node.type) {
      case 'heading': {
        // The page's own headings are above those of the solution.
        const level = Math.min(6, node.depth + 2)
        return `<h${level}>${inlineAll(node.children)}</h${level}>`
      }
      case 'paragraph':
        return tableHtml(node) ?? `<p>${inlineAll(node.children)}</p>`
      case 'code':
        return codeHtml(node)
      case 'thematicBreak':
        return '<hr>'
      default:
        return `<p>${asWritten(node)}</p>`
    }
  }

  /** A code block; fenced mathematics is set. */
  function codeHtml(node: Code): string {
    const [start, end] = spanOf(node)
    const isFenced = /^\s*(```|~~~)/.test(text.slice(start, start + 10))
    if (!isFenced) return `<pre>${solution.html(start, end)}</pre>`
    const inner = { start: text.indexOf('\n', start) + 1, end: text.lastIndexOf('\n', end - 1) }
    if (inner.start <= start || inner.end <= inner.start) return `<pre>${asWritten(node)}</pre>`
    return isMathFence(node.lang ?? '')
      ? `<p>${solution.regionHtml({ outer: { start, end }, inner, display: true })}</p>`
      : `<pre>${escaped(printable(text.slice(inner.start, inner.end)))}</pre>`
  }

  /** Lines that all begin with a bar, as a table. */
  function tableHtml(node: Paragraph): string | undefined {
    const [start, end] = spanOf(node)
    const lines = masked.slice(start, end).split('\n')
    if (lines.length < 2 || !lines.every((line) => /^\s*\|/.test(line))) return undefined
    let at = start
    const rows = lines.map((line) => {
      const cells = cellsOf(line, at)
      at += line.length + 1
      return cells
    })
    const isRule = (row: readonly (readonly [number, number])[] | undefined): boolean =>
      row?.every((cell) => /^\s*:?-+:?\s*$/.test(masked.slice(...cell))) ?? false
    const headed = isRule(rows[1])
    const rowHtml = (row: readonly (readonly [number, number])[], tag: string): string =>
      `<tr>${row.map((cell) => `<${tag}>${solution.html(...cell).trim()}</${tag.slice(0, 2)}>`).join('')}</tr>`
    const head = headed ? `<thead>${rowHtml(rows[0], 'th scope="col"')}</thead>` : ''
    const body = rows.slice(headed ? 2 : 0).map((row) => rowHtml(row, 'td'))
    return `<div class="wide"><table>${head}<tbody>${body.join('')}</tbody></table></div>`
  }

  /** What stands in a paragraph; what is shown as it was written in one piece, so that a claim that goes over it is marked once. */
  function inlineAll(nodes: readonly Nodes[]): string {
    let html = ''
    for (let i = 0; i < nodes.length; i++) {
      const [start, first] = spanOf(nodes[i])
      if (!isAsWritten(nodes[i])) {
        html += inline(nodes[i])
        continue
      }
      let end = first
      while (i + 1 < nodes.length && isAsWritten(nodes[i + 1])) end = spanOf(nodes[++i])[1]
      html += solution.html(start, end)
    }
    return html
  }

  function isAsWritten(node: Nodes): boolean {
    const [start, end] = spanOf(node)
    if (node.type === 'emphasis' || node.type === 'strong') return isProduct(start, end)
    const plain = (written: string): string => written.replaceAll(/\s+/g, ' ')
    return node.type === 'text' && plain(node.value) === plain(masked.slice(start, end))
  }

  function inline(node: Nodes): string {
    switch (node.type) {
      case 'text':
        return textHtml(node.value, ...spanOf(node))
      case 'emphasis':
        return `<em>${inlineAll(node.children)}</em>`
      case 'strong':
        return `<strong>${inlineAll(node.children)}</strong>`
      case 'inlineCode':
        return `<code>${asWritten(node)}</code>`
      case 'break':
        return '<br>'
      case 'link':
      case 'linkReference':
        return inlineAll(node.children)
      case 'image':
      case 'imageReference':
        return escaped(`[picture: ${printable(unmasked(node.alt ?? '', ...spanOf(node)))}]`)
      default:
        return asWritten(node)
    }
  }

  /** Asterisks between factors, `1*0.058*1`, which Markdown takes for emphasis. */
  function isProduct(start: number, end: number): boolean {
    return /[\p{L}\p{N})\]]/u.test(text[start - 1] ?? '') || /[\p{L}\p{N}(]/u.test(text[end] ?? '')
  }

  /** Text of which escapes are undone. */
  function textHtml(value: string, start: number, end: number): string {
    let html = ''
    let at = 0
    for (const { outer, ...region } of solution.regionsIn(start, end)) {
      const run = mask.repeat(outer.end - outer.start)
      const found = value.indexOf(run, at)
      if (found < 0) break
      html += escaped(printable(value.slice(at, found))) + solution.regionHtml({ outer, ...region })
      at = found + run.length
    }
    return html + escaped(printable(unmasked(value.slice(at), start, end)))
  }

  /** A text without masks, which hold mathematics that is not shown here. */
  function unmasked(value: string, start: number, end: number): string {
    return value.includes(mask) ? text.slice(start, end) : value
  }

  function asWritten(node: Nodes): string {
    const [start, end] = spanOf(node)
    return solution.html(start, end)
  }
}

/** The cells of a line of a table, without the bars. */
function cellsOf(line: string, at: number): readonly (readonly [number, number])[] {
  const cells: (readonly [number, number])[] = []
  let start = line.indexOf('|') + 1
  for (let i = start; i < line.length; i++) {
    if (line[i] !== '|' || line[i - 1] === '\\') continue
    cells.push([at + start, at + i])
    start = i + 1
  }
  if (line.slice(start).trim() !== '') cells.push([at + start, at + line.length])
  return cells
}

/** Whether a block is below no other that remarks could stand in. */
function isLeaf({ type }: Nodes): boolean {
  return !['root', 'blockquote', 'list', 'listItem'].includes(type)
}

function spanOf(node: Nodes): readonly [start: number, end: number] {
  return [node.position?.start.offset ?? 0, node.position?.end.offset ?? 0]
}
