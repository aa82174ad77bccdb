import { Connection } from './connection.js'
import { printable, quoted } from './printable.js'
import { answerSchema, type Hello, helloSchema, protocolVersion } from './protocol.js'
import { SubjectUnavailable } from './subject.js'

/** Seconds that a process has to say hello, at least: it may load a large library. */
const helloSeconds = 60

/** How often it is told that the hello is waited for. */
const tellSeconds = 5

/** What is asked of a process from its start on. */
export interface Terms {
  readonly timeoutSeconds: number
  readonly memoryBytes: number
  /** Told every few seconds that the hello is still waited for. */
  readonly onWaiting: (seconds: number, limitSeconds: number) => void
}

/** What becomes of a process after its hello. */
export interface Afterwards {
  /** Before anything else that it wrote is told. */
  onHello(connection: Connection): void
  onLine(line: string, connection: Connection): void
  onEnd(how: string, connection: Connection): void
}

/** A process that has said hello. */
export interface Started {
  readonly connection: Connection
  readonly hello: Hello
}

/**
 * Starts a command and waits for its hello; `cancelled` ends the waiting. Throws SubjectUnavailable with the reason, and what was
 * on its standard error, where none comes.
 */
export function startProcess(
  command: string,
  { timeoutSeconds, memoryBytes, onWaiting }: Terms,
  afterwards: Afterwards,
  cancelled: AbortSignal,
): Promise<Started> {
  return new Promise<Started>((resolve, reject) => {
    let greeted = false
    const settle = () => {
      clearTimeout(limit)
      clearInterval(teller)
      cancelled.removeEventListener('abort', cancel)
    }
    const refuse = (why: string) => {
      settle()
      connection.stop()
      reject(new SubjectUnavailable(command, withErrorText(why, connection)))
    }
    const cancel = () => refuse('it was closed before it said hello')
    const seconds = Math.max(timeoutSeconds, helloSeconds)
    const began = performance.now()
    const limit = setTimeout(
      () => refuse(`it does not say hello within ${seconds} s${unfinished(connection)}`),
      seconds * 1000,
    )
    const teller = setInterval(
      () => onWaiting(Math.round((performance.now() - began) / 1000), seconds),
      tellSeconds * 1000,
    )
    const connection = new Connection(command, memoryBytes, {
      onLine: (line) => {
        if (greeted) {
          afterwards.onLine(line, connection)
          return
        }
        const hello = helloOf(line)
        if (typeof hello === 'string') {
          refuse(hello)
          return
        }
        greeted = true
        settle()
        afterwards.onHello(connection)
        resolve({ connection, hello })
      },
      onEnd: (how) => {
        if (greeted) afterwards.onEnd(how, connection)
        else refuse(`it ${how} before it said hello`)
      },
    })
    cancelled.addEventListener('abort', cancel)
    connection.send(JSON.stringify({ id: 0, hello: protocolVersion }))
  })
}

/** The reason of a failure, with what the process wrote to standard error before it. */
export function withErrorText(why: string, connection: Connection): string {
  const text = connection.takeErrorText()
  return text === '' ? why : `${why}; its standard error:\n${text}`
}

/** The half of a line that a process wrote before it fell silent, in words. */
export function unfinished(connection: Connection): string {
  const line = connection.unfinishedLine()
  return line === '' ? '' : `; it wrote ${line} without the end of the line`
}

/** A line as JSON; `undefined` where it is none. */
export function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The hello in a line, or what is wrong with it. */
function helloOf(line: string): Hello | string {
  const value = jsonOf(line)
  if (value === undefined) return `it wrote ${quoted(line)} instead of its hello, an object of JSON`
  const answer = answerSchema.safeParse(value)
  if (answer.success && 'error' in answer.data) return `it refused the hello: ${printable(answer.data.error)}`
  const hello = helloSchema.safeParse(value)
  if (hello.success) return hello.data
  const issues = hello.error.issues.map(({ path, message }) => `${path.join('.') || 'hello'}: ${message}`)
  return printable(`its hello ${quoted(line)} is wrong (${issues.join('; ')})`)
}
