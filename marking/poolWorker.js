// Runs in a worker thread: marks one file after another, so that a file that takes too long or too much memory costs that file
// and not the run. Plain JavaScript, because Node 20 starts workers from nothing else.
import { existsSync } from 'node:fs'

/** @typedef {typeof import('./poolTask.js')} PoolTask */

/** @returns {Promise<PoolTask>} */
async function load() {
  const built = new URL('./poolTask.js', import.meta.url)
  if (existsSync(built)) return import(built.href)
  const { createJiti } = await import('jiti')
  return createJiti(import.meta.url).import('./poolTask.ts')
}

const { markTask } = await load()

export default markTask
