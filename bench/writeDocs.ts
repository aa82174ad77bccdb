import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { operatorsPage } from '../oracle/documentation.js'
import { contract } from '../oracle/index.js'
import { dialectsPage } from './dialectsPage.js'

// Writes the generated pages of docs/ (npm run docs), or says which of them are out of date (npm run docs -- --check).
const pages: Readonly<Record<string, string>> = {
  'docs/operators.md': operatorsPage(Object.values(contract)),
  'docs/dialects.md': dialectsPage(),
}

const check = process.argv.includes('--check')
for (const [file, page] of Object.entries(pages)) {
  if (existsSync(file) && readFileSync(file, 'utf8') === page) continue
  if (check) {
    console.error(`${file} is out of date; npm run build && npm run docs makes it anew`)
    process.exitCode = 1
  } else {
    writeFileSync(file, page)
    console.log(`wrote ${file}`)
  }
}
