import { rowMajor, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectClose, expectShape } from '../expectation.js'
import { architectureOf, type Chain, numberOfSize } from './chain.js'
import { Network, seededInputs } from './network.js'
import type { Architecture, Layer } from './notation.js'
import type { ChainQuantities } from './quantities.js'

/**
 * Laws of a chain's quantities: the network of these sizes, really run forward and backward, has the shapes and parameters that are
 * counted; and the gradient of a unit reaches as far over the image as its receptive field says, its neighbour's one jump
 * further.
 */
export function chainLaws(chain: Chain, quantities: ChainQuantities): readonly ExerciseLaw[] {
  return [shapesLaw(chain, quantities), fieldsLaw(chain, quantities)]
}

function shapesLaw(chain: Chain, { places }: ChainQuantities): ExerciseLaw {
  return {
    name: 'the network that is run has the shapes and the parameters that are counted',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      const network = new Network(architectureOf(chain, values), 3)
      const run = await network.forward(seededInputs(network.plan.architecture, 1, 4), operators)
      const gradients: Tensors = mapped(run.outputs, (y) => ones(y.shape))
      const { parameters } = await run.backward(gradients)
      // A count is a sum over the layers of products of at most five numbers.
      const relative = (places.length + 5) * slack
      let total = 0
      for (const { layer, names } of places) {
        const answer = run.answers.get(layer.name)
        if (answer === undefined) throw new Error(`the network has no answer of ${layer.name}`)
        if (names.shape !== undefined)
          expectShape(`what ${layer.name} answers`, answer, [1, ...rowMajor(tensorOf(solved, names.shape))])
        const own = Object.keys(parameters).filter((name) => /^(.*?)[./]/.exec(name)?.[1] === layer.name)
        const counted = own.reduce((sum, name) => sum + parameters[name].size, 0)
        total += counted
        if (names.parameters !== undefined)
          expectClose(
            `the parameters of ${layer.name}`,
            numberOf(solved, names.parameters),
            counted,
            relative * counted,
          )
      }
      expectClose('the number of all parameters', numberOf(solved, 'parameters'), total, relative * total)
    },
  }
}

function fieldsLaw(chain: Chain, { places }: ChainQuantities): ExerciseLaw {
  return {
    name: 'the gradient of a unit reaches as far as its receptive field says, its neighbour’s one jump further',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      const side = numberOfSize(chain.side, values)
      const relative = 4 * (places.length + 1) * slack
      for (const [i, { layer, names }] of places.entries()) {
        const { receptiveField: r, jump: j } = names
        if (r === undefined || j === undefined) continue
        const supports = (await seenByMiddle(chain, i, values, operators)).filter(
          // At the edge a window may reach over padding, which has no gradient.
          ({ from, to }) => hasNoPadding(chain) || (from > 0 && to < side),
        )
        const [size, step] = [numberOf(solved, r), numberOf(solved, j)]
        for (const { from, to } of supports)
          expectClose(`the receptive field of ${layer.name}`, size, to - from, relative * size)
        if (supports.length === 2)
          expectClose(`the jump of ${layer.name}`, step, supports[1].from - supports[0].from, relative * step)
      }
    },
  }
}

/**
 * Rows of the image whose gradient is not zero, for the unit in the middle of what layer `last` answers and the one below it, where
 * there is one. All weights are 1, an average stands for every maximum and nothing for activations, normalizations and
 * dropout, so that nothing cancels and every unit counts.
 */
async function seenByMiddle(
  chain: Chain,
  last: number,
  values: Values,
  operators: Operators,
): Promise<readonly { readonly from: number; readonly to: number }[]> {
  const whole = architectureOf(chain, values)
  const architecture: Architecture = { ...whole, layers: whole.layers.slice(0, last + 1).flatMap(transparent) }
  const drawn = new Network(architecture, 1)
  const network = drawn.with(mapped(drawn.parameters, ({ shape }) => ones(shape)))
  const { input } = seededInputs(architecture, 1, 1)
  const run = await network.forward({ input: ones(input.shape) }, operators)
  const [[name, answer]] = Object.entries(run.outputs)
  const [, channels, rows, columns] = answer.shape
  const middle = Math.floor((rows - 1) / 2)
  const found: { from: number; to: number }[] = []
  for (const row of rows > 1 ? [middle, middle + 1] : [middle]) {
    const gradient = zeros(answer.shape)
    for (let c = 0; c < channels; c++) gradient.data[(c * rows + row) * columns + middle] = 1
    const { inputs } = await run.backward({ [name]: gradient })
    found.push(rowsOf(inputs.input))
  }
  return found
}

/** What stands for a layer while fields are measured. */
function transparent(layer: Layer): readonly Layer[] {
  switch (layer.kind) {
    case 'conv':
      return [{ ...layer, bias: false, groups: 1 }]
    case 'maxPool':
      return [{ ...layer, kind: 'avgPool' }]
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'gelu':
    case 'softmax':
    case 'localResponseNorm':
    case 'batchNorm':
    case 'dropout':
      return []
    default:
      return [layer]
  }
}

/** From the first row with a number that is not zero up to behind the last. */
function rowsOf(gradient: Tensor): { from: number; to: number } {
  const [, , rows, columns] = gradient.shape
  const hit = [...rowMajor(gradient)].flatMap((value, i) => (value === 0 ? [] : [Math.floor(i / columns) % rows]))
  return { from: Math.min(...hit), to: Math.max(...hit) + 1 }
}

function hasNoPadding({ layers }: Chain): boolean {
  return layers.every((layer) => !('padding' in layer) || layer.padding === undefined)
}

function ones(shape: readonly number[]): Tensor {
  const x = zeros(shape)
  return tensor(shape, x.data.fill(1))
}

function mapped(tensors: Tensors, f: (x: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, f(x)]))
}
