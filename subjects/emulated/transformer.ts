import type { Attributes, Operator } from '../../oracle/contract.js'
import type { Tensor, Tensors } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { multiHeadAttention } from './attention.js'
import { build, elementwise } from './layout.js'
import { linear } from './linear.js'
import { layerNorm } from './normalization.js'

/** The backward pass of an operator that has one. */
export function backwardOf({ backward }: Operator): NonNullable<Operator['backward']> {
  if (backward === undefined) throw new TypeError('the operator has no backward pass')
  return backward
}

export function feedForward(arithmetic: EmulatedArithmetic): Operator {
  const layer = linear(arithmetic)
  const hidden = async ({ x, weight1, bias1 }: Tensors) => {
    const { y } = await layer.forward({ x, weight: weight1, bias: bias1 }, {})
    return elementwise([y], (value) => Math.max(0, value))
  }
  return {
    async forward(inputs) {
      const { y } = await layer.forward({ x: await hidden(inputs), weight: inputs.weight2, bias: inputs.bias2 }, {})
      return { y }
    },
    async backward(inputs, _, { y }) {
      const { x, weight1, bias1, weight2, bias2 } = inputs
      const units = await hidden(inputs)
      const second = await backwardOf(layer)({ x: units, weight: weight2, bias: bias2 }, {}, { y })
      const atUnits = elementwise([units, second.x], (unit, g) => (unit > 0 ? g : 0))
      const first = await backwardOf(layer)({ x, weight: weight1, bias: bias1 }, {}, { y: atUnits })
      return { x: first.x, weight1: first.weight, bias1: first.bias, weight2: second.weight, bias2: second.bias }
    },
  }
}

/** A sublayer: an operator, its operands besides x by the names that it has for them, and what it is told. */
interface Step {
  readonly part: string
  readonly norm: string
  readonly operator: Operator
  readonly output: string
  readonly inputs: (x: Tensor) => Tensors
  readonly attributes: Attributes
}

/** LayerNorm(x + Sublayer(x)), sublayer after sublayer. */
function layer(
  arithmetic: EmulatedArithmetic,
  steps: (inputs: Tensors, heads: Attributes) => readonly Step[],
): Operator {
  const norm = layerNorm(arithmetic)
  const sum = (a: Tensor, b: Tensor) => elementwise([a, b], (p, q) => arithmetic.add(p, q))

  /** The operands of a part, by its own names. */
  const partOf = (inputs: Tensors, part: string): Tensors =>
    Object.fromEntries(
      Object.entries(inputs).flatMap(([name, x]) =>
        name.startsWith(`${part}.`) ? [[name.slice(part.length + 1), x]] : [],
      ),
    )

  /** What every sublayer and its normalization are given, and what comes out at the end. */
  async function run(inputs: Tensors, { heads, epsilon }: Attributes) {
    let { x } = inputs
    const calls: { readonly step: Step; readonly given: Tensors; readonly normalized: Tensors }[] = []
    for (const step of steps(inputs, heads === undefined ? {} : { heads })) {
      const given = { ...step.inputs(x), ...partOf(inputs, step.part) }
      const answer = await step.operator.forward(given, step.attributes)
      const normalized = { x: sum(x, answer[step.output]), ...partOf(inputs, step.norm) }
      calls.push({ step, given, normalized })
      x = (await norm.forward(normalized, { epsilon })).y
    }
    return { calls, y: x }
  }

  return {
    forward: async (inputs, attributes) => ({ y: (await run(inputs, attributes)).y }),
    async backward(inputs, attributes, { y }) {
      const { calls } = await run(inputs, attributes)
      const result: Record<string, Tensor> = {}
      const named = (part: string, gradients: Tensors) => {
        for (const [name, g] of Object.entries(gradients))
          if (`${part}.${name}` in inputs) result[`${part}.${name}`] = g
      }
      let g = y
      for (const { step, given, normalized } of calls.toReversed()) {
        const ofNorm = await backwardOf(norm)(normalized, { epsilon: attributes.epsilon }, { y: g })
        const gradients = { ...zerosOf(step, given), [step.output]: ofNorm.x }
        const ofStep = await backwardOf(step.operator)(given, step.attributes, gradients)
        named(step.norm, ofNorm)
        named(step.part, ofStep)
        const own = ['x', 'query', 'key', 'value'].filter((name) => name in ofStep && given[name] !== inputs.memory)
        g = own.reduce((total, name) => sum(total, ofStep[name]), ofNorm.x)
        if (given.key !== undefined && given.key === inputs.memory) result.memory = sum(ofStep.key, ofStep.value)
      }
      return { ...result, x: g }
    },
  }
}

/** No gradient for the weights of an attention. */
function zerosOf({ output, attributes }: Step, { query, key }: Tensors): Tensors {
  if (output !== 'output') return {}
  const [N, T] = query.shape
  return { weights: build([N, Number(attributes.heads), T, key.shape[1]], () => 0) }
}

function feeding(arithmetic: EmulatedArithmetic, norm: string): Step {
  const operator = feedForward(arithmetic)
  return { part: 'feedForward', norm, operator, output: 'y', inputs: (x) => ({ x }), attributes: {} }
}

export function encoderLayer(arithmetic: EmulatedArithmetic): Operator {
  const operator = multiHeadAttention(arithmetic)
  return layer(arithmetic, ({ mask }, heads) => [
    {
      part: 'attention',
      norm: 'norm1',
      operator,
      output: 'output',
      inputs: (x) => ({ query: x, key: x, value: x, ...(mask === undefined ? {} : { mask }) }),
      attributes: { ...heads, causal: false },
    },
    feeding(arithmetic, 'norm2'),
  ])
}

export function decoderLayer(arithmetic: EmulatedArithmetic): Operator {
  const attention = { operator: multiHeadAttention(arithmetic), output: 'output' }
  return layer(arithmetic, ({ memory }, heads) => [
    {
      ...attention,
      part: 'selfAttention',
      norm: 'norm1',
      inputs: (x) => ({ query: x, key: x, value: x }),
      attributes: { ...heads, causal: true },
    },
    {
      ...attention,
      part: 'crossAttention',
      norm: 'norm2',
      inputs: (x) => ({ query: x, key: memory, value: memory }),
      attributes: { ...heads, causal: false },
    },
    feeding(arithmetic, 'norm3'),
  ])
}
