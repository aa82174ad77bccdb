import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { defineConfig } from 'rolldown'

// Joins what a worker of `answerkey mark` loads into one file, after the TypeScript compiler: four hundred modules take longer to
// load than a hand solution to mark.

/** The folder of the installed package that a module belongs to, if it belongs to one. */
function packageOf(module) {
  const parts = module.split(sep)
  const at = parts.lastIndexOf('node_modules')
  const depth = parts[at + 1]?.startsWith('@') ? 3 : 2
  return at < 0 ? undefined : parts.slice(0, at + depth).join(sep)
}

/** Name, version and licence of a package, as its authors ask to be told with every copy. */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
  const text =
    file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : ''
  return `${name} ${version} (${license})\n\n${text}\n`
}

const notices = {
  name: 'notices',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    const packages = [...new Set(modules.flatMap((module) => packageOf(module) ?? []))].sort()
    this.emitFile({
      type: 'asset',
      fileName: 'poolBundle.licences.txt',
      source: packages.map(noticeOf).join('\n---\n\n'),
    })
  },
}

export default defineConfig({
  input: 'dist/marking/poolTask.js',
  platform: 'node',
  resolve: { mainFields: ['module', 'main'] },
  output: { dir: 'dist/marking', entryFileNames: 'poolBundle.js', codeSplitting: false },
  plugins: [notices],
})
