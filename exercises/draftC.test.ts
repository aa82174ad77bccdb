import fc from 'fast-check'
import { it } from 'vitest'
import { evaluate } from '../marking/expression/evaluate.js'
import { readFragment } from '../marking/expression/reader.js'
import { symbolTable } from '../marking/symbols.js'
import { oracle } from '../oracle/index.js'
import { rowMajor } from '../oracle/tensor.js'
import { solve } from './exercise.js'
import { findExercise } from './index.js'

it('draft', async () => {
  const exercise = findExercise(process.env.EX ?? 'lecture/vit')
  if (!exercise) throw new Error('none')
  const bad = new Map<string, string>()
  for (const given of fc.sample(exercise.arbitrary(), { numRuns: 5, seed: 5 })) {
    const solved = await solve(exercise, given, oracle)
    for (const quantity of exercise.quantities) {
      try {
        const reading = readFragment(quantity.formula, { offset: 0, symbols: symbolTable(exercise) })
        if (reading.notUnderstood.length) throw new Error('not understood')
        const data = [...exercise.given, ...exercise.quantities]
        const ranked = [...data.filter(({ name }) => quantity.from.includes(name)), ...data]
        const v = evaluate(reading.chains[0].sides[0], (key) => {
          const named = ranked.find(({ symbols }) => symbols.includes(key))
          return named && solved[named.name]
        })
        const a = rowMajor(v),
          b = rowMajor(solved[quantity.name])
        if (quantity.kind === 'shape' && a.length === 1) {
          if (a[0] !== b.reduce((x, y) => x * y, 1)) throw new Error('shape')
          continue
        }
        if (a.length !== b.length || a.some((x, i) => Math.abs(x - b[i]) > 1e-12 * (1 + Math.abs(x))))
          throw new Error('differs')
      } catch (e) {
        bad.set(quantity.name, String(e).slice(0, 80))
      }
    }
  }
  console.log(JSON.stringify([...bad], null, 1))
  for (const e of exercise.experiments) {
    const r = await e.run(oracle.operators)
    console.log(JSON.stringify(r.rows.slice(0, 5)), JSON.stringify(r.findings))
  }
  console.log(await exercise.trainings?.length)
})
