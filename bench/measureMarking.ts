import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Tinypool } from 'tinypool'
import { exercises } from '../exercises/index.js'
import { type Figures, figuresOf, type Share } from '../marking/fixtures/figures.js'
import { labelledSolutions } from '../marking/fixtures/labelled.js'
import { markFile } from '../marking/index.js'
import { table } from '../reports/words.js'
import type { GeneratedResult, GeneratedTask } from './generatedTask.js'

// Measures how well hand solutions are marked: npm run measure:marking [-- OPTIONS]
//   --verbose            every difference, not only the claims that were marked down unfairly
//   --faultless N        faultless generated solutions, of all exercises together (2000)
//   --only-faultless     nothing but these, for campaigns
//   --seed N             of what is generated (1)
//   --time-limit SECONDS after which no more faultless solutions are begun

const { values } = parseArgs({
  options: {
    verbose: { type: 'boolean', default: false },
    faultless: { type: 'string', default: '2000' },
    'only-faultless': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    'time-limit': { type: 'string', default: 'Infinity' },
  },
})
const [faultless, seed, limit] = [values.faultless, values.seed, values['time-limit']].map(Number)
if (!Number.isSafeInteger(faultless) || !Number.isSafeInteger(seed) || faultless < 0 || !(limit > 0))
  throw new RangeError('--faultless and --seed should be whole numbers, --time-limit seconds')

function percent({ hits, of }: Share): string {
  return of === 0 ? '–' : `${((100 * hits) / of).toFixed(1)} % (${hits} of ${of})`
}

/** The figures of labelled solutions as they are printed. */
function figuresText(figures: Figures): string {
  const { explanations } = figures
  return [
    `${figures.solutions} labelled solutions, ${figures.claims} claims`,
    '',
    ...table([
      ['verdict', 'precision', 'recall'],
      ...figures.byVerdict.map(({ verdict, precision, recall }) => [verdict, percent(precision), percent(recall)]),
    ]),
    '',
    ...table([
      ['', 'measured', 'reach'],
      ['claims read', percent(figures.read), '≥ 97 %'],
      ['false claims not called right', percent(figures.falseClaims), '≥ 97 %'],
      ['root errors at their own line', percent(figures.roots), '≥ 98 %'],
      ['right claims called false', String(figures.unfair.length), '0'],
      [
        'explanations of wrong rules',
        `${explanations.right} right, ${explanations.wrong} wrong, ${explanations.missing} missing`,
        '',
      ],
      ['explanations of what nothing known explains', percent(figures.falseExplanations), '≤ 1 %'],
    ]),
    '',
    ...figures.unfair.map((line) => `unfair: ${line}`),
    ...(values.verbose ? figures.differences : []),
  ].join('\n')
}

const solutions = values['only-faultless']
  ? []
  : labelledSolutions(fileURLToPath(new URL('../../exercises', import.meta.url)))
const marked = []
for (const solution of solutions) {
  const { path, exercise } = solution
  const report = await markFile(path, { exercises, ...(exercise !== undefined && { exercise }) })
  marked.push({ solution, report })
}
const figures = figuresOf(marked)
if (solutions.length > 0) process.stdout.write(`${figuresText(figures)}\n`)

/** Faultless solutions that one worker marks at a time. */
const chunk = 25
const deadline = performance.now() + limit * 1000
const threads = availableParallelism()
const pool = new Tinypool({
  filename: new URL('./generatedTask.js', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
})

/** Every exercise's faulty solutions, then faultless ones, exercise after exercise, until there are enough. */
function* tasks(): Generator<GeneratedTask> {
  if (!values['only-faultless']) for (const { id } of exercises) yield { exercise: id, seed, faultless: 0 }
  for (let done = 0, round = 0; done < faultless; round++)
    for (const { id } of exercises) {
      if (done >= faultless) return
      const count = Math.min(chunk, faultless - done)
      yield { exercise: id, seed: seed + 1000 * round, faultless: count }
      done += count
    }
}

async function marking(queue: Iterator<GeneratedTask>): Promise<readonly [GeneratedTask, GeneratedResult][]> {
  const results: [GeneratedTask, GeneratedResult][] = []
  for (let next = queue.next(); !next.done; next = queue.next()) {
    if (next.value.faultless > 0 && performance.now() > deadline) break
    results.push([next.value, await pool.run(next.value)])
  }
  return results
}

const queue = tasks()
const results = (await Promise.all(Array.from({ length: threads }, () => marking(queue)))).flat()
await pool.destroy()

function sum(of: readonly GeneratedResult[], count: (result: GeneratedResult) => number): number {
  return of.reduce((total, result) => total + count(result), 0)
}

const faulty = results.flatMap(([task, result]) => (task.faultless === 0 ? [result] : []))
const right = results.flatMap(([task, result]) => (task.faultless > 0 ? [result] : []))
const spoiled = sum(faulty, ({ solutions: count }) => count)
const ofSpoiled = (hits: number): string => percent({ hits, of: spoiled })
const unfair = right.flatMap((result) => result.unfair)
process.stdout.write(
  `${[
    '',
    `generated solutions of ${exercises.length} exercises, seed ${seed}`,
    '',
    ...table([
      ['', 'measured', 'reach'],
      ['one error each: verdict as expected', ofSpoiled(sum(faulty, ({ asExpected }) => asExpected)), '≥ 98 %'],
      ['one error each: found at its own line', ofSpoiled(sum(faulty, ({ atTheirLine }) => atTheirLine)), '≥ 98 %'],
      [
        'one error each: falsely explained',
        ofSpoiled(sum(faulty, ({ falselyExplained }) => falselyExplained)),
        '≤ 1 %',
      ],
      [
        'faultless ones with a claim called false',
        `${unfair.length} claims of ${sum(right, ({ claims }) => claims)}, ${sum(right, ({ solutions: count }) => count)} solutions`,
        '0',
      ],
    ]),
    '',
    ...unfair.slice(0, 100).map((line) => `unfair: ${line}`),
    ...(values.verbose ? faulty.flatMap(({ unexpected }) => unexpected) : []),
  ].join('\n')}\n`,
)
