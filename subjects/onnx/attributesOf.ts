import type { AttributeValue } from '../../oracle/contract.js'
import type { AttributeMessage, ModelMessage } from './messages.js'

type Found = Readonly<Record<string, AttributeValue>>

/**
 * What a model says of an operator's attributes: those of the one node that computes it. Nothing where it has no such node, or several.
 * Throws a RangeError where it has a setting that the contract's operator does not have.
 */
export function attributesOf(operator: string, { graph }: ModelMessage): Found {
  const reader = readers[operator]
  const nodes = graph.node.filter(({ opType }) => opType === reader?.type)
  if (reader === undefined || nodes.length !== 1) return {}
  const [{ attribute }] = nodes
  return reader.read(new Settings(attribute))
}

/** Throws a RangeError where the operator is a GRU, and the model's one node of a GRU has its reset gate on the other side of the matrix. */
export function refuseOtherGru(operator: string, { graph }: ModelMessage): void {
  const nodes = graph.node.filter(({ opType }) => opType === 'GRU')
  if (!['gru', 'gruResetBefore'].includes(operator) || nodes.length !== 1) return
  const linearBeforeReset = new Settings(nodes[0].attribute).int('linear_before_reset', 0)
  const own = linearBeforeReset === 0 ? 'gruResetBefore' : 'gru'
  if (own !== operator) throw new RangeError(`its GRU has linear_before_reset ${linearBeforeReset}, which is ${own}`)
}

/** The attributes of a node. */
class Settings {
  private readonly messages: readonly AttributeMessage[]

  constructor(messages: readonly AttributeMessage[]) {
    this.messages = messages
  }

  private find(name: string): AttributeMessage | undefined {
    return this.messages.find((message) => message.name === name)
  }

  int(name: string, usual: number): number {
    return this.find(name)?.i ?? usual
  }

  float(name: string, usual: number): number {
    return this.find(name)?.f ?? usual
  }

  text(name: string, usual: string): string {
    const bytes = this.find(name)?.s
    return bytes === undefined ? usual : Buffer.from(bytes).toString()
  }

  texts(name: string): readonly string[] {
    return (this.find(name)?.strings ?? []).map((bytes) => Buffer.from(bytes).toString())
  }

  ints(name: string, usual: readonly number[]): readonly number[] {
    const list = this.find(name)?.ints
    return list === undefined || list.length === 0 ? usual : list
  }

  /** The padding, which the contract has alike on both sides. */
  padding(axes: number): readonly number[] {
    const mode = this.text('auto_pad', 'NOTSET')
    const pads = this.ints('pads', new Array(2 * axes).fill(0))
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER')
      throw new RangeError(`its padding is ${mode}, which depends on the input's size`)
    if (pads.some((pad, i) => pad !== pads[i % axes]))
      throw new RangeError(`its padding is [${pads.join(', ')}]: not the same on both sides`)
    return pads.slice(0, axes)
  }
}

interface Reader {
  readonly type: string
  read(settings: Settings): Found
}

const axisOf = (type: string): Reader => ({ type, read: (settings) => ({ axis: settings.int('axis', -1) }) })

function windows(settings: Settings): Found {
  if (settings.int('ceil_mode', 0) !== 0) throw new RangeError('its windows are counted with ceil_mode')
  if (settings.ints('dilations', [1]).some((dilation) => dilation !== 1))
    throw new RangeError('its windows are dilated')
  return {
    kernel: settings.ints('kernel_shape', []),
    stride: settings.ints('strides', [1, 1]),
    padding: settings.padding(2),
  }
}

const readers: Readonly<Record<string, Reader>> = {
  softmax: axisOf('Softmax'),
  logSoftmax: axisOf('LogSoftmax'),
  leakyRelu: { type: 'LeakyRelu', read: (settings) => ({ negativeSlope: settings.float('alpha', 0.01) }) },
  gelu: { type: 'Gelu', read: (settings) => ({ approximate: settings.text('approximate', 'none') }) },
  conv1d: {
    type: 'Conv',
    read: (settings) => ({
      stride: settings.ints('strides', [1])[0],
      padding: settings.padding(1)[0],
      dilation: settings.ints('dilations', [1])[0],
      groups: settings.int('group', 1),
    }),
  },
  conv2d: {
    type: 'Conv',
    read: (settings) => ({
      stride: settings.ints('strides', [1, 1]),
      padding: settings.padding(2),
      dilation: settings.ints('dilations', [1, 1]),
      groups: settings.int('group', 1),
    }),
  },
  patchEmbedding: { type: 'Conv', read: (settings) => ({ patch: settings.ints('strides', [1, 1])[0] }) },
  maxPool2d: { type: 'MaxPool', read: windows },
  avgPool2d: {
    type: 'AveragePool',
    read: (settings) => ({ ...windows(settings), countIncludePad: settings.int('count_include_pad', 0) === 1 }),
  },
  adaptiveAvgPool2d: { type: 'GlobalAveragePool', read: () => ({ output: [1, 1] }) },
  layerNorm: { type: 'LayerNormalization', read: (settings) => ({ epsilon: settings.float('epsilon', 1e-5) }) },
  batchNorm: {
    type: 'BatchNormalization',
    read: (settings) => ({
      epsilon: settings.float('epsilon', 1e-5),
      training: settings.int('training_mode', 0) === 1,
    }),
  },
  localResponseNorm: {
    type: 'LRN',
    read: (settings) => ({
      size: settings.int('size', 5),
      alpha: settings.float('alpha', 1e-4),
      beta: settings.float('beta', 0.75),
      k: settings.float('bias', 1),
    }),
  },
  rnn: {
    type: 'RNN',
    read: (settings) => {
      const [name = 'Tanh'] = settings.texts('activations')
      return { activation: name === 'Affine' ? 'identity' : name.toLowerCase() }
    },
  },
}
