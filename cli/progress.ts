import { Presets, SingleBar } from 'cli-progress'

/** Progress on standard error, and only on a terminal. */
export interface Progress {
  update(done: number, total: number, what: string): void
  stop(): void
}

const silent: Progress = { update() {}, stop() {} }

/** A progress bar; one that shows nothing where standard error is no terminal or nobody wants it. */
export function openProgress(quiet: boolean): Progress {
  if (quiet || process.stderr.isTTY !== true) return silent
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} {what}', clearOnComplete: true, hideCursor: true, stream: process.stderr },
    Presets.shades_grey,
  )
  let started = false
  return {
    update(done, total, what) {
      if (started) {
        bar.setTotal(total)
        bar.update(done, { what })
      } else bar.start(total, done, { what })
      started = true
    },
    stop() {
      if (started) bar.stop()
    },
  }
}
