/** Bytes of one line that are kept. */
export const longestLine = 64 * 2 ** 20

/** Cuts a stream of bytes into lines. */
export class Lines {
  private readonly onLine: (line: string) => void
  /** The line that has no end yet. */
  private parts: Buffer[] = []
  private size = 0

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine
  }

  /** Hands on the lines that end in this chunk; `false` where one is longer than what is kept. */
  push(chunk: Buffer): boolean {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const rest = chunk.subarray(start, end)
      start = end + 1
      if (this.size + rest.length > longestLine) return false
      const line = this.size === 0 ? rest : Buffer.concat([...this.parts, rest])
      this.parts = []
      this.size = 0
      this.onLine(line.toString('utf8', 0, line.at(-1) === 13 ? line.length - 1 : line.length))
    }
    if (start < chunk.length) {
      this.parts.push(start === 0 ? chunk : chunk.subarray(start))
      this.size += chunk.length - start
    }
    return this.size <= longestLine
  }

  /** The beginning of the line that has no end yet; empty where there is none. */
  unfinished(): string {
    return (this.parts[0] ?? Buffer.alloc(0)).toString('utf8', 0, 1000)
  }
}
