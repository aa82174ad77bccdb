import { map, type Tensor, type Tensors, zeros } from '../../oracle/tensor.js'
import type { Operators } from '../exercise.js'
import { normalTensor, type Parameters, plus, randomNumbers } from '../training.js'
import type { Pass } from './layerCalls.js'
import type { Architecture, Input } from './notation.js'
import { fanIn, passOf } from './passes.js'
import { type Entry, type Node, type Plan, planOf } from './plan.js'
import { signalOf } from './signal.js'

/** A network that has been run forward. */
export interface Run {
  /** The answer of every input, layer and group of layers, by its full name; [N, …] each. */
  readonly answers: ReadonlyMap<string, Tensor>
  /** What the network answers with, by name. */
  readonly outputs: Tensors
  /**
   * Gradients of Σ gradient·output with respect to every parameter and float input. Outputs without a gradient count as zero; a
   * parameter that no output with a gradient depends on has none.
   */
  backward(gradients: Tensors): Promise<{ readonly parameters: Parameters; readonly inputs: Tensors }>
}

/** An architecture with parameters: runs on any implementation of the contract, also where numbers stay on a device. */
export class Network {
  readonly plan: Plan
  /** By full name: `conv1.weight`. A tied parameter stands under its owner's name only. */
  readonly parameters: Parameters
  private readonly seed: number

  /** Seeded parameters where none are given. Throws an ArchitectureError where the layers do not fit. */
  constructor(architecture: Architecture, seed: number, parameters?: Parameters) {
    this.plan = planOf(architecture)
    this.seed = seed
    this.parameters = parameters ?? seededParameters(this.plan, seed)
  }

  /** The network with other parameters; dropout keeps the same. */
  with(parameters: Parameters): Network {
    return new Network(this.plan.architecture, this.seed, parameters)
  }

  /** Runs it on `inputs`, [N, …] each, by the inputs' names. What dropout keeps is the same every time. */
  async forward(inputs: Tensors, operators: Operators): Promise<Run> {
    const { nodes, outputs } = this.plan
    const random = randomNumbers(this.seed + 1)
    const passes: Pass[] = []
    for (const node of nodes) {
      const reads =
        node.layer.kind === 'input' ? [inputOf(inputs, node.name)] : node.reads.map((read) => passes[read].answer)
      passes.push(await passOf(node, reads, this.parametersOf(node), operators, random))
    }
    return {
      answers: new Map(answering(this.plan.entries).map(({ name, node }) => [name, passes[node].answer])),
      outputs: Object.fromEntries([...outputs].map(([name, node]) => [name, passes[node].answer])),
      backward: (gradients) => this.backward(passes, gradients),
    }
  }

  private async backward(passes: readonly Pass[], gradients: Tensors) {
    const { nodes, outputs } = this.plan
    const onAnswers: (Tensor | undefined)[] = nodes.map(() => undefined)
    const parameters: Record<string, Tensor> = {}
    const inputs: Record<string, Tensor> = {}
    for (const [name, gradient] of Object.entries(gradients)) {
      const node = outputs.get(name)
      if (node === undefined)
        throw new Error(`the network has no output ${name}; it has ${[...outputs.keys()].join(', ')}`)
      onAnswers[node] = sum(onAnswers[node], gradient)
    }
    for (let i = nodes.length - 1; i >= 0; i--) {
      const gradient = onAnswers[i]
      if (gradient === undefined) continue
      const node = nodes[i]
      if (node.layer.kind === 'input') {
        inputs[node.name] = gradient
        continue
      }
      const back = await passes[i].back(gradient)
      for (const [place, read] of node.reads.entries()) {
        const one = back.reads[place]
        if (one !== undefined) onAnswers[read] = sum(onAnswers[read], one)
      }
      for (const [name, one] of Object.entries(back.parameters)) {
        const full = this.fullName(node, name)
        parameters[full] = sum(parameters[full], one)
      }
    }
    return { parameters, inputs }
  }

  private parametersOf(node: Node): Tensors {
    const names = node.parameters.map(({ name }) => name)
    if (node.tied !== undefined) names.push(ownNameOfTied(node))
    return Object.fromEntries(names.map((name) => [name, this.parameters[this.fullName(node, name)]]))
  }

  private fullName(node: Node, name: string): string {
    const { tied } = node
    if (tied !== undefined && name === ownNameOfTied(node))
      return `${this.plan.nodes[tied.node].name}.${tied.parameter.name}`
    return `${node.name}.${name}`
  }
}

/** Entries with all their parts. */
function answering(entries: readonly Entry[]): readonly Entry[] {
  return entries.flatMap((entry) => [...answering(entry.parts ?? []), entry])
}

/** What a layer calls the parameter that it shares: the table of an embedding is the weight of a linear layer. */
function ownNameOfTied({ layer }: Node): string {
  return layer.kind === 'linear' ? 'weight' : 'table'
}

function inputOf(inputs: Tensors, name: string): Tensor {
  const input = inputs[name]
  if (input === undefined)
    throw new Error(`the network reads an input ${name}; given: ${Object.keys(inputs).join(', ')}`)
  return input
}

function sum(a: Tensor | undefined, b: Tensor): Tensor {
  return a === undefined ? b : plus(a, b)
}

/**
 * Weights from a normal distribution of variance 2/fan-in (He et al. 2015), tables and tokens of variance 1, gains about 1 and
 * biases about 0 by 0.1, so that nothing is symmetric by chance.
 */
function seededParameters({ nodes }: Plan, seed: number): Parameters {
  const random = randomNumbers(seed)
  const entries = nodes.flatMap((node) =>
    node.parameters.map(({ name, shape, role }) => {
      const scale =
        role === 'bias' || name === 'gain'
          ? 0.1
          : name === 'table' || name === 'token'
            ? 1
            : Math.sqrt(2 / fanIn(shape))
      const drawn = normalTensor(shape, scale, random)
      return [`${node.name}.${name}`, name === 'gain' ? map(drawn, (value) => 1 + value) : drawn] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** Seeded inputs of an architecture for N examples: standard normal numbers, tokens of the vocabulary. */
export function seededInputs({ input, inputs }: Architecture, N: number, seed: number): Tensors {
  const random = randomNumbers(seed)
  const drawn = (one: Input): Tensor => {
    const shape = [N, ...signalOf(one).shape]
    if (one.kind !== 'tokens') return normalTensor(shape, 1, random)
    return map(zeros(shape), () => Math.min(Math.floor(random() * one.vocabulary), one.vocabulary - 1))
  }
  return Object.fromEntries(Object.entries({ input, ...inputs }).map(([name, one]) => [name, drawn(one)]))
}
