import type { Claim, Summary, UnreadLine } from './report.js'

/** How many claims have which verdict, and how many lines could not be read. */
export function summarise(claims: readonly Claim[], unread: readonly UnreadLine[]): Summary {
  const count = (verdict: Claim['verdict']): number => claims.filter((claim) => claim.verdict === verdict).length
  return {
    correct: count('correct'),
    rounded: count('rounded'),
    carried: count('carried'),
    arithmetic: count('arithmetic'),
    transcription: count('transcription'),
    wrong: count('wrong'),
    unsupported: count('unsupported'),
    missing: count('missing'),
    unread: unread.length,
  }
}
