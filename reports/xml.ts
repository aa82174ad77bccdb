import { printable } from './words.js'

/** What XML may hold: no control characters, no halves of surrogate pairs. */
export function xmlText(raw: string): string {
  return printable(raw).replaceAll(/[\ufffe\uffff]/g, '\ufffd')
}
