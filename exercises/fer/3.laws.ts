import { scalar } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { type Counterexample, examine, sequenceCheck, weightNumbers, weightsGiven } from './3.check.js'
import { sequenceNames, weightNames } from './3.quantities.js'
import { type Member, rightClassOf, sequenceGiven, sequenceOf, sequenceText } from './3.sequences.js'

/** What rounding may do to states and logits: three steps of a few sums each, relative to the largest terms. */
function allowedFor(slack: number, values: Values): number {
  const [first, last, u, b, v, c] = weightNumbers(values).map(Math.abs)
  return 64 * slack * (1 + (1 + v) * (1 + u) ** 3 * (first + last + b) + c)
}

/** The class of a sequence by a plain loop: h ← W·x + U·h + b. */
function classByLoop(weights: readonly number[], sequence: readonly Member[]): 0 | 1 {
  const [first, last, u, b, v, c] = weights
  let h = 0
  for (const member of sequence) h = first * (member >> 1) + last * (member & 1) + u * h + b
  return v * h + c > 0 ? 1 : 0
}

/** Weights next to right ones, each wrong for some sequence of at most four members. */
function neighbours([, last, , b, v, c]: readonly number[]): readonly (readonly [string, readonly number[]])[] {
  const s = -b * v
  return [
    ['a weight of the first bit', [-b, last, 1, b, v, c]],
    ['a state that decays', [0, last, 0.5, b, v, c]],
    ['a state that grows', [0, last, 2, b, v, c]],
    ['even members that do not count', [0, last, 1, 0, v, c]],
    ['odd members that count twice', [0, 1.5 * last, 1, b, v, c]],
    ['the classes exchanged', [0, last, 1, b, -v, c]],
    ['a tie in class 1', [0, last, 1, b, v, s / 2]],
    ['one odd member more in class 0', [0, last, 1, b, v, -s]],
  ]
}

function confirm(found: Counterexample | undefined, what: string, weights: readonly number[]): void {
  if (found === undefined) throw new Error(`no sequence shows that ${what} is wrong; one should be found`)
  const { sequence, modelClass, rightClass } = found
  const [byLoop, right] = [classByLoop(weights, sequence), rightClassOf(sequence)]
  if (byLoop === right || byLoop !== modelClass || right !== rightClass)
    throw new Error(
      `for ${what}, ${sequenceText(sequence)} is said to be class ${rightClass}, ${modelClass} by the model; it should be ${right}, ${byLoop} by the model`,
    )
}

/** What holds for fer/3 with any weights that solve the task and any sequence. */
export const sequenceLaws: readonly ExerciseLaw[] = [
  {
    name: 'the state is −b_h times the lead of the odd members, the logit W_hy times it plus b_o',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [, , , b, v, c] = weightNumbers(given)
      const lead = numberOf(solved, 'oddMembers') - numberOf(solved, 'evenMembers')
      const allowed = allowedFor(slack, given)
      expectClose('h₃', numberOf(solved, 'h3'), -b * lead, allowed)
      expectClose('the logit', numberOf(solved, 'logit'), -v * b * lead + c, allowed)
    },
  },
  {
    name: 'the model puts the sequence into the right class',
    async check(given, solve) {
      const solved = await solve(given)
      expectClose('the class', numberOf(solved, 'sequenceClass'), numberOf(solved, 'rightClass'), 0)
      expectClose('the sign of the logit', numberOf(solved, 'logit') > 0 ? 1 : 0, numberOf(solved, 'rightClass'), 0)
    },
  },
  {
    name: 'the order of the members makes no difference to the last state',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const sequence = sequenceOf(given)
      for (const order of [
        [2, 1, 0],
        [1, 2, 0],
        [1, 0, 2],
      ]) {
        const other = await solve({ ...given, ...sequenceGiven(order.map((i) => sequence[i])) })
        expectClose('h₃ in another order', numberOf(other, 'h3'), numberOf(solved, 'h3'), 2 * allowedFor(slack, given))
      }
    },
  },
  {
    name: 'only the last bit counts',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const flipped = sequenceOf(given).map(
        (member): Member => (member === 0 ? 2 : member === 1 ? 3 : member === 2 ? 0 : 1),
      )
      const other = await solve({ ...given, ...sequenceGiven(flipped) })
      expectClose('the logit', numberOf(other, 'logit'), numberOf(solved, 'logit'), allowedFor(slack, given))
    },
  },
  {
    name: 'the weights are right for every sequence: all up to five members, and beginnings of random ones of two hundred',
    async check(given, _, slack, operators) {
      const found = await sequenceCheck(given, operators, { exhaustiveTo: 5, random: 9, slack })
      if (found === undefined) return
      const { sequence, modelClass, rightClass } = found
      throw new Error(`${sequenceText(sequence)} is put into class ${modelClass}; it should be ${rightClass}`)
    },
  },
  {
    name: 'every other kind of weights is shown to be wrong, by a sequence on which a plain loop goes wrong too',
    async check(given, _, slack, operators) {
      for (const [what, weights] of neighbours(weightNumbers(given))) {
        const { shortest } = await examine(weightsGiven(weights), operators, { exhaustiveTo: 4, random: 0, slack })
        confirm(shortest, what, weights)
      }
    },
  },
  {
    name: 'parameters do not depend on the sequence: as many as the tensors hold numbers',
    async check(given, solve, slack) {
      const other = sequenceNames.map(() => 3 as const)
      const solved = await solve({ ...given, ...sequenceGiven(other), h0: scalar(0) })
      const numbers = weightNames.reduce((sum, name) => sum + given[name].size, 0)
      expectClose('the parameters', numberOf(solved, 'recurrentParameters'), numbers, 16 * slack * numbers)
    },
  },
]
