import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Told what a running command writes, a line at a time, and when it has ended. */
export interface Listener {
  onLine(line: string): void
  /** `how` completes «the process …»: `ended with status 1`. */
  onEnd(how: string): void
}

/** Characters of standard error that are kept to be shown when the command fails. */
const keptCharacters = 4000

/** The commands that run: none of them must outlive this program, however it ends. */
const running = new Set<Connection>()

function stopAll(): void {
  for (const connection of running) connection.stop()
}

process.on('exit', stopAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  const onSignal = () => {
    stopAll()
    // With this listener gone, the signal does again what it does without one.
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  }
  process.on(signal, onSignal)
}

/** A command that was started through the shell, in a process group of its own, so that stopping it leaves no child behind. */
export class Connection {
  private readonly child: ChildProcess
  private errorText = ''

  constructor(command: string, listener: Listener) {
    const ownGroup = process.platform !== 'win32'
    this.child = spawn(command, { shell: true, detached: ownGroup, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
    running.add(this)
    const { stdin, stdout, stderr } = this.child
    // Writing to a process that has ended is no error of its own: its end is told by onEnd.
    stdin?.on('error', () => {})
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => listener.onLine(line))
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorText = (this.errorText + text).slice(-keptCharacters)
    })
    this.child.on('error', (error) => {
      this.errorText += error.message
    })
    this.child.on('exit', () => this.stop())
    this.child.on('close', (status, signal) => {
      running.delete(this)
      listener.onEnd(signal === null ? `ended with status ${status}` : `was ended by ${signal}`)
    })
  }

  send(message: object): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  /** What it has written to standard error since this was last asked: the end of it. */
  takeErrorText(): string {
    const text = this.errorText.trimEnd()
    this.errorText = ''
    return text
  }

  /** Asks the command to end, by ending its input; stops it where it has not ended after `seconds`. */
  async end(seconds: number): Promise<void> {
    if (!running.has(this)) return
    const ended = new Promise<void>((resolve) => this.child.on('close', () => resolve()))
    const timer = setTimeout(() => this.stop(), seconds * 1000)
    this.child.stdin?.end()
    await ended
    clearTimeout(timer)
  }

  /** Stops the command at once, with every process that it has started. */
  stop(): void {
    const { pid } = this.child
    if (pid === undefined) return
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
