// Runs in a worker thread: marks one file after another, so that a file that takes too long or too much memory costs that file
// and not the run. Plain JavaScript, because Node 20 starts workers from nothing else.
import { existsSync } from 'node:fs'

/** @typedef {typeof import('./poolTask.js')} PoolTask */

/** @returns {Promise<PoolTask>} */
async function load() {
  const built = ['./poolBundle.js', './poolTask.js'].map((file) => new URL(file, import.meta.url)).find(existsSync)
  if (built !== undefined) return import(built.href)
  const { createJiti } = await import('jiti')
  return createJiti(import.meta.url).import('./poolTask.ts')
}

const { markTask } = await load()

export default markTask
