import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { contract } from '../../oracle/index.js'
import { laws, runLaws } from '../../properties/index.js'
import { openProcess } from '../../subjects/process.js'

/** Debian puts its python3-torch into the system's Python, which need not be the first in the path. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import numpy, torch']).status === 0,
)
const script = fileURLToPath(new URL('./torch_subject.py', import.meta.url))

describe.each(['float64', 'float32'])('PyTorch in %s', (precision) => {
  it('has every operator of the contract, and obeys every law', { timeout: 600_000 }, async (context) => {
    if (python === undefined) {
      if (process.env.ANSWERKEY_REQUIRE_TORCH === '1')
        throw new Error('ANSWERKEY_REQUIRE_TORCH=1, and no python3 has torch')
      context.skip('no python3 has torch (Debian: python3-torch)')
      return
    }
    const subject = await openProcess(`${python} '${script}' --precision ${precision}`, 60)
    try {
      expect(Object.keys(subject.operators).sort()).toEqual(Object.keys(contract).sort())
      for (const [name, { differentiable }] of Object.entries(contract))
        expect(subject.operators[name].backward !== undefined, `${name} has a backward pass`).toBe(differentiable)
      const report = await runLaws(subject, {
        operators: [...new Set(laws.map(({ operator }) => operator))],
        runs: 10,
        seed: 1,
        ...(subject.concurrency !== undefined && { concurrency: subject.concurrency }),
      })
      const wrong = Object.entries(report.operators).flatMap(([operator, checked]) =>
        checked.laws
          .filter(({ status }) => status !== 'held')
          .map(({ law, status, message, why }) => `${operator} ${law}: ${status}: ${message ?? why}`),
      )
      expect(wrong).toEqual([])
    } finally {
      await subject.close()
    }
  })
})
