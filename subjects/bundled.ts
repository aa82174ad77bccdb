import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Precision } from '../oracle/contract.js'
import { openProcess, type ProcessOptions } from './process.js'
import { shellWord } from './shell.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'

interface Bundled {
  /** A file of examples/subjects that takes `--precision`. */
  readonly script: string
  readonly precisions: readonly Precision[]
  /** Python modules that it imports. */
  readonly modules: readonly string[]
  readonly install: string
}

/** Python libraries that are tested through an example subject, by the name that `answerkey test` knows them by. */
const bundled: Readonly<Record<string, Bundled>> = {
  torch: {
    script: 'torch_subject.py',
    precisions: ['float64', 'float32'],
    modules: ['numpy', 'torch'],
    install: 'pip install torch numpy (Debian: apt install python3-torch)',
  },
  numpy: {
    script: 'numpy_subject.py',
    precisions: ['float64', 'float32', 'float16'],
    modules: ['numpy'],
    install: 'pip install numpy (Debian: apt install python3-numpy)',
  },
}

/** Whether a subject is `torch` or `numpy`, or one of them with a precision: `torch:float32`. */
export function isBundled(spec: string): boolean {
  return Object.hasOwn(bundled, spec.split(':', 1)[0])
}

/**
 * Opens a Python library, or one in a precision (`torch:float32`; float64 where none is named), with the program that PYTHON
 * names, or python3. Throws SubjectUnavailable where there is no Python, where it has no such library, or where the library is
 * not tested in this precision.
 */
export async function openBundled(
  spec: string,
  timeoutSeconds: number,
  options: ProcessOptions = {},
): Promise<OpenSubject> {
  const [library, precision = 'float64'] = spec.split(/:(.*)/s)
  const { script, precisions, modules, install } = bundled[library]
  if (!precisions.some((known) => known === precision))
    throw new SubjectUnavailable(spec, `no such precision of ${library}; known: ${precisions.join(', ')}`)
  const python = process.env.PYTHON || 'python3'
  const why = missing(python, modules)
  if (why !== undefined)
    throw new SubjectUnavailable(spec, `${why}; to have it: ${install}, or name another Python in PYTHON`)
  const path = ['../examples/subjects/', '../../examples/subjects/']
    .map((folder) => fileURLToPath(new URL(folder + script, import.meta.url)))
    .find((candidate) => existsSync(candidate))
  if (path === undefined) throw new SubjectUnavailable(spec, `this installation lacks its examples/subjects/${script}`)
  return openProcess(`${shellWord(python)} ${shellWord(path)} --precision ${precision}`, timeoutSeconds, options)
}

/** What this Python lacks of the modules, without importing them; undefined where it has them all. */
function missing(python: string, modules: readonly string[]): string | undefined {
  const script =
    'import importlib.util, sys; print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))'
  const { error, status, stdout } = spawnSync(python, ['-c', script, ...modules], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) return `Python does not run as ${python}`
  const lacking = stdout.trim().split(/\s+/).filter(Boolean)
  return lacking.length === 0 ? undefined : `${python} has no ${lacking.join(' and no ')}`
}
