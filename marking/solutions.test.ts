import { describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { type Label, labelledSolutions, paired } from './fixtures/labelled.js'
import { type FileReport, markFile } from './index.js'

/** What the marker says differently from the labels, a line each. */
function differences(labels: readonly Label[], report: FileReport): readonly string[] {
  const { pairs, left } = paired(labels, report)
  const found: string[] = []
  for (const { label, claim } of pairs) {
    const where = `line ${label.line}, ${label.text}`
    if (claim === undefined) {
      if (!label.mayBeUnread) found.push(`${where}: labelled ${label.verdict}, not marked`)
      continue
    }
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
  it.each(labelledSolutions())('$name', async ({ path, exercise, labels }) => {
    const report = await markFile(path, { exercises, ...(exercise !== undefined && { exercise }) })
    expect(differences(labels, report)).toEqual([])
    expect(report.unread.length).toBeLessThanOrEqual(labels.filter(({ mayBeUnread }) => mayBeUnread).length)
  })
})
