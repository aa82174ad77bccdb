// Runs as a process of its own, with ONNX Runtime in it, so that a crash of its native code or a call that hangs costs that call and
// not the run. Plain JavaScript, because Node 20 starts nothing else; from source, what it serves is TypeScript.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'

// Standard output is for answers.
console.log = console.error
console.info = console.error

const built = new URL('./serve.js', import.meta.url)
/** @type {typeof import('./serve.js')} */
const { serve } = existsSync(fileURLToPath(built))
  ? await import(built.href)
  : await createJiti(import.meta.url).import('./serve.ts')
await serve(process.argv[2])
