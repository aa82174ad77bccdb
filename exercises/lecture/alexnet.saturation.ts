import { map, rowMajor, type Tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators } from '../exercise.js'
import { normalTensor, randomNumbers } from '../training.js'

const [layers, width, side] = [5, 6, 8]
const attributes = { padding: 1 }

/** The gradient by the image of convolutions without biases, each with the activation behind it, for a gradient of their output. */
async function handedBack(
  activation: 'relu' | 'tanh',
  image: Tensor,
  { weights, gradient }: { readonly weights: readonly Tensor[]; readonly gradient: Tensor },
  operators: Operators,
): Promise<Tensor> {
  const trace: { readonly call: { readonly x: Tensor; readonly weight: Tensor }; readonly sum: Tensor }[] = []
  let x = image
  for (const weight of weights) {
    const call = { x, weight }
    const sum = await forward(operators, 'conv2d', 'y', call, attributes)
    trace.push({ call, sum })
    x = await forward(operators, activation, 'y', { x: sum })
  }
  let y = gradient
  for (const { call, sum } of trace.reverse()) {
    const ofSum = await backward(operators, activation, 'x', { x: sum }, { y })
    y = await backward(operators, 'conv2d', 'x', call, { y: ofSum }, attributes)
  }
  return y
}

/** The same convolutions with ReLU and with tanh, on an image that is scaled up: how much of the gradient reaches it. */
export const saturationExperiment: Experiment = {
  question: 'How does ReLU keep gradients from vanishing where tanh does not?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const scales = extent === 'full' ? [1, 2, 4, 8, 16, 32] : [1, 16]
    const random = randomNumbers(2012)
    const image = normalTensor([2, width, side, side], 1, random)
    const gradient = normalTensor([2, width, side, side], 1, random)
    const deviation = Math.sqrt(2 / (9 * width))
    const weights = Array.from({ length: layers }, () => normalTensor([width, width, 3, 3], deviation, random))
    const measured: { readonly relu: Tensor; readonly tanh: Tensor }[] = []
    for (const scale of scales) {
      const scaled = map(image, (value) => scale * value)
      measured.push({
        relu: await handedBack('relu', scaled, { weights, gradient }, operators),
        tanh: await handedBack('tanh', scaled, { weights, gradient }, operators),
      })
      progress?.(measured.length, scales.length)
    }
    await read(measured.flatMap(({ relu, tanh }) => [relu, tanh]))
    const norm = (x: Tensor) => Math.hypot(...rowMajor(x))
    const rows = measured.map(({ relu, tanh }, i) => [
      scales[i],
      norm(relu) / norm(gradient),
      norm(tanh) / norm(gradient),
    ])
    const [first, last] = [rows[0], rows[rows.length - 1]]
    return {
      columns: ['scale of the image', 'gradient through ReLU', 'gradient through tanh'],
      rows,
      findings: [
        {
          statement:
            'Through ReLU the same gradient arrives whatever the scale: a unit that is on hands it on as it is.',
          holds: rows.every((row) => Math.abs(row[1] / first[1] - 1) < 1e-3),
        },
        {
          statement: 'Through tanh it falls with every step: units saturate, and their derivative goes to 0.',
          holds: rows.every((row, i) => i === 0 || row[2] < rows[i - 1][2]),
        },
        { statement: 'At the largest scale less than a fifth of it is left.', holds: last[2] < first[2] / 5 },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Gradient at the image behind five convolutions',
          x: { title: 'scale of the image', scale: 'log' },
          y: { title: 'norm, of that at the output', scale: 'log' },
          lines: ['ReLU', 'tanh'].map((name, column) => ({
            name,
            points: rows.map((row) => [row[0], row[column + 1]] as const),
          })),
        },
      ],
    }
  },
}
