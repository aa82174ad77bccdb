import { describe, expect, it } from 'vitest'
import { Steps } from './steps.js'

describe('steps that were computed before', () => {
  it('are kept as long as every solution needs them, however many others are computed; the others are let go', async () => {
    const steps = new Steps<number>()
    const computed: string[] = []
    const value = (key: string, count = 1): Promise<number> =>
      steps.of(key, count, async () => {
        computed.push(key)
        return key.length
      })
    for (let solution = 0; solution < 100; solution++) {
      expect(await value('common')).toBe(6)
      for (let i = 0; i < 50; i++) await value(`${solution} ${i}`)
    }
    expect(computed.filter((key) => key === 'common')).toHaveLength(1)
    await value('99 49')
    await value('0 0')
    expect(computed.slice(-2)).toEqual(['99 49', '0 0'])
    expect(computed.filter((key) => key === '99 49')).toHaveLength(1)
  })

  it('are fewer where they hold more numbers', async () => {
    const steps = new Steps<string>()
    let computed = 0
    const large = (key: string): Promise<string> => steps.of(key, 60_000, async () => `${key} ${++computed}`)
    for (const key of ['a', 'b', 'c', 'd', 'e']) await large(key)
    expect(await large('e')).toBe('e 5')
    expect(await large('a')).toBe('a 6')
  })
})
