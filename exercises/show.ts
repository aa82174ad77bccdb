import { oracle } from '../oracle/index.js'
import { type Nested, rowMajor, type Tensor, toNested } from '../oracle/tensor.js'
import { tensorOf } from './computation.js'
import {
  type Convention,
  defaultGiven,
  type Exercise,
  type ExperimentOptions,
  type ExperimentResult,
  type Quantity,
  quantitiesUnder,
  solve,
  type Table,
  type Values,
} from './exercise.js'
import type { Picture } from './picture.js'
import { latexSymbol, plainFormula, plainSymbol } from './plainText.js'
import { symbolKey } from './symbols.js'

/** A worked solution as data: what `answerkey show` prints. */
export interface WorkedSolution {
  readonly exercise: string
  readonly title: string
  readonly source: string
  /** Markdown with LaTeX. */
  readonly statement: string
  readonly given: readonly WorkedValue[]
  /** The conventions that the solution follows, one of each axis. */
  readonly conventions: readonly { readonly axis: string; readonly name: string; readonly description: string }[]
  readonly steps: readonly WorkedStep[]
  /** What is wrong with given data that a solver chose, where that can be said of the exercise. */
  readonly refutation?: string
  readonly tables: readonly Table[]
  readonly pictures: readonly Picture[]
  readonly experiments: readonly ({ readonly question: string } & ExperimentResult)[]
}

export interface WorkedValue {
  readonly name: string
  /** In LaTeX, and in plain Unicode. */
  readonly latex: string
  readonly symbol: string
  readonly meaning: string
  readonly value: Nested
  /** The value as it is printed: four decimals, whole numbers as they are, shapes as 55 × 55 × 96. */
  readonly valueText: string
  /** The same in LaTeX, vectors and matrices in brackets. */
  readonly valueLatex: string
}

export interface WorkedStep extends WorkedValue {
  /** The title of the step's stage, where the exercise has stages and the step belongs to one. */
  readonly stage: string | undefined
  readonly asked: boolean
  /** The right side of its equation, in LaTeX. */
  readonly formula: string
  /** The whole equation in plain Unicode: `δ₅ = (y_target − y₅) · y₅ · (1 − y₅) = 0.1479`. */
  readonly text: string
}

/** The exercise worked out step by step on the oracle, for its own given data and first conventions unless others are named. */
export async function showExercise(
  exercise: Exercise,
  options: {
    readonly given?: Values
    readonly conventions?: readonly Convention[]
    readonly extent?: ExperimentOptions['extent']
    /** Told the question of the experiment that runs, and how many of how many steps it has done. */
    readonly progress?: (question: string, done: number, total: number) => void
  } = {},
): Promise<WorkedSolution> {
  const given = options.given ?? defaultGiven(exercise)
  const conventions = exercise.conventions.map(
    (axis) => axis.conventions.find((convention) => options.conventions?.includes(convention)) ?? axis.conventions[0],
  )
  const values = await solve(exercise, given, oracle, { conventions })
  const refutation = await exercise.choice?.refute(given, oracle.operators)
  const experiments = []
  for (const { question, run } of exercise.experiments) {
    const { extent } = options
    const progress = (done: number, total: number) => options.progress?.(question, done, total)
    experiments.push({ question, ...(await run(oracle.operators, { extent, progress })) })
  }
  return {
    exercise: exercise.id,
    title: exercise.title,
    source: exercise.source,
    statement: exercise.statement,
    given: exercise.given.map(({ name, symbols, meaning }) =>
      workedValue({ name, symbols, meaning }, tensorOf(given, name), false),
    ),
    conventions: exercise.conventions.map(({ axis }, i) => {
      const { name, description } = conventions[i]
      return { axis, name, description }
    }),
    steps: quantitiesUnder(exercise, conventions).map((quantity) => workedStep(exercise, quantity, values)),
    ...(refutation === undefined ? {} : { refutation }),
    tables: exercise.tables?.(values) ?? [],
    pictures: exercise.pictures?.(values) ?? [],
    experiments,
  }
}

function workedStep(exercise: Exercise, quantity: Quantity, values: Values): WorkedStep {
  const value = workedValue(quantity, tensorOf(values, quantity.name), quantity.kind === 'shape')
  return {
    ...value,
    stage: exercise.stages.find(({ name }) => name === quantity.stage)?.title,
    asked: quantity.asked ?? false,
    formula: quantity.formula,
    text: `${value.symbol} = ${plainFormula(quantity.formula)} = ${value.valueText}`,
  }
}

function workedValue(
  { name, symbols, meaning }: { readonly name: string; readonly symbols: readonly string[]; readonly meaning: string },
  value: Tensor,
  isShape: boolean,
): WorkedValue {
  const key = symbolKey(symbols[0]) ?? symbols[0]
  const nested = toNested(value)
  const valueText = isShape ? [...rowMajor(value)].join(' × ') : nestedText(nested)
  const valueLatex = isShape ? [...rowMajor(value)].join(' \\times ') : nestedLatex(nested)
  return { name, latex: latexSymbol(key), symbol: plainSymbol(key), meaning, value: nested, valueText, valueLatex }
}

/** A number, a row vector, a matrix, or rows of matrices, in LaTeX. */
export function nestedLatex(nested: Nested): string {
  if (typeof nested === 'number') return nestedText(nested).replace('−', '-')
  const isVector = nested.every((entry) => typeof entry === 'number')
  const rows = nested.map((row) => (typeof row === 'number' ? nestedLatex(row) : row.map(nestedLatex).join(' & ')))
  return `\\begin{bmatrix} ${rows.join(isVector ? ' & ' : ' \\\\ ')} \\end{bmatrix}`
}

/** Four decimals, fewer where they are zeros: `0.1479`, `[9, 4]`. */
function nestedText(nested: Nested): string {
  if (typeof nested !== 'number') return `[${nested.map(nestedText).join(', ')}]`
  if (Number.isInteger(nested)) return String(nested).replace('-', '−')
  const text = Math.abs(nested) < 0.001 ? nested.toPrecision(4) : String(Number(nested.toFixed(4)))
  return text.replace('-', '−')
}
