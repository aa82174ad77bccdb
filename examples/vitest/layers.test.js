// What a project's own test file looks like: `npx vitest run` reports a test for every law of every operator.
import { fileURLToPath } from 'node:url'
import { conformance } from 'answerkey/vitest'
import * as layers from './layers.js'

conformance({ ...layers, name: 'layers' })

// Whatever `answerkey test` takes is a subject too: a module that runs in a worker of its own, a command, a known library.
conformance(fileURLToPath(new URL('../overflowing-softmax.mjs', import.meta.url)), {
  operators: ['softmax'],
  runs: 50,
  xfail: { softmax: { '*': 'it overflows: the maximum is not subtracted' } },
})
