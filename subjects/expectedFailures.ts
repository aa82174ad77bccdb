import { parse, YAMLError } from 'yaml'
import { z } from 'zod'
import { type ExpectedFailures, refuseUnknownLaws } from '../properties/expectedFailures.js'

/** Why a list of expected failures cannot be used. */
export class BadExpectedFailures extends Error {
  override readonly name = 'BadExpectedFailures'
}

const reason = z.string().trim().min(1)
const schema = z.record(z.string(), z.union([reason, z.record(z.string(), reason)]))

/**
 * Reads a list of failures that are expected, in YAML or JSON: by operator the laws and a reason each, `*` for whichever laws of the
 * operator fail, or one reason in their place. `others` are names of laws of what is no operator, by what it is called: an exercise.
 * Throws BadExpectedFailures where it is no such list, or names an operator or a law that does not exist.
 */
export function readExpectedFailures(
  file: string,
  text: string,
  others: Readonly<Record<string, readonly string[]>> = {},
): ExpectedFailures {
  const listed = schema.safeParse(parsed(file, text))
  if (!listed.success) {
    const [{ path, message }] = listed.error.issues
    throw new BadExpectedFailures(
      `${file}: ${path.length === 0 ? '' : `${path.join(' → ')}: `}${message}; it should map operators to laws, and these to a reason`,
    )
  }
  const failures = Object.fromEntries(
    Object.entries(listed.data).map(([operator, entry]) => [
      operator,
      typeof entry === 'string' ? { '*': entry } : entry,
    ]),
  )
  try {
    refuseUnknownLaws(failures, others)
  } catch (error) {
    if (error instanceof RangeError) throw new BadExpectedFailures(`${file}: ${error.message}`)
    throw error
  }
  return failures
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text) ?? {}
  } catch (error) {
    if (error instanceof YAMLError) throw new BadExpectedFailures(`${file} is no YAML: ${error.message.split('\n')[0]}`)
    throw error
  }
}
