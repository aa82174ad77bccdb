import { expand, memoryName } from './expansion.js'
import { type Described, describeLayer, type Parameter, type PrimitiveLayer, type Refuse } from './layers.js'
import { type Architecture, ArchitectureError, type Layer } from './notation.js'
import { type Field, fieldAfter, fieldOfInput } from './receptiveField.js'
import { Scope } from './scope.js'
import { type Signal, signalOf } from './signal.js'

type Path = readonly (string | number)[]

/** A primitive layer in its place: what it reads, and what it answers. */
export interface Node extends Described {
  /** Full name: `conv2_x/unit_1/conv1`. */
  readonly name: string
  readonly layer: PrimitiveLayer
  /** Places of what it reads among the plan's nodes. */
  readonly reads: readonly number[]
  /** The node whose parameter it shares, and which that is. */
  readonly tied?: { readonly node: number; readonly parameter: Parameter }
  /** What it sees of each input, by the input's name. */
  readonly fields: ReadonlyMap<string, Field>
}

/** A layer as the architecture lists it: a node by itself, or parts. */
export interface Entry {
  /** Full name. */
  readonly name: string
  readonly kind: string
  /** Place of the node that answers for it. */
  readonly node: number
  readonly parts?: readonly Entry[]
  /** A head that is used in training only. */
  readonly auxiliary?: true
}

/** An architecture with every repetition, block and shortcut written out, each node behind all that it reads. */
export interface Plan {
  readonly architecture: Architecture
  readonly nodes: readonly Node[]
  /** Inputs, then layers, as listed. */
  readonly entries: readonly Entry[]
  /** Nodes whose answers are the network's, by name: heads, and the last layer that is in none. */
  readonly outputs: ReadonlyMap<string, number>
}

/**
 * Writes an architecture out. Throws an ArchitectureError, with the place in the data, where layers do not fit: a window larger
 * than its image, a linear layer on an image, branches of different shapes, a name that is used twice or not there.
 */
export function planOf(architecture: Architecture): Plan {
  return new Planner(architecture).plan()
}

/** More than any network has; a repetition of repetitions of a million layers is a slip of the keyboard. */
const mostLayers = 100_000

/** Where the answer of a list of layers is, and the entries of its layers. */
interface Listed {
  readonly node: number
  readonly entries: readonly Entry[]
}

class Planner {
  private readonly architecture: Architecture
  private readonly nodes: Node[] = []
  private readonly outputs = new Map<string, number>()
  private readonly byFullName = new Map<string, number>()

  constructor(architecture: Architecture) {
    this.architecture = architecture
  }

  plan(): Plan {
    const { input, inputs = {}, layers } = this.architecture
    const scope = new Scope('')
    const entries: Entry[] = []
    for (const [name, one] of Object.entries({ input, ...inputs })) {
      const signal = signalOf(one)
      const fields = new Map([[name, fieldOfInput(signal)]])
      const node = this.push({
        name,
        layer: { kind: 'input' },
        reads: [],
        fields,
        signal,
        parameters: [],
        multiplyAdds: 0,
        kept: 0,
      })
      scope.set(name, node)
      this.byFullName.set(name, node)
      entries.push({ name, kind: 'input', node })
    }
    const main = this.list(layers, 0, scope, ['layers'])
    const last = layers.at(-1)
    if (last?.kind !== 'head' || last.auxiliary === true) this.outputs.set(this.nodes[main.node].name, main.node)
    return {
      architecture: this.architecture,
      nodes: this.nodes,
      entries: [...entries, ...main.entries],
      outputs: this.outputs,
    }
  }

  private push(node: Node): number {
    if (this.nodes.length >= mostLayers)
      throw new ArchitectureError(['layers'], `there are more than ${mostLayers} layers, repetitions written out`)
    this.nodes.push(node)
    return this.nodes.length - 1
  }

  /** Layers one after the other, the first reading `start`. */
  private list(layers: readonly Layer[], start: number, scope: Scope, path: Path): Listed {
    const entries: Entry[] = []
    let node = start
    for (const [i, layer] of layers.entries()) {
      const place = [...path, i]
      const entry = this.layer(layer, node, scope, place)
      entries.push(entry)
      if (layer.kind !== 'head') node = entry.node
    }
    return { node, entries }
  }

  private layer(layer: Layer, before: number, scope: Scope, path: Path): Entry {
    const name = this.nameOf(layer, scope, path)
    const full = `${scope.prefix}${name}`
    const start = layer.from === undefined ? before : this.find(layer.from, scope, [...path, 'from'])
    const entry = this.written(layer, name, full, start, scope, path)
    scope.set(name, entry.node)
    this.byFullName.set(full, entry.node)
    if (layer.kind === 'head') this.outputs.set(full, entry.node)
    return entry
  }

  private written(layer: Layer, name: string, full: string, start: number, scope: Scope, path: Path): Entry {
    const { kind } = layer
    const inside = new Scope(`${full}/`, scope)
    const group = ({ node, entries }: Listed): Entry => ({ name: full, kind, node, parts: entries })
    switch (layer.kind) {
      case 'block':
        return group(this.list(layer.layers, start, inside, [...path, 'layers']))
      case 'head': {
        const listed = group(this.list(layer.layers, start, inside, [...path, 'layers']))
        return layer.auxiliary === true ? { ...listed, auxiliary: true } : listed
      }
      case 'repeat': {
        const copies: Entry[] = []
        let node = start
        for (let copy = 1; copy <= layer.times; copy++) {
          const copyScope = new Scope(`${full}_${copy}/`, scope)
          const listed = this.list(layer.layers, node, copyScope, [...path, 'layers'])
          node = listed.node
          copies.push({ name: `${full}_${copy}`, kind: 'block', node, parts: listed.entries })
          scope.set(`${name}_${copy}`, node)
          this.byFullName.set(`${full}_${copy}`, node)
        }
        return group({ node, entries: copies })
      }
      case 'residual': {
        const branch = this.list(layer.layers, start, inside, [...path, 'layers'])
        const shortcut = this.shortcut(layer.shortcut, start, branch.node, inside, [...path, 'shortcut'])
        const sum = this.primitive({ kind: 'sum' }, 'sum', [branch.node, shortcut.node], inside, path)
        return group({ node: sum.node, entries: [...branch.entries, ...shortcut.entries, sum] })
      }
      case 'concatenate':
      case 'add': {
        const branches = layer.branches.map((branch, i) => {
          const branchName = `branch${i + 1}`
          const branchScope = new Scope(`${full}/${branchName}/`, scope)
          const { node, entries } = this.list(branch, start, branchScope, [...path, 'branches', i])
          return { name: `${full}/${branchName}`, kind: 'block', node, parts: entries }
        })
        const kind = layer.kind === 'add' ? 'sum' : 'concatenation'
        const reads = branches.map(({ node }) => node)
        const joint = this.primitive({ kind }, kind, reads, inside, path)
        return group({ node: joint.node, entries: [...branches, joint] })
      }
      case 'encoderLayer':
      case 'decoderLayer':
      case 'feedForward': {
        const { shape } = this.nodes[start].signal
        const width = shape[shape.length - 1]
        const refuse = refusal(name, path)
        if (this.nodes[start].signal.kind !== 'sequence' && kind !== 'feedForward')
          refuse('kind', `${kind} reads no sequence; put an embedding before it`)
        if (layer.kind === 'decoderLayer') inside.set(memoryName, this.find(layer.memory, scope, [...path, 'memory']))
        const layers = expand(layer, width)
        return group(this.expanded(layers, start, inside, path))
      }
      case 'embedding': {
        if (layer.scaled !== true) return this.primitive(layer, name, [start], scope, path)
        const embedded = this.primitive(layer, 'lookup', [start], inside, path)
        const scaled = this.primitive(
          { kind: 'scale', factor: Math.sqrt(layer.width) },
          'scale',
          [embedded.node],
          inside,
          path,
        )
        return group({ node: scaled.node, entries: [embedded, scaled] })
      }
      case 'multiHeadAttention': {
        const memory = layer.memory === undefined ? [] : [this.find(layer.memory, scope, [...path, 'memory'])]
        return this.primitive(layer, name, [start, ...memory], scope, path)
      }
      default:
        return this.primitive(layer, name, [start], scope, path)
    }
  }

  /** What an expanded layer consists of; what is wrong with it is wrong with the layer as it is written. */
  private expanded(layers: readonly Layer[], start: number, scope: Scope, path: Path): Listed {
    try {
      return this.list(layers, start, scope, [])
    } catch (error) {
      if (error instanceof ArchitectureError) throw new ArchitectureError(path, error.message)
      throw error
    }
  }

  private shortcut(
    shortcut: Extract<Layer, { readonly kind: 'residual' }>['shortcut'],
    start: number,
    branch: number,
    scope: Scope,
    path: Path,
  ): Listed {
    if (shortcut === undefined || shortcut === 'identity') return { node: start, entries: [] }
    const { shape, kind } = this.nodes[branch].signal
    if (kind !== 'image') refusal('residual', path)(undefined, `a shortcut of ${shortcut.kind} is for images`)
    const [channels] = shape
    const stride = shortcut.stride ?? 1
    if (shortcut.kind === 'zeroPadding') {
      const entry = this.primitive({ kind: 'zeroPadding', stride, channels }, 'shortcut', [start], scope, path)
      return { node: entry.node, entries: [entry] }
    }
    const convolution: Layer = { kind: 'conv', name: 'conv', filters: channels, kernel: 1, stride, bias: shortcut.bias }
    const layers: readonly Layer[] =
      shortcut.batchNorm === true ? [convolution, { kind: 'batchNorm', name: 'batchNorm' }] : [convolution]
    const inside = new Scope(`${scope.prefix}shortcut/`, scope)
    const { node, entries } = this.expanded(layers, start, inside, path)
    return { node, entries: [{ name: `${scope.prefix}shortcut`, kind: 'block', node, parts: entries }] }
  }

  private primitive(layer: PrimitiveLayer, name: string, reads: readonly number[], scope: Scope, path: Path): Entry {
    const full = `${scope.prefix}${name}`
    const tied = this.tiedTo(layer, scope, path)
    const signals = reads.map((read) => this.nodes[read].signal)
    const description = describeLayer(layer, signals, refusal(name, path))
    if (tied !== undefined) checkTied(layer, signals[0], tied.parameter, refusal(name, path))
    const fields = new Map<string, Field>()
    const sources = new Set(reads.flatMap((read) => [...this.nodes[read].fields.keys()]))
    for (const source of sources) {
      const field = fieldAfter(
        layer,
        reads.map((read) => this.nodes[read].fields.get(source)),
        signals,
        description.signal,
      )
      if (field !== undefined) fields.set(source, field)
    }
    const node = this.push({
      ...description,
      name: full,
      layer,
      reads,
      fields,
      ...(tied && { tied }),
    })
    return { name: full, kind: layer.kind, node }
  }

  /** The embedding whose table the layer shares; of one that shares a table itself, the owner of that. */
  private tiedTo(layer: PrimitiveLayer, scope: Scope, path: Path): Node['tied'] {
    if ((layer.kind !== 'linear' && layer.kind !== 'embedding') || layer.tied === undefined) return undefined
    const place = [...path, 'tied']
    let node = this.find(layer.tied, scope, place)
    // A scaled embedding answers through its factor.
    if (this.nodes[node].layer.kind === 'scale') node = this.nodes[node].reads[0]
    const owner = this.nodes[node].tied
    if (owner !== undefined) return owner
    const [parameter] = this.nodes[node].parameters
    if (this.nodes[node].layer.kind !== 'embedding' || parameter === undefined)
      throw new ArchitectureError(place, `tied is ${layer.tied}; it should name an embedding`)
    return { node, parameter }
  }

  private nameOf(layer: Layer, scope: Scope, path: Path): string {
    if (layer.name !== undefined) {
      if (scope.has(layer.name))
        throw new ArchitectureError(
          [...path, 'name'],
          `name is ${layer.name}, which another layer or input of this list has already`,
        )
      return layer.name
    }
    let number = 1
    while (scope.has(`${layer.kind}${number}`)) number++
    return `${layer.kind}${number}`
  }

  private find(name: string, scope: Scope, path: Path): number {
    const node = scope.find(name) ?? this.byFullName.get(name)
    if (node !== undefined) return node
    const key = path[path.length - 1]
    throw new ArchitectureError(
      path,
      `${key} is ${name}; it should name an input or an earlier layer (${scope.names().join(', ')})`,
    )
  }
}

/** A refusal that names the layer and points at the key. */
function refusal(name: string, path: Path): Refuse {
  return (key, message) => {
    throw new ArchitectureError(key === undefined ? path : [...path, key], `${name}: ${message}`)
  }
}

/** The shared table is [vocabulary, width]: of the same tokens and width, or the weight from this width to that vocabulary. */
function checkTied(layer: PrimitiveLayer, x: Signal, { shape: [vocabulary, width] }: Parameter, refuse: Refuse): void {
  if (layer.kind === 'linear') {
    const inputs = x.shape[x.shape.length - 1]
    if (layer.units !== vocabulary || inputs !== width)
      refuse(
        'tied',
        `the weight has shape [${layer.units}, ${inputs}]; the table that it is tied to has [${vocabulary}, ${width}]`,
      )
  }
  if (layer.kind === 'embedding' && x.kind === 'tokens' && (x.vocabulary !== vocabulary || layer.width !== width))
    refuse(
      'tied',
      `the table has shape [${x.vocabulary}, ${layer.width}]; the one that it is tied to has [${vocabulary}, ${width}]`,
    )
}
