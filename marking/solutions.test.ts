import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { exercises } from '../exercises/index.js'
import { type Claim, type FileReport, markFile } from './index.js'

const labelSchema = z.object({
  document: z.string(),
  conventions: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  missing: z.array(z.object({ exercise: z.string(), quantity: z.string() })),
  claims: z.array(
    z.object({
      line: z.number(),
      exercise: z.string(),
      text: z.string(),
      verdict: z.string(),
      also: z.array(z.string()).default([]),
      index: z.union([z.number(), z.array(z.number())]).optional(),
      mayBeUnread: z.boolean().default(false),
      root: z.boolean(),
      carriedFrom: z.number().nullable(),
    }),
  ),
})
type Label = z.infer<typeof labelSchema>['claims'][number]

const labelsFolder = fileURLToPath(new URL('../exercises/labels', import.meta.url))
const solutionsFolder = fileURLToPath(new URL('../exercises/solutions', import.meta.url))
const solutions = readdirSync(labelsFolder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.verdicts.yaml'))
  .map((name) => name.slice(0, -'.verdicts.yaml'.length))
  .sort()

const plain = (text: string) => text.replaceAll(/[\s&$]|\\\\|\\quad|\\qquad/g, '')

/** Pairs each label with the claim of its line that ends with its text, in reading order. */
function paired(labels: readonly Label[], claims: readonly Claim[]) {
  const left = [...claims]
  const pairs = labels.map((label) => {
    const at = left.findIndex(
      ({ line, text, index }) =>
        line === label.line &&
        plain(text).endsWith(plain(label.text)) &&
        (label.index === undefined || JSON.stringify([index].flat()) === JSON.stringify([label.index].flat())),
    )
    return { label, claim: at < 0 ? undefined : left.splice(at, 1)[0] }
  })
  return { pairs, left }
}

/** What the marker says differently from the labels, a line each. */
function differences(labels: readonly Label[], report: FileReport): readonly string[] {
  const present = report.claims.filter(({ verdict }) => verdict !== 'missing')
  const { pairs, left } = paired(labels, present)
  const found: string[] = []
  for (const { label, claim } of pairs) {
    const where = `line ${label.line}, ${label.text}`
    if (claim === undefined) {
      if (!label.mayBeUnread) found.push(`${where}: labelled ${label.verdict}, not marked`)
      continue
    }
    const accepted = [label.verdict, ...label.also]
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
  it.each(solutions)('%s', async (name) => {
    const labels = labelSchema.parse(parse(readFileSync(`${labelsFolder}/${name}.verdicts.yaml`, 'utf8')))
    const report = await markFile(`${solutionsFolder}/${name}`, { exercises })
    expect(differences(labels.claims, report)).toEqual([])
    expect(report.unread.length).toBeLessThanOrEqual(labels.claims.filter(({ mayBeUnread }) => mayBeUnread).length)
  })
})
