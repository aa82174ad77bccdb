import { readFileSync } from 'node:fs'
import { BadArchitecture, looksLikeArchitecture, readArchitecture } from '../exercises/architecture/read.js'
import { walk } from '../exercises/architecture/walker.js'
import { architectureText } from '../reports/architectureText.js'
import { type CommonOptions, colorsFor, writeReport } from './output.js'
import { UsageError } from './usage.js'

/** Whether this is a YAML or JSON file that holds an architecture: an input and layers. */
export function isArchitectureFile(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path) && looksLikeArchitecture(contentOf(path))
}

/** `answerkey show NET.yaml`: the table of its layers. */
export async function showArchitecture(path: string, options: CommonOptions): Promise<number> {
  const table = walk(architectureOf(path))
  await writeReport(options, {
    json: { version: 1, ...table },
    text: () => architectureText(table, colorsFor(options)),
  })
  return 0
}

function architectureOf(path: string) {
  try {
    return readArchitecture(path, contentOf(path))
  } catch (error) {
    if (error instanceof BadArchitecture) throw new UsageError(error.message)
    throw error
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`)
  }
}
