/** One of the equal parts into which a run is shared out. */
export interface Shard {
  /** From 1 to `of`. */
  readonly index: number
  readonly of: number
}

/** Some of the equal parts. */
export interface Shards {
  readonly indices: readonly number[]
  readonly of: number
}

/** A shard as the command line names it: `2/4`; `undefined` where the text is none. */
export function parseShard(text: string): Shard | undefined {
  const shards = parseShards(text)
  return shards?.indices.length === 1 ? { index: shards.indices[0], of: shards.of } : undefined
}

/** Some shards of a run, as a report names them: `2/4`, or `1,3/4` once some were merged; `undefined` where the text is none. */
export function parseShards(text: string): Shards | undefined {
  if (!/^[1-9]\d{0,3}(?:,[1-9]\d{0,3})*\/[1-9]\d{0,3}$/.test(text)) return undefined
  const [first, of] = text.split('/')
  const shards = { indices: first.split(',').map(Number), of: Number(of) }
  return shards.indices.every((index) => index <= shards.of) ? shards : undefined
}

/** Shards as parseShards reads them. */
export function shardsText({ indices, of }: Shards): string {
  return `${indices.join(',')}/${of}`
}
