import type { Submission } from '../marking/class.js'
import { type MarkedSolution, unpack } from '../marking/packed.js'
import type { MarkedTask } from '../marking/poolTask.js'
import type { FileReport } from '../marking/report.js'
import { mapped } from '../reports/lazily.js'
import { type RevealLevel, revealed } from '../reports/markReveal.js'

/** A file that was marked, packed, and the solution that it belongs to. */
export interface PackedFile extends MarkedTask {
  readonly file: string
  readonly solution: string
}

/** A file that was marked, the solution that it belongs to, and its text. */
export interface MarkedFile extends MarkedSolution {
  readonly solution: string
}

/**
 * The files of a class, without what a level of --reveal keeps back. Each is unpacked whenever its turn comes, and let go: however
 * large the class is, only the files of one solution are held at a time.
 */
export class MarkedFiles {
  private readonly packed: readonly PackedFile[]
  private readonly level: RevealLevel

  constructor(packed: readonly PackedFile[], level: RevealLevel) {
    this.packed = packed
    this.level = level
  }

  /** All files, in their order. */
  get files(): Iterable<MarkedFile> {
    return mapped(this.packed, (file) => this.unpacked(file))
  }

  /** Their reports. */
  get reports(): Iterable<FileReport> {
    return mapped(this.files, ({ report }) => report)
  }

  /** Files by the solution that they belong to, in the order of the first of each. */
  get solutions(): Iterable<Submission> {
    const bySolution = new Map<string, PackedFile[]>()
    for (const file of this.packed) {
      const others = bySolution.get(file.solution)
      if (others === undefined) bySolution.set(file.solution, [file])
      else others.push(file)
    }
    return mapped(bySolution, ([name, files]) => ({ name, reports: files.map((file) => this.unpacked(file).report) }))
  }

  private unpacked({ packed, solution }: PackedFile): MarkedFile {
    const { report, ...rest } = unpack(packed)
    return { ...rest, report: revealed(report, this.level), solution }
  }
}
