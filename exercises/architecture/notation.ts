/**
 * The notation in which a network is written down: an input and a list of layers, as plain data. A YAML file holds the same
 * (read.ts); the walker computes shapes and counts from it (walker.ts), and it can be run (network.ts).
 *
 * A layer reads what the layer before it in its list answers, unless `from` names an earlier layer or an input. Images are
 * channels × height × width, token sequences positions × width. What is left out has the default that stands beside it.
 */
export interface Architecture {
  readonly name: string
  /** Paper or exercise that it is taken from. */
  readonly source?: string
  /** What the first layer reads; `from: input` is its name. */
  readonly input: Input
  /** Further inputs by name: segment ids of BERT, target tokens of a Transformer. */
  readonly inputs?: Readonly<Record<string, Input>>
  readonly layers: readonly Layer[]
}

export type Input =
  | { readonly kind: 'image'; readonly channels: number; readonly height: number; readonly width: number }
  | { readonly kind: 'vector'; readonly size: number }
  /** Whole numbers from 0 up to the size of the vocabulary, that left out. */
  | { readonly kind: 'tokens'; readonly length: number; readonly vocabulary: number }
  /** A vector for each position. */
  | { readonly kind: 'sequence'; readonly length: number; readonly width: number }

/** A whole number for both, or [height, width]. */
export type Pair = number | readonly [number, number]

interface Named {
  /**
   * The layer's name, one of its list. A layer without one is called by its kind and the next free number: conv1, relu2.
   * Inside a block the full name has the block's before it: `conv2_x/unit_1/conv1`.
   */
  readonly name?: string
  /**
   * What it reads in place of the answer before it: an input, or an earlier layer by its name in this list or one around it,
   * or by its full name.
   */
  readonly from?: string
}

export interface Convolution extends Named {
  readonly kind: 'conv'
  readonly filters: number
  readonly kernel: Pair
  /** 1. */
  readonly stride?: Pair
  /** Zeros on each side; 0. */
  readonly padding?: Pair
  /** 1. */
  readonly dilation?: Pair
  /** 1; `channels`: one group a channel, as in a depthwise convolution. */
  readonly groups?: number | 'channels'
  /** true. */
  readonly bias?: boolean
}

/** A filter for each channel by itself, then 1×1 filters over all. */
export interface DepthwiseSeparableConvolution extends Named {
  readonly kind: 'depthwiseSeparableConv'
  readonly filters: number
  readonly kernel: Pair
  /** 1. */
  readonly stride?: Pair
  /** 0. */
  readonly padding?: Pair
  /** Of the 1×1 filters; true. */
  readonly bias?: boolean
}

export interface Activation extends Named {
  /** `softmax` runs over the channels of an image, over the width of everything else. */
  readonly kind: 'relu' | 'tanh' | 'sigmoid' | 'gelu' | 'softmax'
}

export interface Pooling extends Named {
  readonly kind: 'maxPool' | 'avgPool'
  readonly kernel: Pair
  /** The kernel: windows side by side. A smaller one makes them overlap. */
  readonly stride?: Pair
  /** At most half the kernel; 0. A maximum is taken over the image alone, an average counts the zeros. */
  readonly padding?: Pair
  /**
   * Positions are counted with the quotient rounded up, as GoogLeNet does; false. The last window may then reach over the
   * edge: only what lies inside counts. A window that would begin behind the image and its padding is left out. For
   * `maxPool` only.
   */
  readonly ceil?: boolean
}

/** The mean of each cell of a grid of this size; of any image, whatever its size. */
export interface AdaptiveAveragePooling extends Named {
  readonly kind: 'adaptiveAvgPool'
  readonly output: Pair
}

/** The mean of each channel, as an image of 1 × 1. */
export interface GlobalAveragePooling extends Named {
  readonly kind: 'globalAvgPool'
}

export interface LocalResponseNormalization extends Named {
  readonly kind: 'localResponseNorm'
  /** Neighbouring channels, odd; 5. */
  readonly size?: number
  /** 1e-4, 0.75, 2. */
  readonly alpha?: number
  readonly beta?: number
  readonly k?: number
}

/** A gain and a bias for each channel (`batchNorm`) or for each entry of the width (`layerNorm`). */
export interface Normalization extends Named {
  readonly kind: 'batchNorm' | 'layerNorm'
  /** 1e-5. */
  readonly epsilon?: number
}

export interface Dropout extends Named {
  readonly kind: 'dropout'
  /** The share that is dropped; 0.5. */
  readonly p?: number
}

/** All numbers as one vector, in the order channel, row, column. */
export interface Flatten extends Named {
  readonly kind: 'flatten'
}

/** Of a vector, or of every position of a sequence. */
export interface Linear extends Named {
  readonly kind: 'linear'
  readonly units: number
  /** true. */
  readonly bias?: boolean
  /** An embedding whose table is the weight: the scores of a language model. Only the bias is its own. */
  readonly tied?: string
}

/** A row of a table for each token. */
export interface Embedding extends Named {
  readonly kind: 'embedding'
  readonly width: number
  /** An embedding whose table this one shares. */
  readonly tied?: string
  /** Whether the rows are multiplied by √width, as in the Transformer; false. */
  readonly scaled?: boolean
}

/** A learned vector for each position, added. */
export interface LearnedPositions extends Named {
  readonly kind: 'learnedPositions'
  /** Rows of the table: the longest sequence that there may be; the length of the sequence where left out. */
  readonly positions?: number
}

/** Sine and cosine of the position, added. */
export interface SinusoidalPositions extends Named {
  readonly kind: 'sinusoidalPositions'
}

/** A learned vector before the first position. */
export interface ClassToken extends Named {
  readonly kind: 'classToken'
}

/** The vector at one position of a sequence. */
export interface SelectToken extends Named {
  readonly kind: 'selectToken'
  /** From 0; 0. */
  readonly index?: number
}

/** An image in squares of patch × patch, each mapped to a vector of this width. */
export interface PatchEmbedding extends Named {
  readonly kind: 'patchEmbedding'
  readonly patch: number
  readonly width: number
  /** true. */
  readonly bias?: boolean
}

/** Projections to query, key and value, scaled dot-product attention in heads, and a projection of what they answer. */
export interface MultiHeadAttention extends Named {
  readonly kind: 'multiHeadAttention'
  readonly heads: number
  /** Where keys and values come from, if not from the queries' own sequence: an earlier layer or an input. */
  readonly memory?: string
  /** Whether a position attends to itself and earlier ones only; false. */
  readonly causal?: boolean
  /** Of the four projections; true. */
  readonly bias?: boolean
}

/** Two linear layers with an activation between them, at every position. */
export interface FeedForward extends Named {
  readonly kind: 'feedForward'
  /** Hidden units. */
  readonly width: number
  /** relu. */
  readonly activation?: 'relu' | 'gelu'
}

interface TransformerLayer extends Named {
  readonly heads: number
  /** Hidden units of the feed-forward layer. */
  readonly feedForward: number
  /** `post`: LayerNorm(x + Sublayer(x)); `pre`: x + Sublayer(LayerNorm(x)). post. */
  readonly norm?: 'post' | 'pre'
  /** Of the feed-forward layer; relu. */
  readonly activation?: 'relu' | 'gelu'
  /** Biases of the attention's projections; true. */
  readonly attentionBias?: boolean
}

/** Self-attention and a feed-forward layer, each with its residual connection and normalization. */
export interface EncoderLayer extends TransformerLayer {
  readonly kind: 'encoderLayer'
}

/** Causal self-attention, attention to `memory`, and a feed-forward layer. */
export interface DecoderLayer extends TransformerLayer {
  readonly kind: 'decoderLayer'
  /** The encoder's last layer. */
  readonly memory: string
}

/** Layers under a name of their own, summed in the table. */
export interface Block extends Named {
  readonly kind: 'block'
  readonly layers: readonly Layer[]
}

/** The same layers `times` times over, each time with parameters of their own: blocks NAME_1, NAME_2, … */
export interface Repeat extends Named {
  readonly kind: 'repeat'
  readonly times: number
  readonly layers: readonly Layer[]
}

/** What goes past the layers of a residual block. */
export type Shortcut =
  | 'identity'
  /** A 1×1 convolution to the channels that the layers answer with; `batchNorm` (false) behind it; `bias` (true). */
  | {
      readonly kind: 'projection'
      readonly stride?: number
      readonly batchNorm?: boolean
      readonly bias?: boolean
    }
  /** Every `stride`th row and column, further channels filled up with zeros: no parameters. */
  | { readonly kind: 'zeroPadding'; readonly stride?: number }

/** x + layers(x); an activation behind the sum is a layer of its own. */
export interface Residual extends Named {
  readonly kind: 'residual'
  readonly layers: readonly Layer[]
  /** identity. */
  readonly shortcut?: Shortcut
}

/**
 * Branches that all read the same, side by side: `concatenate` joins what they answer along channels (or width), `add` sums
 * it. A branch without layers answers what it reads.
 */
export interface Branches extends Named {
  readonly kind: 'concatenate' | 'add'
  readonly branches: readonly (readonly Layer[])[]
}

/** Layers beside the main line, with an output of their own: the layer behind reads what the head read. */
export interface Head extends Named {
  readonly kind: 'head'
  readonly layers: readonly Layer[]
  /** Used in training only, so that totals are given with and without it; false. */
  readonly auxiliary?: boolean
}

export type Layer =
  | Convolution
  | DepthwiseSeparableConvolution
  | Activation
  | Pooling
  | AdaptiveAveragePooling
  | GlobalAveragePooling
  | LocalResponseNormalization
  | Normalization
  | Dropout
  | Flatten
  | Linear
  | Embedding
  | LearnedPositions
  | SinusoidalPositions
  | ClassToken
  | SelectToken
  | PatchEmbedding
  | MultiHeadAttention
  | FeedForward
  | EncoderLayer
  | DecoderLayer
  | Block
  | Repeat
  | Residual
  | Branches
  | Head

/** The architecture cannot be built; the message names the layer, what it held and what it should hold. */
export class ArchitectureError extends Error {
  override readonly name = 'ArchitectureError'
  /** Where in the data: `['layers', 3, 'kernel']`. */
  readonly path: readonly (string | number)[]

  constructor(path: readonly (string | number)[], message: string) {
    super(message)
    this.path = path
  }
}
