import type fc from 'fast-check'
import type { Implementation, Operator } from '../oracle/contract.js'
import type { Tensor } from '../oracle/tensor.js'
import type { Chain } from '../oracle/unread.js'
import type { Picture } from './picture.js'

/** Tensors by the name of the given datum or quantity that they are a value of. */
export type Values = Readonly<Record<string, Tensor>>

/** The operators that a quantity is computed with: those of the oracle, of a GPU backend, of a mistake. */
export type Operators = Readonly<Record<string, Operator>>

/**
 * How a value is written and compared. `real`: a decimal, right to the digits written. `whole`: exact.
 * `shape`: the lengths of a tensor's dimensions, written 55×55×96. `class`: a number that names a class; prose may state it.
 * `symbolic`: an expression in the exercise's free symbols, right if it is right for all their values.
 */
export type QuantityKind = 'real' | 'whole' | 'shape' | 'class' | 'symbolic'

/** A datum that the exercise's sheet gives. */
export interface Given {
  readonly name: string
  /** Usual spellings, as `symbolKey` reads them: `w_35`, `W_wh`, `x_1`, `\eta`. The first is the one that `show` prints. */
  readonly symbols: readonly string[]
  readonly meaning: string
  readonly kind: 'real' | 'whole'
  /**
   * Spellings of its rows without their numbers, where a solution may write it row by row: `q` for `q_1`, the first row of Q. No letter
   * that solutions use for something else as well (`e_1`, a score or an exponential).
   */
  readonly rows?: readonly string[]
  /** The source's own value. */
  readonly value: Tensor
  /** Between which numbers, these included, the exercise makes sense; any number where left out. */
  readonly range?: { readonly least?: number; readonly most?: number }
  /** Whether it is a free symbol (d₃ of ntua/1.1a): answers must hold for all its values, `value` being one of them. */
  readonly free?: true
}

/** Something the exercise asks for or passes on the way. */
export interface Quantity {
  readonly name: string
  /** Usual spellings; see Given. */
  readonly symbols: readonly string[]
  readonly meaning: string
  readonly kind: QuantityKind
  /**
   * Spellings of its rows without their numbers, where a solution may write it row by row: `q` for `q_1`, the first row of Q. No letter
   * that solutions use for something else as well (`e_1`, a score or an exponential).
   */
  readonly rows?: readonly string[]
  /** Names of the given data and quantities that `compute` reads, and no others. */
  readonly from: readonly string[]
  /** The right side of its defining equation, in LaTeX, in the symbols of the exercise. */
  readonly formula: string
  /** Other right sides, for what solutions define a symbol of it otherwise: `softmax(S + M)`, with a mask of 0 and −∞. */
  readonly otherFormulas?: readonly string[]
  /** Asked for: reported as `missing` where a solution does not have it. */
  readonly asked?: true
  /**
   * The stage of the solution that it belongs to, where one symbol stands for several quantities (y₅ before and after the
   * update): stages are listed in order in the exercise, and headings and order of appearance tell which is meant.
   */
  readonly stage?: string
  /**
   * Other values that are accepted, of the solved exercise's values, with what a solution that has them has assumed (512 for two
   * concatenated vectors).
   */
  readonly alternatives?: readonly { readonly note: string; value(values: Values): Tensor }[]
  compute(values: Values, operators: Operators): Promise<Tensor>
}

/** One way in which sources define a quantity of the exercise: the loss halved or not, the sign of δ. */
export interface Convention {
  readonly name: string
  /** One line that a report prints: «error (t − y)², so that δ₅ = 2(t − y)·g′». */
  readonly description: string
  /**
   * Computations that replace those of the quantities of these names; a function makes the new one out of the one that
   * conventions of earlier axes have chosen (δ of the opposite sign, whatever the loss).
   */
  readonly overrides: Readonly<Record<string, Computation | ((quantity: Quantity) => Computation)>>
}

/** How a quantity is computed. */
export type Computation = Pick<Quantity, 'from' | 'formula' | 'compute'>

/** Conventions that exclude one another; the first is the source's. One is chosen from each axis. */
export interface ConventionAxis {
  readonly axis: string
  readonly conventions: readonly Convention[]
}

/** A mistake on the level of the exercise: one quantity computed in a wrong but usual way, from the same values. */
export interface ExerciseMistake {
  readonly name: string
  /** Names of the quantities that it yields a wrong value of. */
  readonly quantities: readonly string[]
  /** «is what you get when …», a full sentence for the student. */
  readonly explanation: string
  /** Given data and quantities that `compute` reads; may be more than the quantity's own. */
  from(quantity: string): readonly string[]
  compute(quantity: string, values: Values, operators: Operators): Promise<Tensor>
}

/** A law over all given data of the exercise, checked on any implementation. */
export interface ExerciseLaw {
  readonly name: string
  /**
   * Throws an Error that says what does not hold. `slack` is the relative error that the implementation's precision
   * allows a quantity; `operators` are the implementation's own, for laws that go another way to the same result.
   */
  check(given: Values, solve: Solve, slack: number, operators: Operators): Promise<void>
}

/** Every quantity of the exercise for these given data. */
export type Solve = (given: Values) => Promise<Values>

/** What answers a *why*: numbers that show the fact. */
export interface Experiment {
  readonly question: string
  run(operators: Operators, options?: ExperimentOptions): Promise<ExperimentResult>
}

export interface ExperimentOptions {
  /**
   * `reduced` takes fewer steps and cases, for implementations where a call is slow; what it finds is the same, or less where
   * a result takes the full extent. `full` by default.
   */
  readonly extent?: 'full' | 'reduced'
  /** Waited for before the host uses what operators answered: numbers that stayed on a device arrive then (see Chain). */
  readonly read?: Read
  /** Told how many of how many steps are done. */
  readonly progress?: (done: number, total: number) => void
}

/** Sees to it that the host has the numbers of these tensors. */
export type Read = (tensors: readonly Tensor[]) => Promise<void>

export interface ExperimentResult {
  /** A table of what was measured. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly number[])[]
  /** What the table shows, a sentence each, with whether it does. */
  readonly findings: readonly { readonly statement: string; readonly holds: boolean }[]
  readonly pictures?: readonly Picture[]
}

/** A model that the exercise trains, from a fixed seed. */
export interface Training {
  readonly name: string
  /**
   * The losses of the first `steps` steps, scalars that need not have been read. Everything random comes from the host and
   * is the same on every implementation.
   */
  losses(operators: Operators, steps: number, read?: Read): Promise<readonly Tensor[]>
}

/** How an instance is made that can be worked by hand. */
export interface Worksheet {
  /** Given data of small integers and halves, legal for the exercise. */
  arbitrary(): fc.Arbitrary<Values>
  /** Whether the solved instance is fit for work by hand: no saturated sigmoid, no ties, nothing that hides a mistake. */
  isWorkable?(values: Values): boolean
}

/** Given data that a solver may choose (the weights of fer/3), and whether a choice does what the exercise asks. */
export interface Choice {
  /** Names of the given data that are chosen. */
  readonly of: readonly string[]
  /** What is wrong with the choice, with a counterexample; undefined where nothing is. */
  refute(given: Values, operators: Operators): Promise<string | undefined>
}

/** A table that belongs to the worked solution: the layers of a network, for example. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

export interface Exercise {
  /** `ntua/1.1b`. */
  readonly id: string
  readonly title: string
  readonly source: string
  /** Paraphrased, Markdown with LaTeX. */
  readonly statement: string
  /** Headings under which solutions answer it, as number and part: `['1.1', 'b']`. */
  readonly heading: { readonly number: string; readonly part?: string }
  readonly given: readonly Given[]
  /** The same data with other numbers, for the laws: legal for the exercise, by construction. */
  arbitrary(): fc.Arbitrary<Values>
  /** Stages in the order of a solution (`before`, `after`); empty where no symbol is used twice. */
  readonly stages: readonly { readonly name: string; readonly title: string }[]
  /** In an order in which each follows what it is computed from. */
  readonly quantities: readonly Quantity[]
  readonly conventions: readonly ConventionAxis[]
  readonly mistakes: readonly ExerciseMistake[]
  readonly laws: readonly ExerciseLaw[]
  readonly experiments: readonly Experiment[]
  /** What an experiment trains; its losses are compared with the oracle's, step by step, on every implementation. */
  readonly trainings?: readonly Training[]
  readonly worksheet?: Worksheet
  readonly choice?: Choice
  /** What symbols of a general model are in the small instance beside it, which solutions write the same formulas for: $d_k$ is 2 there. */
  readonly instance?: Readonly<Record<string, number>>
  /** Of given data with a batch: the first item alone, as a vector, for which solutions may write their formulas (`q = Wp + b`). */
  oneItem?(given: Values): Values
  /** What is easier seen than read, for these given data and quantities. */
  pictures?(values: Values): readonly Picture[]
  tables?(values: Values): readonly Table[]
}

/** The default given data of an exercise. */
export function defaultGiven(exercise: Exercise): Values {
  return Object.fromEntries(exercise.given.map((given) => [given.name, given.value]))
}

/** The exercise's quantities under one convention of each axis (the first, where none is named). */
export function quantitiesUnder(exercise: Exercise, conventions: readonly Convention[] = []): readonly Quantity[] {
  return exercise.quantities.map((quantity) => {
    let chosen = quantity
    for (const { overrides } of conventions) {
      const override = overrides[quantity.name]
      chosen = { ...chosen, ...(typeof override === 'function' ? override(chosen) : override) }
    }
    return chosen
  })
}

/**
 * Computes every quantity on an implementation, each from given data and the quantities before it. A quantity named in
 * `replaced` keeps that value, and all that depends on it follows from it.
 */
export async function solve(
  exercise: Exercise,
  given: Values,
  implementation: Pick<Implementation, 'operators'>,
  options: { readonly conventions?: readonly Convention[]; readonly replaced?: Values } = {},
): Promise<Values> {
  const values: Record<string, Tensor> = { ...given }
  for (const quantity of quantitiesUnder(exercise, options.conventions)) {
    const replacement = options.replaced?.[quantity.name]
    values[quantity.name] = replacement ?? (await quantity.compute(pick(values, quantity), implementation.operators))
  }
  return values
}

/** What exercises are solved on: operators, and a chain of them where results can stay on a device in between. */
export interface Solver {
  readonly operators: Operators
  chain?(): Chain
}

/** Computes every quantity (see solve), and reads them together at the end. `reads` is how often that took, if on a chain. */
export async function solveInChain(
  exercise: Exercise,
  given: Values,
  solver: Solver,
): Promise<{ readonly values: Values; readonly reads?: number }> {
  const chain = solver.chain?.()
  if (chain === undefined) return { values: await solve(exercise, given, solver) }
  try {
    const values = await solve(exercise, given, chain.implementation)
    await chain.read(Object.values(values))
    return { values, reads: chain.reads }
  } finally {
    await chain.release()
  }
}

/** Only the values that the quantity says it is computed from, so that a forgotten dependency shows. */
function pick(values: Values, quantity: Quantity): Values {
  return Object.fromEntries(
    quantity.from.map((name) => {
      const value = values[name]
      if (value === undefined) throw new Error(`quantity ${quantity.name} needs ${name}, which has no value yet`)
      return [name, value]
    }),
  )
}
