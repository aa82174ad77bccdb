import { describe, expect, it } from 'vitest'
import { mistakeText } from './explanation.js'

describe('a mistake in words', () => {
  it('says what is done in it, and which dialect declares it where it is meant', () => {
    const text = mistakeText('gru', 'gru with the reset gate before the matrix')
    expect(text).toMatch(
      /^«gru with the reset gate before the matrix»: The candidate was taken as .*here r multiplies /,
    )
    expect(text).toMatch(/\. Where it is meant so: --dialect gru\.reset=before \(docs\/dialects\.md\)$/)
  })

  it('is only what is done where no dialect has it so', () => {
    expect(mistakeText('gru', 'gru without the reset gate')).toMatch(/^«gru without the reset gate»: .*with r\.$/)
    expect(mistakeText('gru', 'gru of somebody’s own')).toBe('«gru of somebody’s own»')
  })
})
