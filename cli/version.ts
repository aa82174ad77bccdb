import { createRequire } from 'node:module'

/** The version that the package's own package.json names, found as the package itself: from its source and from its build. */
export function packageVersion(): string {
  const description: unknown = createRequire(import.meta.url)('answerkey/package.json')
  return typeof description === 'object' && description !== null && 'version' in description
    ? String(description.version)
    : 'unknown'
}
