import { describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { figuresOf } from './fixtures/figures.js'
import { type Label, type LabelledSolution, labelledSolutions, paired } from './fixtures/labelled.js'
import { type FileReport, markFile } from './index.js'

/** What the marker says differently from the labels, a line each. What it lists as unread, and what stands beside it, is left out. */
function differences(labels: readonly Label[], report: FileReport): readonly string[] {
  const { pairs, left } = paired(labels, report)
  const unread = new Set(pairs.flatMap(({ label, claim }) => (claim === undefined ? [label.line] : [])))
  const found: string[] = []
  for (const { label, claim } of pairs) {
    const where = `line ${label.line}, ${label.text}`
    if (claim === undefined || unread.has(label.line)) continue
    const accepted: readonly string[] = [label.verdict, ...label.also]
    if (!accepted.includes(claim.verdict))
      found.push(`${where}: labelled ${accepted.join(' or ')}, marked ${claim.verdict} (${claim.message})`)
    else if (claim.verdict === label.verdict && label.carriedFrom !== claim.carriedFrom && label.verdict === 'carried')
      found.push(`${where}: labelled as carried from line ${label.carriedFrom}, marked from ${claim.carriedFrom}`)
    else if (claim.verdict === label.verdict && label.root !== claim.root)
      found.push(`${where}: labelled root ${label.root}, marked ${claim.root}`)
  }
  for (const { line, text, verdict, message } of left)
    if (verdict !== 'correct' && verdict !== 'rounded')
      found.push(`line ${line}, ${text}: no label, marked ${verdict} (${message})`)
  return found
}

describe('hand solutions are marked as they were labelled', () => {
  const marked: { readonly solution: LabelledSolution; readonly report: FileReport }[] = []
  const solutions = labelledSolutions()

  it.each(solutions)('$name', async (solution) => {
    const { path, exercise, labels } = solution
    const report = await markFile(path, { exercises, ...(exercise !== undefined && { exercise }) })
    marked.push({ solution, report })
    expect(differences(labels, report)).toEqual([])
  })

  it('as well as is asked of the marker, in all', () => {
    expect(marked.length).toBe(solutions.length)
    const { unfair, read, falseClaims, falseExplanations, explanations } = figuresOf(marked)
    expect(unfair).toEqual([])
    expect(read.hits / read.of).toBeGreaterThanOrEqual(0.97)
    expect(falseClaims.hits / falseClaims.of).toBeGreaterThanOrEqual(0.97)
    expect(falseExplanations.hits / falseExplanations.of).toBeLessThanOrEqual(0.01)
    expect(explanations.wrong).toBe(0)
  })
})
