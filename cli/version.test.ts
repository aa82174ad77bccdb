import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { packageVersion } from './version.js'

it("names the version of this project's package.json, read from the source", () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(packageVersion()).toBe(version)
})
