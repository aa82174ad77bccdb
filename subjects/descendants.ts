import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

/** What the system tells of one process. */
interface Process {
  readonly id: number
  readonly parent: number
  /** When it started, in clock ticks since the system did: tells it apart from a later process of the same number. */
  readonly started: string
  readonly residentBytes: number
  readonly ended: boolean
}

/** Several commands that are watched at about the same time share one look at the system's processes. */
const keptMilliseconds = 200
let lately: { readonly at: number; readonly all: readonly Process[] } = { at: Number.NEGATIVE_INFINITY, all: [] }

/** Size of a page of memory on nearly every Linux machine. */
const pageBytes = 4096

/** A process that was killed is there until the system next runs it, which takes a while on a busy machine; this long at most. */
const goneWithinMilliseconds = 5000

/** A program has its environment so soon after it was started, on a busy machine too. */
const startedWithinMilliseconds = 200

/** Processes that have had none for longer. */
const bare = new Set<string>()

/** The name of an environment variable that nothing else bears: who is started with it, and what that starts, is found again. */
export function freshMark(): string {
  return `ANSWERKEY_SUBJECT_${randomBytes(8).toString('hex')}`
}

/**
 * The processes that a command has started, found again however they hide: its descendants, those that bear its mark in their
 * environment although their parent has ended or they left its session, and those that were descendants when last looked at.
 * Only Linux tells these things (in /proc); elsewhere none are found, and the process group is all that can be ended.
 */
export class Descendants {
  private readonly root: number
  private readonly mark: string
  /** When each started, by its number. */
  private readonly seen = new Map<number, string>()

  /** `root`: the command's process, 0 where it is a part of this one; `mark`: what it was started with (freshMark). */
  constructor(root: number, mark: string) {
    this.root = root
    this.mark = mark
  }

  /** Looks at the descendants that there are now, the root among them; answers with the bytes of memory that they hold together. */
  look(): number {
    let bytes = 0
    if (performance.now() - lately.at > keptMilliseconds) lately = { at: performance.now(), all: processes() }
    for (const { id, started, residentBytes } of this.related(lately.all)) {
      this.seen.set(id, started)
      bytes += residentBytes
    }
    return bytes
  }

  /** Ends them all, at once, and those too that they start meanwhile; they are gone when it returns. */
  end(): void {
    const signalled = new Set<string>()
    const killed = new Set<string>()
    const began = performance.now()
    for (let found = true; found; ) {
      found = false
      const all = processes()
      const related = new Set(this.related(all))
      const unclear: string[] = []
      for (const candidate of all) {
        const name = nameOf(candidate)
        if (candidate.ended || signalled.has(name)) continue
        const bears = related.has(candidate) || this.bearsMark(candidate)
        if (bears === undefined && !bare.has(name)) unclear.push(name)
        if (!bears) continue
        signalled.add(name)
        found = true
        if (kill(candidate.id)) killed.add(name)
      }
      if (unclear.length === 0) continue
      if (performance.now() - began < startedWithinMilliseconds) {
        found = true
        sleep(1)
      } else for (const name of unclear) bare.add(name)
    }
    if (killed.size === 0) return
    for (const began = performance.now(); performance.now() - began < goneWithinMilliseconds; sleep(1))
      if (!processes().some((one) => !one.ended && killed.has(nameOf(one)))) return
  }

  /** Those that were seen, with all their descendants. */
  private related(all: readonly Process[]): readonly Process[] {
    const children = new Map<number, Process[]>()
    for (const child of all) {
      const siblings = children.get(child.parent)
      if (siblings === undefined) children.set(child.parent, [child])
      else siblings.push(child)
    }
    const known = all.filter(
      ({ id, started, parent }) => this.seen.get(id) === started || (id === this.root && parent === process.pid),
    )
    const related = new Set(known)
    for (const ancestor of related) for (const child of children.get(ancestor.id) ?? []) related.add(child)
    return [...related]
  }

  /** Undefined where it has no environment: it may be about to become another program, and has none until it is. */
  private bearsMark({ id, parent }: Process): boolean | undefined {
    const isOfSystem = id === 2 || parent === 2
    if (id === process.pid || isOfSystem) return false
    const environment = read(`/proc/${id}/environ`)
    return environment === '' ? undefined : environment?.includes(this.mark) === true
  }
}

/** Its number and its start: the number alone may be another's later. */
function nameOf({ id, started }: Process): string {
  return `${id} ${started}`
}

/** False where it has ended by itself, or is somebody else's. */
function kill(id: number): boolean {
  try {
    return process.kill(id, 'SIGKILL')
  } catch {
    return false
  }
}

/** Holds this thread up: the end of a run cannot wait for anything else. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

function processes(): readonly Process[] {
  if (process.platform !== 'linux') return []
  const result: Process[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`) ?? ''
    // The name of its program, in parentheses, may hold anything; proc(5) numbers the fields from 1, and this is the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length < 22) continue
    const ended = fields[0] === 'Z' || fields[0] === 'X'
    const residentBytes = Number(fields[21]) * pageBytes
    result.push({ id: Number(name), parent: Number(fields[1]), started: fields[19], residentBytes, ended })
  }
  return result
}

/** Undefined where a process ended while it is looked at, or belongs to somebody else. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
