import fc from 'fast-check'
import { Document, Scalar, visit } from 'yaml'
import { oracle } from '../oracle/index.js'
import { type Nested, rowMajor, toNested } from '../oracle/tensor.js'
import { tensorOf } from './computation.js'
import { type Exercise, type Quantity, solve, type Values } from './exercise.js'
import { instanceOf } from './instance.js'
import { latexSymbol } from './plainText.js'
import { nestedLatex } from './show.js'
import { symbolKey } from './symbols.js'

/** A fresh instance of an exercise: other numbers, the same questions. */
export interface Variant {
  readonly seed: number
  /** The exercise with the new given data in place of the source's. */
  readonly exercise: Exercise
  /** For students: Markdown with LaTeX. */
  readonly sheet: string
  /** The answer sheet, YAML; its `given` makes it an instance file too. */
  readonly key: string
}

/** So many instances are drawn before the exercise is said to have none that can be worked by hand. */
const attempts = 1000

/**
 * An instance of the exercise that can be worked by hand, always the same for a seed. Throws an Error for an exercise in which
 * nothing can vary, or where no drawn instance is fit for work by hand.
 */
export async function varyExercise(exercise: Exercise, seed: number): Promise<Variant> {
  const { worksheet } = exercise
  if (worksheet === undefined) throw new Error(`there is nothing to vary in ${exercise.id}: it has no numbers`)
  const drawn = fc.sample(worksheet.arbitrary(), { numRuns: attempts, seed })
  for (const given of drawn) {
    const values = await solve(exercise, given, oracle)
    if (worksheet.isWorkable?.(values) === false) continue
    const instance = instanceOf(exercise, given)
    return { seed, exercise: instance, sheet: sheetOf(instance, seed), key: keyOf(instance, seed, values) }
  }
  throw new Error(`none of ${attempts} instances of ${exercise.id} can be worked by hand`)
}

/** The questions, with the given data. */
function sheetOf(exercise: Exercise, seed: number): string {
  const { id, title, statement, given, quantities, stages } = exercise
  const questions = (stage: string | undefined) =>
    quantities
      .filter((quantity) => quantity.asked && quantity.stage === stage)
      .map(({ symbols, meaning }) => `- $${latexOf(symbols[0])}$: ${meaning}`)
      .join('\n')
  const staged = stages.flatMap(({ name, title: heading }) => {
    const asked = questions(name)
    return asked === '' ? [] : [`### ${heading}`, asked]
  })
  return [
    `# ${id}: ${title}`,
    `Variant ${seed}`,
    statement.trim(),
    '## Given',
    given
      .map(({ symbols, value, meaning }) => `- $${latexOf(symbols[0])} = ${nestedLatex(toNested(value))}$: ${meaning}`)
      .join('\n'),
    '## Find',
    ...[questions(undefined), ...staged].filter((text) => text !== ''),
  ]
    .join('\n\n')
    .concat('\n')
}

function latexOf(symbol: string): string {
  return latexSymbol(symbolKey(symbol) ?? symbol)
}

/** Every quantity by its name, each with as many digits as tell it apart from what is wrong. */
function keyOf(exercise: Exercise, seed: number, values: Values): string {
  const given = Object.fromEntries(exercise.given.map(({ name, value }) => [name, toNested(value)]))
  const answers = Object.fromEntries(
    exercise.quantities.map((quantity) => [quantity.name, answerOf(quantity, values)] as const),
  )
  const document = new Document({ [exercise.id]: { given, ...answers } })
  visit(document, {
    Seq(_, list) {
      list.flow = true
    },
  })
  document.commentBefore = ` Key to ${exercise.id}, variant ${seed}.`
  return document.toString({ flowCollectionPadding: false, lineWidth: 0, collectionStyle: 'any' })
}

function answerOf(quantity: Quantity, values: Values): unknown {
  const value = tensorOf(values, quantity.name)
  if (quantity.kind === 'symbolic') return quantity.formula
  if (quantity.kind === 'shape') return [...rowMajor(value)].join('×')
  return written(toNested(value), quantity.kind)
}

/** Four decimals, or four digits of a small number, zeros at the end included; whole numbers as they are. */
function written(value: Nested, kind: Quantity['kind']): unknown {
  if (typeof value !== 'number') return value.map((entry) => written(entry, kind))
  if (kind !== 'real' || Number.isInteger(value)) return value
  const text = Math.abs(value) < 0.1 ? value.toPrecision(4) : value.toFixed(4)
  const scalar = new Scalar(Number(text))
  scalar.minFractionDigits = /^-?\d+\.(\d+)$/.exec(text)?.[1].length
  return scalar
}
