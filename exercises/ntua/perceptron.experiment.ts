import { item, scalar, type Tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Experiment, Operators, Values } from '../exercise.js'
import { type Activation, perceptronGiven, perceptronQuantities } from './perceptron.js'

/** The quantities of the forward pass and of the backward pass, for these given data. */
async function passes(
  activation: Activation,
  given: Values,
  operators: Operators,
  forwardOnly: boolean,
): Promise<Values> {
  const values: Record<string, Tensor> = { ...given }
  const { length } = perceptronQuantities(activation).filter(({ stage }) => stage === 'before')
  const quantities = perceptronQuantities(activation).filter(({ stage }) => stage !== 'after')
  for (const { name, compute } of forwardOnly ? quantities.slice(0, length) : quantities)
    values[name] = await compute(values, operators)
  return values
}

/**
 * The derivative of ½(t − y₅)² by w₁₃ from differences of the loss, against the one of backpropagation, −δ₃·x₁: by how much it is off
 * for steps from 1 down to 10⁻¹². The truncation error falls with the step (twice as fast, in decades, for central differences),
 * the rounding error of the loss is divided by the step and grows.
 */
export function differenceExperiment(activation: Activation): Experiment {
  return {
    question: 'How far are finite differences from the gradient of backpropagation?',
    async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
      const given = Object.fromEntries(perceptronGiven.map(({ name, value }) => [name, value]))
      const steps = Array.from(
        { length: extent === 'full' ? 25 : 11 },
        (_, k) => 10 ** (extent === 'full' ? -k / 2 : -k),
      )
      const errorAt = async (shift: number): Promise<Tensor> => {
        const moved = { ...given, w13: scalar(item(given.w13) + shift) }
        return tensorOf(await passes(activation, moved, operators, true), 'error')
      }
      const there = await passes(activation, given, operators, false)
      const errors: { readonly above: Tensor; readonly below: Tensor }[] = []
      for (const [done, h] of steps.entries()) {
        progress?.(done, steps.length)
        errors.push({ above: await errorAt(h), below: await errorAt(-h) })
      }
      await read([there.delta3, there.error, ...errors.flatMap(({ above, below }) => [above, below])])
      const loss = (error: Tensor) => item(error) ** 2 / 2
      const gradient = -item(there.delta3) * item(given.x1)
      const rows = steps.map((h, i) => {
        const { above, below } = errors[i]
        const forward = (loss(above) - loss(there.error)) / h
        const central = (loss(above) - loss(below)) / (2 * h)
        return [h, Math.abs(forward - gradient), Math.abs(central - gradient)]
      })
      const best = (column: number) => Math.min(...rows.map((row) => row[column]))
      const [first, last] = [rows[0], rows[rows.length - 1]]
      // An error of exactly 0 is a coincidence that a logarithmic axis cannot show.
      const line = (name: string, column: number) => ({
        name,
        points: rows.flatMap((row) => (row[column] > 0 ? [[row[0], row[column]] as const] : [])),
      })
      return {
        columns: ['step', 'error of the forward difference', 'error of the central difference'],
        rows,
        findings: [
          {
            statement: 'The best step is neither the largest nor the smallest: truncation is exchanged for rounding.',
            holds: [1, 2].every((column) => best(column) < first[column] && best(column) < last[column]),
          },
          {
            statement: 'At their best steps, central differences are closer to the gradient than forward differences.',
            holds: best(2) < best(1),
          },
        ],
        pictures: [
          {
            kind: 'lineChart',
            title: 'Error of finite differences against the step',
            x: { title: 'step', scale: 'log' },
            y: { title: 'error', scale: 'log' },
            lines: [line('forward difference', 1), line('central difference', 2)],
          },
        ],
      }
    },
  }
}
