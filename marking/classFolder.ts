import { type Dirent, readdirSync, statSync } from 'node:fs'
import { basename, extname, join, sep } from 'node:path'

/** Files to mark, and whose they are. */
export interface SubmittedFile {
  readonly file: string
  /** The name of the solution that it belongs to: its own, or that of the folder of one person. */
  readonly solution: string
}

export interface FolderListing {
  readonly files: readonly SubmittedFile[]
  /** Files that are no solutions by their ending. */
  readonly leftOut: readonly string[]
}

/** What solutions are called by. */
export const endings: readonly string[] = ['.md', '.markdown', '.tex', '.ipynb', '.txt', '.yaml', '.yml', '.json']

/** Folders that hold nothing that anybody handed in. */
const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', '__MACOSX', '__pycache__'])

/**
 * The solutions that a path stands for: the file itself, or all files of a folder that look like one, in alphabetical order. A
 * folder of folders holds one person's solution in each. Hidden files are passed over; links to folders are not followed.
 */
export function submittedFiles(path: string): FolderListing {
  if (!isFolder(path)) return { files: [{ file: path, solution: path }], leftOut: [] }
  const all = filesBelow(path)
  const looksRight = (file: string): boolean => endings.includes(extname(file).toLowerCase())
  const solutions = all.filter(looksRight)
  const ownerOf = (file: string): string => file.slice(path.length).split(sep).filter(Boolean)[0]
  const isFolderOfFolders = solutions.every((file) => ownerOf(file) !== basename(file))
  const count = new Map<string, number>()
  for (const file of solutions) count.set(ownerOf(file), (count.get(ownerOf(file)) ?? 0) + 1)
  return {
    files: solutions.map((file) => {
      const owner = ownerOf(file)
      return { file, solution: isFolderOfFolders && (count.get(owner) ?? 0) > 1 ? join(path, owner) : file }
    }),
    leftOut: all.filter((file) => !looksRight(file)),
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function filesBelow(folder: string): readonly string[] {
  const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && !ignoredFolders.has(entry.name))
    .toSorted(byName)
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
}
