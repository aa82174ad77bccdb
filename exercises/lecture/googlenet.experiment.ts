import { item, map, rowMajor, scalar, type Tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { Descent, normalTensor, plus, randomNumbers } from '../training.js'

const [images, side] = [16, 9]

type Scale = 'fine' | 'coarse'

/** Images, and what two branches are to make of them: a pattern of 3 × 3, or one of the ring of 5 × 5 around that. */
interface Task {
  readonly x: Tensor
  readonly target: Tensor
}

async function taskOf(scale: Scale, operators: Operators): Promise<Task> {
  const random = randomNumbers(2014)
  const x = normalTensor([images, 1, side, side], 1, random)
  const pattern = normalTensor([1, 1, 5, 5], 0.5, random)
  for (let row = 0; row < 5; row++)
    for (let column = 0; column < 5; column++) {
      const inside = Math.max(Math.abs(row - 2), Math.abs(column - 2)) <= 1
      if (inside !== (scale === 'fine')) pattern.set(0, 0, row, column, 0)
    }
  return { x, target: await forward(operators, 'conv2d', 'y', { x, weight: pattern }, { padding: 2 }) }
}

/** The 3 × 3 and the 5 × 5 branch side by side, their answers added; both begin at zero. */
function branches(): Descent {
  return new Descent({ three: zeros([1, 1, 3, 3]), five: zeros([1, 1, 5, 5]) }, { learningRate: 0.1, momentum: 0 })
}

/** One step of both branches on all images; answers with the loss before it. */
async function step(descent: Descent, { x, target }: Task, operators: Operators): Promise<Tensor> {
  const three = { x, weight: descent.parameters.three }
  const five = { x, weight: descent.parameters.five }
  const prediction = plus(
    await forward(operators, 'conv2d', 'y', three, { padding: 1 }),
    await forward(operators, 'conv2d', 'y', five, { padding: 2 }),
  )
  const call = { prediction, target }
  const loss = await forward(operators, 'squaredError', 'loss', call)
  const y = await backward(operators, 'squaredError', 'prediction', call, { loss: scalar(1) })
  await descent.step(
    {
      three: await backward(operators, 'conv2d', 'weight', three, { y }, { padding: 1 }),
      five: await backward(operators, 'conv2d', 'weight', five, { y }, { padding: 2 }),
    },
    operators,
  )
  return loss
}

export const branchTraining: Training = {
  name: 'a 3 × 3 and a 5 × 5 branch on a pattern of 5 × 5',
  async losses(operators, steps) {
    const [descent, task] = [branches(), await taskOf('coarse', operators)]
    const losses: Tensor[] = []
    for (let i = 0; i < steps; i++) losses.push(await step(descent, task, operators))
    return losses
  },
}

function norm(x: Tensor): number {
  return Math.hypot(...rowMajor(x))
}

/** Both branches are trained together on images whose target needs fine structure, and on such that need coarse structure. */
export const branchExperiment: Experiment = {
  question: 'Do the weights of a trained module tell at which scale the images have something to say?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 60 : 8
    const results: { losses: Tensor[]; three: Tensor; five: Tensor }[] = []
    for (const scale of ['fine', 'coarse'] as const) {
      const [descent, task] = [branches(), await taskOf(scale, operators)]
      const losses: Tensor[] = []
      for (let i = 0; i < steps; i++) {
        losses.push(await step(descent, task, operators))
        progress?.(results.length * steps + i + 1, 2 * steps)
      }
      results.push({ losses, three: descent.parameters.three, five: descent.parameters.five })
    }
    await read(results.flatMap(({ losses, three, five }) => [...losses, three, five]))
    const rows = results.map(({ losses, three, five }, i) => [
      i === 0 ? 3 : 5,
      item(losses[0]),
      item(losses[steps - 1]),
      norm(three),
      norm(five),
      norm(three) / norm(five),
    ])
    const [fine, coarse] = rows
    return {
      columns: ['side of the pattern', 'loss at first', 'loss at last', '‖W₃‖', '‖W₅‖', 'their ratio'],
      rows,
      findings: [
        { statement: 'Both losses fall to less than a quarter.', holds: rows.every((row) => row[2] < row[1] / 4) },
        {
          statement: 'Where only coarse structure counts the 3 × 3 weights stay below a fifth of the 5 × 5 ones.',
          holds: coarse[5] < 1 / 5,
        },
        {
          statement: 'Where fine structure counts they are at least four fifths of them: both branches see it.',
          holds: fine[5] > 4 / 5,
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Loss of the two branches',
          x: { title: 'step' },
          y: { title: 'loss', scale: 'log' },
          lines: results.map(({ losses }, i) => ({
            name: i === 0 ? 'fine pattern' : 'coarse pattern',
            points: losses.map((loss, t) => [t, item(loss)] as const),
          })),
        },
        ...results.map(
          ({ five }, i) =>
            ({
              kind: 'heatMap',
              title: `The 5 × 5 filter trained on a ${i === 0 ? 'fine' : 'coarse'} pattern`,
              rowTitle: 'row',
              columnTitle: 'column',
              labelled: true,
              values: rowsOf(five),
            }) as const,
        ),
      ],
    }
  },
}

/** A filter of one channel as rows, rounded for the picture. */
function rowsOf(filter: Tensor): readonly (readonly number[])[] {
  const [, , height, width] = filter.shape
  const numbers = rowMajor(map(filter, (value) => Math.round(100 * value) / 100))
  return Array.from({ length: height }, (_, row) => [...numbers.slice(row * width, (row + 1) * width)])
}
