import { createHash } from 'node:crypto'
import { isAbsolute, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { wellFormed } from './words.js'

/** Where the schema of SARIF logs stands. */
export const sarifSchema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** A path as a URI, relative where the path is. */
export function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(wellFormed(path)).href
  return path
    .replace(/^\.[\\/]/, '')
    .split(sep)
    .map((part) => encodeURIComponent(wellFormed(part)))
    .join('/')
}

/** Text that SARIF takes as it stands: no placeholders in braces, no links. */
export function plain(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&').replaceAll(/\\|\[(?=[^\]]*\]\()/g, '\\$&')
}

/** What a result is recognised by in later runs: the same for the same parts. */
export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** A phrase as a sentence. */
export function sentence(phrase: string): string {
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`
}
