import { map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { rowLossesOf } from './2.3.steps.js'
import { scaledBy } from './scaling.js'

type Wrong = (values: Values, operators: Operators) => Tensor | Promise<Tensor>

export function mistake(
  quantity: string,
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: Wrong,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: async (_, values, operators) => wrong(values, operators),
  }
}

/** The length of a vector taken in another way, or not at all. */
export function lengthMistakes(quantity: string, from: string, technique: string): readonly ExerciseMistake[] {
  const byRows = (values: Values, lengthOf: (row: Float64Array) => number): Tensor => {
    const x = tensorOf(values, from)
    const [N, D] = x.shape
    const data = rowMajor(x)
    return tensor(
      [N, D],
      Array.from({ length: N }, (_, n) => {
        const row = data.slice(n * D, (n + 1) * D)
        return [...row].map((value) => value / lengthOf(row))
      }).flat(),
    )
  }
  return [
    mistake(
      quantity,
      `not divided by the length${technique}`,
      'is the vector itself, not divided by its length.',
      [from],
      (values) => byRows(values, () => 1),
    ),
    mistake(
      quantity,
      `divided by the squared length${technique}`,
      'is divided by the square of the length; its root belongs there.',
      [from],
      (values) => byRows(values, (row) => row.reduce((sum, value) => sum + value * value, 0) || 1),
    ),
    mistake(
      quantity,
      `divided by the sum of magnitudes${technique}`,
      'is divided by the sum of the magnitudes; the length is the root of the sum of squares.',
      [from],
      (values) => byRows(values, (row) => row.reduce((sum, value) => sum + Math.abs(value), 0) || 1),
    ),
  ]
}

/** The temperature forgotten, or multiplied in. */
export function temperatureMistakes(
  quantity: string,
  similarities: string,
  technique: string,
  shaped: (operators: Operators, similarities: Tensor) => Promise<Tensor>,
): readonly ExerciseMistake[] {
  return [
    mistake(
      quantity,
      `temperature left out${technique}`,
      'is what you get without dividing by the temperature.',
      [similarities],
      (values, operators) => shaped(operators, tensorOf(values, similarities)),
    ),
    mistake(
      quantity,
      `multiplied by the temperature${technique}`,
      'is what you get when the similarities are multiplied by the temperature.',
      [similarities, 'temperature'],
      async (values, operators) =>
        shaped(operators, await scaledBy(operators, tensorOf(values, similarities), numberOf(values, 'temperature'))),
    ),
  ]
}

/** Losses of rows whose positives are taken for others, or from other candidates. */
export function rowLossMistakes(
  name: string,
  logits: string,
  positives: readonly number[],
  technique: string,
): readonly ExerciseMistake[] {
  const rows = `${name}RowLosses`
  const rowsOf = (x: Tensor) => {
    const [N, C] = x.shape
    const data = rowMajor(x)
    return Array.from({ length: N }, (_, n) => [...data.subarray(n * C, (n + 1) * C)])
  }
  return [
    mistake(
      rows,
      `another candidate as the positive${technique}`,
      'is what you get with the candidate after the positive in its place.',
      [logits],
      (values, operators) => {
        const [, candidates] = tensorOf(values, logits).shape
        return rowLossesOf(
          operators,
          tensorOf(values, logits),
          positives.map((positive) => (positive + 1) % candidates),
        )
      },
    ),
    mistake(
      rows,
      `positive left out of the sum${technique}`,
      'is what you get when the sum in the denominator leaves out the positive.',
      [logits],
      (values) =>
        tensor(
          [positives.length],
          rowsOf(tensorOf(values, logits)).map((row, n) => {
            const sum = row.reduce((total, logit, i) => total + (i === positives[n] ? 0 : Math.exp(logit)), 0)
            return Math.log(sum) - row[positives[n]]
          }),
        ),
    ),
    mistake(
      rows,
      `probabilities instead of their logarithms${technique}`,
      'is the probability of the positive; the loss is minus its logarithm.',
      [logits],
      async (values, operators) =>
        map(await rowLossesOf(operators, tensorOf(values, logits), positives), (loss) => Math.exp(-loss)),
    ),
    mistake(
      rows,
      `minus forgotten${technique}`,
      'is the logarithm of the probability; the loss is its negative.',
      [logits],
      async (values, operators) =>
        map(await rowLossesOf(operators, tensorOf(values, logits), positives), (loss) => -loss),
    ),
    mistake(
      `${name}Loss`,
      `sum in place of the mean${technique}`,
      'is the sum of the losses; it is not divided by the number of anchors.',
      [rows],
      (values) => scalar(rowMajor(tensorOf(values, rows)).reduce((sum, loss) => sum + loss, 0)),
    ),
  ]
}
