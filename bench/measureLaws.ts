import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mistakes } from '../mistakes/index.js'
import { laws } from '../properties/index.js'
import {
  type Caught,
  catchMistake,
  firstCatch,
  honestVariants,
  type Judgement,
  judgeVariant,
  smallestCounterexample,
} from './lawPower.js'
import { lawsPage, summaryText } from './lawsPage.js'

/** Cases a law for the mistakes. With the first seed all laws run, with the others until one breaks. */
const runs = 100
const mistakeSeeds = [1, 2, 3, 4, 5]
/** Cases a law for the honest variants: few, but on many seeds and subjects. */
const variantRuns = 5
const variantSeeds = Array.from({ length: 20 }, (_, i) => i + 1)

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
}

const caught: Caught[] = []
for (const [i, mistake] of mistakes.entries()) {
  if (i % 10 === 0) progress(`mistake ${i + 1} of ${mistakes.length}: ${mistake.name}`)
  for (const [s, seed] of mistakeSeeds.entries())
    caught.push(await (s === 0 ? catchMistake : firstCatch)(mistake, seed, runs))
}

const lowered: Record<string, Caught[]> = {}
for (const precision of ['float32', 'float16', 'bfloat16'] as const) {
  progress(`mistakes in ${precision}`)
  lowered[precision] = []
  for (const mistake of mistakes) lowered[precision].push(await firstCatch(mistake, mistakeSeeds[0], runs, precision))
}

/** Every so many-th mistake has its counterexample made small. */
const sampled = 4
progress('counterexamples')
const counterexamples: (number | undefined)[] = []
for (const [i, mistake] of mistakes.entries())
  if (i % sampled === 0) counterexamples.push(await smallestCounterexample(mistake, mistakeSeeds[0], runs))

const judgements: Judgement[] = []
for (const seed of variantSeeds) {
  progress(`honest variants, seed ${seed} of ${variantSeeds.length}`)
  for (const variant of honestVariants(seed)) judgements.push(...(await judgeVariant(variant, seed, variantRuns)))
}

const figures = {
  laws,
  mistakes,
  caught,
  lowered,
  judgements,
  counterexamples,
  runs,
  variantRuns,
  mistakeSeeds,
  variantSeeds,
}
process.stdout.write(`${summaryText(figures)}\n`)
const page = fileURLToPath(new URL('../../docs/laws.md', import.meta.url))
writeFileSync(page, lawsPage(figures))
progress(`written: ${page}\n`)
