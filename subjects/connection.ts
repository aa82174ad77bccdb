import { type ChildProcess, spawn } from 'node:child_process'
import { Descendants, freshMark } from './descendants.js'
import { beforeTheEnd } from './endings.js'
import { Lines, longestLine } from './lines.js'
import { printable, quoted } from './printable.js'

/** Told what a running command writes, a line at a time, and when it has ended. */
export interface Listener {
  onLine(line: string): void
  /** `how` completes «the process …»: `ended with status 1`. */
  onEnd(how: string): void
}

/** Bytes of standard error that are kept to be shown when the command fails. */
const keptBytes = 4000

/** How often a command's processes and their memory are looked at. */
const watchMilliseconds = 1000

/** What a command that has ended, or has closed its output, is waited for until what it may have left unread is given up. */
const graceMilliseconds = 500

/**
 * A command that was started through the shell, in a session of its own: it has no terminal to write to, and stopping it ends
 * every process that it has started. What it writes is read as fast as it comes and kept only so far as it is needed.
 */
export class Connection {
  private readonly child: ChildProcess
  private readonly listener: Listener
  private readonly lines: Lines
  private readonly descendants: Descendants
  private readonly watch: NodeJS.Timeout
  private readonly ended: Promise<void>
  private errorTail = Buffer.alloc(0)
  /** Why it was stopped, where that was not asked for by the one who holds the connection. */
  private why: string | undefined
  private stopped = false
  private resolveEnded: () => void = () => {}
  /** Takes back that it is stopped when this program ends. */
  private readonly release = beforeTheEnd(() => this.stop())
  private finished = false

  /** `memoryBytes`: what the command and all that it starts may hold together. */
  constructor(command: string, memoryBytes: number, listener: Listener) {
    this.listener = listener
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
    this.lines = new Lines((line) => {
      if (!this.stopped) listener.onLine(line)
    })
    const mark = freshMark()
    this.child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      env: { ...process.env, [mark]: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.descendants = new Descendants(this.child.pid ?? 0, mark)
    this.watch = setInterval(() => {
      if (this.descendants.look() > memoryBytes)
        this.giveUp(`held more than ${Math.round(memoryBytes / 2 ** 20)} MB of memory`)
    }, watchMilliseconds)
    this.listen(this.child)
  }

  /** Sends one line. */
  send(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** What it has written to standard error since this was last asked: the end of it. */
  takeErrorText(): string {
    const text = this.errorTail.toString('utf8').trimEnd()
    this.errorTail = Buffer.alloc(0)
    return printable(text)
  }

  /** The beginning of a line that it has written and not ended, in quotation marks; empty where there is none. */
  unfinishedLine(): string {
    const line = this.lines.unfinished()
    return line === '' ? '' : quoted(line)
  }

  /** Asks the command to end, by ending its input; stops it where it has not ended after `seconds`. */
  async end(seconds: number): Promise<void> {
    const timer = setTimeout(() => this.stop(), seconds * 1000)
    this.child.stdin?.end()
    await this.ended
    clearTimeout(timer)
  }

  /** Stops the command at once, with every process that it has started; nothing that it wrote is heard any more. */
  stop(): void {
    if (this.stopped) return
    this.stopped = true
    this.endProcesses()
  }

  private listen({ stdin, stdout, stderr }: ChildProcess): void {
    // Its input may be closed because it has ended, which is told otherwise, or although it has not.
    stdin?.on('error', () => this.giveUpSoon('closed its standard input'))
    stdout?.on('data', (chunk: Buffer) => {
      if (!this.stopped && !this.lines.push(chunk))
        this.giveUp(`wrote a line of more than ${longestLine / 2 ** 20} MB to its standard output`)
    })
    stdout?.on('end', () => this.giveUpSoon('closed its standard output'))
    stderr?.on('data', (chunk: Buffer) => {
      this.errorTail = Buffer.concat([this.errorTail, chunk.subarray(-keptBytes)]).subarray(-keptBytes)
    })
    this.child.on('error', (error) => {
      if (this.child.pid === undefined) this.finish(`could not be started: ${error.message}`)
    })
    this.child.on('exit', (status, signal) => {
      // What is left of its processes ends with it, and with them whatever holds its pipes.
      this.endProcesses()
      const how = this.why ?? howItEnded(status, signal)
      this.child.on('close', () => this.finish(how))
      afterGrace(() => this.finish(how))
    })
  }

  private giveUpSoon(why: string): void {
    afterGrace(() => this.giveUp(why))
  }

  /** It is of no use any more: it is stopped, and its end told with this reason. */
  private giveUp(why: string): void {
    if (this.stopped || this.finished || this.hasExited()) return
    this.why = why
    this.stop()
  }

  private hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  private finish(how: string): void {
    if (this.finished) return
    this.finished = true
    this.release()
    clearInterval(this.watch)
    const line = this.stopped ? '' : this.unfinishedLine()
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) stream?.destroy()
    this.listener.onEnd(line === '' ? how : `${how} in the middle of the line ${line}`)
    this.resolveEnded()
  }

  private endProcesses(): void {
    const { pid } = this.child
    if (pid === undefined) return
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    this.descendants.end()
  }
}

/** Twice, for after long work of this program its timers are due before it has read what has come meanwhile. */
function afterGrace(then: () => void): void {
  setTimeout(() => setTimeout(then, graceMilliseconds / 2), graceMilliseconds / 2)
}

/** The shell's status for a command that a signal ended is 128 and the signal's number: 9 is SIGKILL. */
function howItEnded(status: number | null, signal: NodeJS.Signals | null): string {
  const killed = signal === 'SIGKILL' || status === 137
  const how = signal === null ? `ended with status ${status}` : `was ended by ${signal}`
  return killed ? `${how}, as the system does to a process when memory runs out` : how
}
