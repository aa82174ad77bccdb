import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Attributes, Operator } from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import type { Tensors } from '../../oracle/tensor.js'
import { validateCall, validateGradients } from '../../oracle/validation.js'
import { type ProfileName, profileNamed } from '../../properties/index.js'
import { openModule } from '../module.js'
import { type OpenSubject, SubjectUnavailable } from '../subject.js'
import { forwardOnly, supports } from './supports.js'
import { fromWorkingDirectory, packagesOf } from './tensorflow.js'

/** What is known of the arithmetic of backends that are not held to IEEE 754. */
const profiles: Readonly<Record<string, ProfileName>> = { webgl: 'glsl', webgpu: 'wgsl', wasm: 'flush to zero' }

/**
 * TensorFlow.js as it is installed where the command runs, on one of its backends: `tfjs` (its `cpu`) or `tfjs:BACKEND`. Bad calls are
 * refused by the contract before they reach it, for it answers many of them. Throws SubjectUnavailable where it, or the backend's
 * own package, is not installed, or where the backend does not start.
 */
export async function openTfjs(spec: string, timeoutSeconds: number): Promise<OpenSubject> {
  const backend = spec === 'tfjs' ? 'cpu' : spec.slice('tfjs:'.length)
  for (const name of ['@tensorflow/tfjs', ...packagesOf(backend)])
    if (!isInstalled(name))
      throw new SubjectUnavailable(spec, `${name} is not installed in ${process.cwd()}: npm install ${name}`)
  const own = fileURLToPath(import.meta.url)
  const module = fileURLToPath(new URL(`./subject${extname(own)}`, import.meta.url))
  const opened = await openModule(module, timeoutSeconds, { setting: backend }).catch((error: unknown) => {
    // It names a file of this project, of which the user has not heard.
    const why = error instanceof SubjectUnavailable ? error.message.replace(`${module}: `, '') : String(error)
    throw new SubjectUnavailable(spec, why)
  })
  return {
    ...opened,
    name: `TensorFlow.js ${installedVersion()} (${backend})`,
    supports,
    profile: profileNamed(profiles[backend] ?? 'ieee', opened.precision),
    operators: Object.fromEntries(
      Object.entries(opened.operators).map(([name, operator]) => [name, validated(name, operator)]),
    ),
  }
}

function isInstalled(name: string): boolean {
  try {
    fromWorkingDirectory().resolve(name)
    return true
  } catch {
    return false
  }
}

function installedVersion(): string {
  const manifest: unknown = fromWorkingDirectory()('@tensorflow/tfjs/package.json')
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

/** The operator behind the contract's validation, without gradients that the contract does not ask for. */
function validated(name: string, operator: Operator): Operator {
  const declaration = contract[name]
  const backward = declaration.differentiable && !forwardOnly.includes(name) ? operator.backward : undefined
  return {
    async forward(inputs, attributes) {
      validateCall(declaration, inputs, attributes)
      return operator.forward(inputs, attributes)
    },
    ...(backward !== undefined && {
      async backward(inputs: Tensors, attributes: Attributes, gradients: Tensors) {
        validateGradients(declaration, validateCall(declaration, inputs, attributes), gradients)
        const found = await backward(inputs, attributes, gradients)
        return Object.fromEntries(
          Object.entries(found).filter(([input]) => declaration.inputs[input].constant !== true),
        )
      },
    }),
  }
}
