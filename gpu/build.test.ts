import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'node_modules', '.cache', 'answerkey-gpu-build')

// Kernels are translated from their source text, which every compiler writes anew: what tsc makes of them has to run too.
beforeAll(async () => {
  await mkdir(folder, { recursive: true })
  const configuration = {
    extends: join(root, 'tsconfig.build.json'),
    compilerOptions: { outDir: folder, rootDir: root, typeRoots: [join(root, 'node_modules', '@types')] },
    include: [],
    files: [join(root, 'gpu', 'index.ts')],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  await run(process.execPath, [resolve(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
})

/** Runs a recurrent network forward and backward on every backend that is here, in a process of its own. */
function script(end: string): string {
  return `
    import { availableBackends } from ${JSON.stringify(join(folder, 'gpu', 'index.js'))}
    import { zeros } from ${JSON.stringify(join(folder, 'oracle', 'tensor.js'))}
    const { backends } = await availableBackends()
    for (const { name, implementation: { operators }, ran, close } of backends) {
      const inputs = { x: zeros([2, 2, 3]), weightInput: zeros([4, 3]), weightHidden: zeros([4, 4]) }
      const { hidden } = await operators.rnn.forward(inputs, {})
      const { x } = await operators.rnn.backward(inputs, {}, { hidden })
      console.log(name, hidden.shape.join(), x.shape.join(), ran().every(({ mode }) => mode === name))
      ${end}
    }`
}

describe('the built package', () => {
  it.each([
    ['closes its backends', 'await close()'],
    ['leaves them open', ''],
  ])('computes, and its process ends when it %s', async (_, end) => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script(end)], { timeout: 30_000 })
    const lines = stdout.trim().split('\n')
    for (const line of lines) expect(line).toMatch(/^\w+ 2,2,4 2,2,3 true$/)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(['webasm', 'cpu']))
  })

  // Without native modules neither Dawn nor headless-gl loads.
  it('says which backends are missing, and fails where one is required', async () => {
    const code = `
      import { availableBackends } from ${JSON.stringify(join(folder, 'gpu', 'index.js'))}
      const { backends, unavailable } = await availableBackends()
      console.log(JSON.stringify({ here: backends.map(({ name }) => name), missing: unavailable }))`
    const start = (required: string) =>
      run(process.execPath, ['--no-addons', '--input-type=module', '--eval', code], {
        timeout: 30_000,
        env: { ...process.env, ANSWERKEY_REQUIRE_BACKENDS: required },
      })
    const { here, missing } = JSON.parse((await start('webasm')).stdout)
    expect(here).toEqual(['webasm', 'cpu'])
    expect(missing).toMatchObject([
      { backend: 'webgpu', reason: expect.stringMatching(/^the package webgpu does not load: /) },
      { backend: 'headlessgl', reason: expect.stringMatching(/^the package gl does not load: /) },
    ])
    await expect(start('webasm,webgpu')).rejects.toThrow(/webgpu cannot run here: the package webgpu does not load/)
  })
})
