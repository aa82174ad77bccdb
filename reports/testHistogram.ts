import { errorBins } from '../properties/report.js'
import { escaped } from './page.js'
import { count } from './words.js'

/** Cases by the error of their worst element, in bins of units in the last place, added up bin by bin; nothing where there are none. */
export function addedUp(all: readonly (readonly number[] | undefined)[]): readonly number[] | undefined {
  const sums = Array.from({ length: errorBins.length + 1 }, (_, bin) =>
    all.reduce((sum, errors) => sum + (errors?.[bin] ?? 0), 0),
  )
  return sums.some((sum) => sum > 0) ? sums : undefined
}

/** Each bin in words: `exact`, `up to 0.5 ulp`, …, `above 1024 ulps`. */
export const binNames: readonly string[] = [
  ...errorBins.map((bound) => (bound === 0 ? 'exact' : `up to ${bound} ${bound <= 1 ? 'ulp' : 'ulps'}`)),
  `above ${errorBins[errorBins.length - 1]} ulps`,
]

/** The bins that hold cases, in words: `exact: 80 cases; up to 1 ulp: 20 cases`. */
export function histogramText(errors: readonly number[]): string {
  return errors.flatMap((cases, bin) => (cases > 0 ? [`${binNames[bin]}: ${count(cases, 'case')}`] : [])).join('; ')
}

const bar = { width: 7, gap: 1, height: 18 }

/** A histogram the size of a word, as SVG: a bar a bin from exact, at the left, to the largest errors. */
export function smallHistogram(errors: readonly number[]): string {
  const most = Math.max(...errors)
  const width = errors.length * (bar.width + bar.gap)
  const bars = errors.flatMap((cases, bin) => (cases > 0 ? [barPath(bin, (cases / most) * (bar.height - 1))] : []))
  const text = escaped(histogramText(errors))
  return `<svg class="histogram" role="img" aria-label="${text}" width="${width}" height="${bar.height}" viewBox="0 0 ${width} ${bar.height}"><title>${text}</title><path class="axis" d="M0 ${bar.height - 0.5}H${width}"/><path class="bars" d="${bars.join('')}"/></svg>`
}

/** A bar of at least one pixel, so that no case is overlooked. */
function barPath(bin: number, height: number): string {
  const shown = Math.max(1, Math.round(height))
  return `M${bin * (bar.width + bar.gap)} ${bar.height - shown}h${bar.width}v${shown}h-${bar.width}z`
}

/** A histogram as a table of bins, with bars as long as their share of the cases. */
export function largeHistogram(errors: readonly number[], caption: string): string {
  const all = errors.reduce((sum, cases) => sum + cases, 0)
  const rows = errors.map((cases, bin) => {
    const share = Math.round((1000 * cases) / all) / 10
    const width = cases === 0 ? 0 : Math.max(1, Math.round(3 * share))
    const drawn = `<svg class="histogram" aria-hidden="true" width="300" height="10" viewBox="0 0 300 10"><path class="bars" d="M0 0h${width}v10h-${width}z"/></svg>`
    return `<tr><th scope="row">${binNames[bin]}</th><td>${drawn}</td><td>${cases}</td><td>${share} %</td></tr>`
  })
  return `<table class="errors"><caption>${escaped(caption)}</caption><tbody>${rows.join('')}</tbody></table>`
}
