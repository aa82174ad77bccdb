import type { Unread } from './document.js'

/** More of one line is not listed one by one. */
const mostOfLine = 50

/** What is unread, by lines: the same said once, and very much of one line counted. */
export function withoutRepetition(unread: readonly Unread[]): readonly Unread[] {
  const different = [
    ...new Map(unread.map((entry) => [`${entry.place.line} ${entry.why} ${entry.text}`, entry])).values(),
  ]
  const counts = new Map<number, number>()
  for (const { place } of different) counts.set(place.line, (counts.get(place.line) ?? 0) + 1)
  const listed = new Map<number, number>()
  return different.flatMap((entry) => {
    const { line } = entry.place
    const count = counts.get(line) ?? 0
    const number = (listed.get(line) ?? 0) + 1
    listed.set(line, number)
    if (number <= mostOfLine) return [entry]
    const more = count - mostOfLine
    return number === mostOfLine + 1
      ? [{ ...entry, why: `${more} more stretches of this line are not understood` }]
      : []
  })
}
