import { describe, expect, it } from 'vitest'
import { profileNamed, runLaws } from '../properties/index.js'
import { availableBackends, backendNames, operatorNames } from './index.js'

const { backends, unavailable } = await availableBackends()

describe.each(backends)('on $name every law holds for', ({ implementation, profileName }) => {
  const subject = { ...implementation, profile: profileNamed(profileName, 'float32') }
  it.each(operatorNames)('%s', async (operator) => {
    const { operators } = await runLaws(subject, { operators: [operator], runs: 8, seed: 7, concurrency: 16 })
    const { laws } = operators[operator]
    expect(
      laws.filter(({ status }) => status !== 'held').map(({ law, status, message }) => `${status}: ${law}: ${message}`),
    ).toEqual([])
    expect(laws.length).toBeGreaterThan(10)
  })
})

describe('a backend that this machine lacks', () => {
  it.for(backendNames)('%s runs here, or is skipped with the reason', (name, { skip }) => {
    const missing = unavailable.find(({ backend }) => backend === name)
    if (missing !== undefined) skip(missing.message)
    expect(backends.map((backend) => backend.name)).toContain(name)
  })
})
