import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Vitest's global setup: what the tests and their processes put among the temporary files goes when the run ends, however a test ended. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'answerkey-tests-'))
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
