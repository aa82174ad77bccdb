import { type BackendName, backendNames, openBackend } from '../gpu/index.js'
import { oracle } from '../oracle/index.js'
import { profileNamed } from '../properties/index.js'
import { openModule } from './module.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'

const moduleEndings = /\.[cm]?[jt]s$/

/**
 * Opens what `answerkey test` is given: `oracle`, `gpu:BACKEND`, or the path of a JavaScript or TypeScript module.
 * Throws SubjectUnavailable or BackendUnavailable with the reason.
 */
export async function openSubject(spec: string, timeoutSeconds: number): Promise<OpenSubject> {
  if (spec === 'oracle') return { ...oracle, close: async () => {} }
  if (spec.startsWith('gpu:')) return openGpu(spec)
  if (moduleEndings.test(spec)) return openModule(spec, timeoutSeconds)
  throw new SubjectUnavailable(
    spec,
    'no such subject; it should be oracle, gpu:BACKEND, or the path of a module that ends in .ts, .js, .mts or .mjs',
  )
}

async function openGpu(spec: string): Promise<OpenSubject> {
  const name = spec.slice('gpu:'.length)
  if (!isBackend(name)) throw new SubjectUnavailable(spec, `no such backend; known: ${backendNames.join(', ')}`)
  const backend = await openBackend(name)
  return { ...backend.implementation, profile: profileNamed(backend.profileName, 'float32'), close: backend.close }
}

function isBackend(name: string): name is BackendName {
  return backendNames.some((backend) => backend === name)
}
