import { describe, expect, it } from 'vitest'
import { profileNamed, runLaws } from '../properties/index.js'
import { browserBackendNames, openBackend, operatorNames } from './browser.js'

describe.each(browserBackendNames.filter((name) => name !== 'cpu'))(
  'in a browser, on %s every law holds for',
  async (name) => {
    const backend = await openBackend(name)
    const subject = { ...backend.implementation, profile: profileNamed(backend.profileName, 'float32') }

    it.each(operatorNames)('%s', async (operator) => {
      const { operators } = await runLaws(subject, { operators: [operator], runs: 5, seed: 7, concurrency: 16 })
      const { laws } = operators[operator]
      expect(
        laws
          .filter(({ status }) => status !== 'held')
          .map(({ law, status, message }) => `${status}: ${law}: ${message}`),
      ).toEqual([])
      expect(laws.length).toBeGreaterThan(10)
    })

    it('kernels ran on this backend and no other', () => {
      expect([...new Set(backend.ran().map(({ mode }) => mode))]).toEqual([name])
    })
  },
)
