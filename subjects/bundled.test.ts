import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { contract } from '../oracle/index.js'
import { laws, runLaws } from '../properties/index.js'
import { openSubject } from './open.js'

const has = (program: string, modules: string) => spawnSync(program, ['-c', `import ${modules}`]).status === 0
/** Debian puts its python3-torch into the system's Python, which need not be the first in the path. */
const withTorch = ['python3', '/usr/bin/python3'].find((program) => has(program, 'torch, numpy'))
const withNumpy = has('python3', 'numpy') ? 'python3' : withTorch

afterEach(() => {
  vi.unstubAllEnvs()
})

describe.runIf(withNumpy !== undefined)('numpy', () => {
  it.each([
    ['numpy', 'float64'],
    ['numpy:float32', 'float32'],
    ['numpy:float16', 'float16'],
  ])('as %s has its layers in %s, and they obey every law', { timeout: 600_000 }, async (spec, precision) => {
    vi.stubEnv('PYTHON', withNumpy)
    const subject = await openSubject(spec, 60)
    try {
      expect(subject.name).toMatch(/^NumPy \d/)
      expect(subject.precision).toBe(precision)
      expect(Object.keys(subject.operators)).toHaveLength(40)
      for (const name of Object.keys(subject.operators))
        expect(subject.operators[name].backward !== undefined, name).toBe(contract[name].differentiable)
      const report = await runLaws(subject, {
        operators: Object.keys(subject.operators),
        runs: 2,
        seed: 1,
        shrinkSeconds: 0,
        concurrency: subject.concurrency ?? 1,
      })
      const wrong = Object.entries(report.operators).flatMap(([operator, checked]) =>
        checked.laws
          .filter(({ status }) => status !== 'held')
          .map(({ law, status, message, why }) => `${operator} ${law}: ${status}: ${message ?? why}`),
      )
      expect(wrong).toEqual([])
      expect(laws.length).toBeGreaterThan(report.summary.held)
    } finally {
      await subject.close()
    }
  })
})

describe.runIf(withTorch !== undefined)('torch', () => {
  it('is PyTorch, in float64 or in the precision that is named', { timeout: 120_000 }, async () => {
    vi.stubEnv('PYTHON', withTorch)
    for (const [spec, precision] of [
      ['torch', 'float64'],
      ['torch:float32', 'float32'],
    ]) {
      const subject = await openSubject(spec, 60)
      expect(subject.name).toMatch(/^PyTorch \d/)
      expect(subject.precision).toBe(precision)
      await subject.close()
    }
  })
})

describe('a Python library that cannot be tested says why', () => {
  it('in a precision that it is not tested in', async () => {
    await expect(openSubject('torch:float8', 5)).rejects.toThrow(
      'torch:float8: no such precision of torch; known: float64, float32',
    )
  })

  it('without Python', async () => {
    vi.stubEnv('PYTHON', '/nowhere/python')
    await expect(openSubject('numpy', 5)).rejects.toThrow(
      'numpy: Python does not run as /nowhere/python; to have it: pip',
    )
  })

  it.runIf(withNumpy !== undefined)('where Python lacks it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'answerkey-'))
    const bare = join(folder, 'python')
    // Without its site packages no Python has NumPy.
    writeFileSync(bare, `#!/bin/sh\nexec ${withNumpy} -S "$@"\n`, { mode: 0o755 })
    vi.stubEnv('PYTHON', bare)
    try {
      await expect(openSubject('torch', 5)).rejects.toThrow(
        `torch: ${bare} has no numpy and no torch; to have it: pip install torch numpy`,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
