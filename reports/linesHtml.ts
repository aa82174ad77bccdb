import { findMath, type MathRegion } from '../marking/document/mathRegions.js'
import type { SolutionText } from './solutionText.js'

/** A solution line by line as it was written, its mathematics set; what is said of a line stands below it. */
export function linesHtml(solution: SolutionText): string {
  const { text, regions, remarks } = solution
  let html = ''
  let [number, region, said] = [1, 0, 0]
  let at = 0
  while (at < text.length) {
    const first = number
    // Lines that a formula goes over stand together.
    let end = endOfLine(text, at)
    for (;;) {
      while (region < regions.length && regions[region].outer.end <= end) region++
      if (region >= regions.length || regions[region].outer.start >= end) break
      number += text.slice(end, regions[region].outer.end).split('\n').length - 1
      end = endOfLine(text, regions[region].outer.end)
    }
    const isBlank = text.slice(at, end).trim() === ''
    html += isBlank
      ? '<div class="line blank"></div>\n'
      : `<div class="line"><span class="number">${first}</span><span class="text">${solution.html(at, end)}</span></div>\n`
    number++
    at = end + 1
    while (said < remarks.length && remarks[said].start < at) html += remarks[said++].html
  }
  return (
    html +
    remarks
      .slice(said)
      .map((remark) => remark.html)
      .join('')
  )
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

/** The environments of LaTeX that KaTeX sets by themselves. */
const environments = /\\begin\{((?:equation|align|alignat|gather|aligned|gathered|split|displaymath|math|CD)\*?)\}/g

/** The mathematics of a LaTeX document: environments, and what stands between dollars or brackets. */
export function latexRegions(text: string): readonly MathRegion[] {
  const displayed: MathRegion[] = []
  let rest = ''
  let at = 0
  for (const { 0: opening, 1: name, index } of text.matchAll(environments)) {
    if (index < at) continue
    const closing = `\\end{${name}}`
    const close = text.indexOf(closing, index)
    if (close < 0) continue
    const outer = { start: index, end: close + closing.length }
    const isPlain = name === 'displaymath' || name === 'math'
    displayed.push({
      outer,
      inner: isPlain ? { start: index + opening.length, end: close } : outer,
      display: name !== 'math',
    })
    rest += text.slice(at, outer.start) + ' '.repeat(outer.end - outer.start)
    at = outer.end
  }
  const { regions } = findMath(rest + text.slice(at))
  return [...regions, ...displayed].sort((a, b) => a.outer.start - b.outer.start)
}
