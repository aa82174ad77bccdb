import { map, reshape, type Tensor } from '../../oracle/tensor.js'
import type { Experiment } from '../exercise.js'
import type { Picture } from '../picture.js'
import { gradientSupport, supportSide } from './vgg.laws.js'

/** A channel of a gradient as rows of numbers. */
function rowsOf(gradient: Tensor): readonly (readonly number[])[] {
  const [, , height, width] = gradient.shape
  const matrix = reshape(gradient.pick(0, 0, null, null), [height, width])
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => matrix.get(row, column)),
  )
}

function heatMap(gradient: Tensor, title: string): Picture {
  const largest = Math.max(...rowsOf(gradient).flat())
  return {
    kind: 'heatMap',
    title,
    rowTitle: 'row of the image',
    columnTitle: 'column of the image',
    values: rowsOf(map(gradient, (value) => value / largest)),
    labelled: false,
  }
}

/**
 * One output's gradient by the image, measured through one to five 3×3 filters of ones and through one filter as large: it is not
 * zero on equally large squares, at ever fewer weights.
 */
export const receptiveFieldExperiment: Experiment = {
  question: 'Why can small filters in a row take the place of a large one, and what do they save?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const depths = extent === 'full' ? [1, 2, 3, 4, 5] : [1, 2, 3]
    const measured = []
    for (const depth of depths) {
      const stack = await gradientSupport(depth, 3, 1, operators)
      const large = await gradientSupport(1, 2 * depth + 1, 1, operators)
      measured.push({ depth, stack, large })
      progress?.(measured.length, depths.length)
    }
    await read(measured.flatMap(({ stack, large }) => [stack.gradient, large.gradient]))
    const rows = measured.map(({ depth, stack, large }) => [
      depth,
      supportSide(stack.gradient),
      supportSide(large.gradient),
      stack.weights,
      large.weights,
      1 - stack.weights / large.weights,
    ])
    const last = measured[measured.length - 1]
    const sides = rows.map(([, side]) => side)
    const savings = rows.map((row) => row[5])
    return {
      columns: [
        '3×3 filters',
        'side that they see',
        'side that one filter sees',
        'their weights',
        'its weights',
        'saved',
      ],
      rows,
      findings: [
        {
          statement: 'n filters of 3×3 see exactly the square that one filter of side 2n + 1 sees.',
          holds: rows.every(([depth, small, large]) => small === 2 * depth + 1 && large === small),
        },
        {
          statement: 'Each further filter lets the side grow by 2.',
          holds: sides.every((side, i) => i === 0 || side - sides[i - 1] === 2),
        },
        {
          statement: 'The saving grows with the side.',
          holds: savings.every((saving, i) => i === 0 || saving > savings[i - 1]),
        },
      ],
      pictures: [
        heatMap(
          last.stack.gradient,
          `How often a pixel is counted by one output of ${last.depth} filters of ones: most in the middle`,
        ),
        heatMap(last.large.gradient, `The same for one filter of ${2 * last.depth + 1} × ${2 * last.depth + 1}`),
      ],
    }
  },
}
