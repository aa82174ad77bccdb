import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** A text as HTML, in an element or between double quotes. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** KaTeX's style sheet with its fonts inside, for a page that has equations. */
export function katexStyle(body: string): string {
  if (!body.includes('class="katex"')) return ''
  wholeStyle ??= readKatexStyle()
  return wholeStyle
}

let wholeStyle: string | undefined

function readKatexStyle(): string {
  const file = createRequire(import.meta.url).resolve('katex/dist/katex.min.css')
  const folder = file.slice(0, -'katex.min.css'.length)
  return readFileSync(file, 'utf8').replaceAll(/src:url\((fonts\/[^)]+\.woff2)\)[^}]*?(?=[;}])/g, (_, font: string) => {
    const data = readFileSync(`${folder}${font}`).toString('base64')
    return `src:url(data:font/woff2;base64,${data}) format("woff2")`
  })
}
