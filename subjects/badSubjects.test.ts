import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runLaws } from '../properties/index.js'
import { openProcess, type ProcessOptions } from './process.js'

const bad = `'${process.execPath}' '${fileURLToPath(new URL('./fixtures/bad.mjs', import.meta.url))}'`

const laws = ['has outputs of the shapes that the formulas give', 'agrees with the oracle']

/** A number that nothing else on this machine has in its environment or its arguments. */
let mark = ''
beforeEach(() => {
  mark = String(randomInt(1e12, 9e12))
  vi.stubEnv('ANSWERKEY_TEST', mark)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

/** The command lines of the processes that a subject has left; empty where the system does not tell. */
function left(): readonly string[] {
  if (process.platform !== 'linux') return []
  const read = (path: string) => {
    try {
      return readFileSync(path, 'latin1')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid)
    .filter((id) => ['environ', 'cmdline'].some((file) => read(`/proc/${id}/${file}`).includes(mark)))
    .map((id) => read(`/proc/${id}/cmdline`).replaceAll('\0', ' '))
}

/** The report of a run of a subject's relu and sigmoid, once all is closed. */
async function reportOf(how: string, options: ProcessOptions = {}) {
  // Until a limit is reached takes a while on a machine that is busy.
  const timeoutSeconds = ['floodsOneLine', 'leaks'].includes(how) ? 30 : 1
  const subject = await openProcess(`exec ${bad} ${how} ${mark}`, timeoutSeconds, options)
  try {
    const { concurrency } = subject
    const report = await runLaws(subject, { laws, runs: 5, seed: 1, concurrency, shrinkSeconds: 1 })
    return { ...report, messages: report.operators.relu.laws.flatMap(({ message }) => message ?? []).join('\n\n') }
  } finally {
    await subject.close()
  }
}

describe('a subject that misbehaves costs its own laws and nothing else', () => {
  it.each([
    ['garbage', /it wrote ".*garbage", which is no answer; what it prints belongs on standard error/],
    ['half', /did not return within 1 s; it wrote "\{\\"id\\":\d+,\\"outp" without the end of the line/],
    ['halfThenEnds', /its process ended with status 0 in the middle of the line "\{\\"id\\":\d+,\\"outp"/],
    ['floodsOneLine', /its process wrote a line of more than 64 MB to its standard output/],
    ['floodsLines', /it wrote "loss 0.25", which is no answer/],
    ['floodsErrors', /did not return within 1 s; its standard error:\n.*warning: the same again/],
    ['wrongId', /it answered a request 1000000 that nobody made/],
    ['twice', /it answered request \d+ twice/],
    ['ends', /its process ended with status 139; its standard error:\nSegmentation fault/],
    ['forks', /did not return within 1 s/],
    ['ignoresSignals', /did not return within 1 s/],
    ['sleeps', /did not return within 1 s/],
    ['closesOutput', /its process closed its standard output/],
    ['deep', /answered no tensor for y: /],
    ['escapes', /no \\u0007bell \\u202eetirw; its standard error:\n.*red and \\u0008 backspace/],
    ['early', /it answered a request 1 that nobody made/],
    ['closesInput', /did not return within 1 s|its process closed its standard input/],
    ['large', /output y has shape \[1000000\]; it should have/],
  ])('%s', async (how, message) => {
    const before = process.memoryUsage().rss
    const report = await reportOf(how)
    expect(report.operators.relu.status).toBe(how === 'large' ? 'broken' : 'errored')
    expect(report.messages).toMatch(message)
    if (!['early', 'closesInput'].includes(how)) expect(report.operators.sigmoid.status).toBe('held')
    expect(report.milliseconds).toBeLessThan(60_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may stand in a report
    expect(JSON.stringify(report)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]|\\u001b/)
    expect(left()).toEqual([])
  })
})

describe('a subject', () => {
  it('that leaks memory is ended when it holds more than it may', async ({ skip }) => {
    if (process.platform !== 'linux') skip('only Linux tells what processes hold')
    const { messages, operators } = await reportOf('leaks', { memoryMegabytes: 300 })
    expect(messages).toContain('its process held more than 300 MB of memory')
    expect(operators.sigmoid.status).toBe('held')
    expect(left()).toEqual([])
  })

  it('answers in its own words without escape sequences, names included', async () => {
    const report = await reportOf('escapedName')
    expect(report.messages).not.toContain('\u001b')
    expect(report.operators.relu.status).toBe('broken')
  })

  it('has no terminal to write to', async () => {
    const { messages } = await reportOf('terminal')
    expect(messages).toContain('ENXIO')
  })

  it('may write much to its standard error before its hello', async () => {
    const { operators } = await reportOf('noisyStart')
    expect([operators.relu.status, operators.sigmoid.status]).toEqual(['held', 'held'])
  })

  it.each([
    ['ends', 'endsBeforeHello', /it ended with status 3 before it said hello/],
    ['floods', 'floodsBeforeHello', /it wrote a line of more than 64 MB to its standard output before it said hello/],
  ])('that %s before its hello cannot be tested', async (_, how, message) => {
    await expect(openProcess(`exec ${bad} ${how} ${mark}`, 1)).rejects.toThrow(message)
    expect(left()).toEqual([])
  })

  it('that never says hello is told of while it is waited for, and given up after a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const waited: unknown[] = []
    const opened = openProcess(`exec ${bad} sleepsBeforeHello ${mark}`, 1, {
      onWaiting: (_, limit) => waited.push(limit),
    }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(waited).toHaveLength(11)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(await opened).toMatchObject({ message: expect.stringContaining('it does not say hello within 60 s') })
    expect(left()).toEqual([])
  })
})
