import type { Claim, FileReport } from './report.js'

/** The claims of all files of one solution: what one file does not have is not missing where another has it. */
export function claimsTogether(reports: readonly FileReport[]): readonly Claim[] {
  const all = reports.flatMap(({ claims }) => claims)
  const keyOf = ({ exercise, quantity }: Claim): string => `${exercise}\n${quantity}`
  const found = new Set(all.filter(({ verdict }) => verdict !== 'missing').map(keyOf))
  return all.filter((claim) => {
    if (claim.verdict !== 'missing') return true
    if (found.has(keyOf(claim))) return false
    // What several files lack is missing once.
    found.add(keyOf(claim))
    return true
  })
}
