import { mask } from './mathRegions.js'

/**
 * A text in which a sign at the beginning of a line is no bullet where it goes on with the equation of the line before, as in
 * «a = 1 · 2» and below it «+ 3 · 4 = 14»; offsets stay.
 */
export function withContinuedLines(text: string): string {
  if (!/^[ \t]*[-+*][ \t]+[\d(]/m.test(text)) return text
  const lines = text.split('\n')
  return lines
    .map((line, i) => {
      const goesOn = /^[ \t]*[-+*](?=[ \t]+[\d(])/.exec(line)?.[0]
      if (goesOn === undefined || !/[=≈][^=≈]*[^\s:.,;]\s*$/u.test((lines[i - 1] ?? '').slice(-300))) return line
      return `${goesOn.slice(0, -1)}${mask}${line.slice(goesOn.length)}`
    })
    .join('\n')
}
