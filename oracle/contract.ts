import type { Tensor, Tensors } from './tensor.js'

/** The number format in which an implementation computes. */
export type Precision = 'float64' | 'float32' | 'float16' | 'bfloat16'

/** The value of an attribute; pairs are [height, width]. */
export type AttributeValue = number | string | boolean | readonly number[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** One operator of an implementation under test: named tensors in, named tensors out. May be asynchronous. */
export interface Operator {
  forward(inputs: Tensors, attributes: Attributes): Tensors | Promise<Tensors>
  /** `gradients` holds the gradient with respect to each output; a missing one counts as zero. */
  backward?(inputs: Tensors, attributes: Attributes, gradients: Tensors): Tensors | Promise<Tensors>
}

/** Anything that answers the operator contract: the oracle, a GPU backend, a student's program, a mistake. */
export interface Implementation {
  readonly name: string
  readonly precision: Precision
  readonly operators: Readonly<Record<string, Operator>>
}

/**
 * A dimension of an input or output: `'N'` names a size, the same letter being the same size within an operator;
 * `'…'` is any number of leading dimensions; `'C/groups'`, `'4H'`, `'2D'`, `'E·P·P'` are computed from sizes and attributes.
 */
export type Dimension = string

/** A bound of a range: a number, or the name of a size or an attribute. */
export type Bound = number | string

export interface InputDeclaration<Optional extends boolean = boolean> {
  /** `undefined`: an elementwise input, of the same shape as every other input without dimensions. */
  readonly dimensions: readonly Dimension[] | undefined
  /** `int` inputs hold whole numbers and have no gradient; `mask` inputs hold 0 and 1 only. */
  readonly kind: 'float' | 'int' | 'mask'
  readonly optional: Optional
  /** Inclusive lower bound of the values. */
  readonly least?: Bound
  /** Inclusive upper bound of the values. */
  readonly most?: Bound
  /** Exclusive upper bound of the values. */
  readonly below?: Bound
  /** No gradient flows to this float input (`target` of binaryCrossEntropy). */
  readonly constant?: true
}

interface Range {
  readonly least?: number
  readonly most?: number
  /** Exclusive bounds. */
  readonly above?: number
  readonly below?: number
}

/** What an attribute's default is computed from. */
export interface DefaultContext {
  readonly sizes: Readonly<Record<string, number>>
  readonly attributes: Attributes
}

/** A default that depends on the call, with the words the documentation uses for it (`kernel`, `1/√D`). */
export interface ComputedDefault<Value> {
  readonly text: string
  compute(context: DefaultContext): Value
}

type Default<Value> = { readonly default?: Value | ComputedDefault<Value> }

export type AttributeDeclaration =
  | ({ readonly type: 'number'; readonly integer?: true } & Range & Default<number>)
  | { readonly type: 'choice'; readonly values: readonly string[]; readonly default?: string }
  | { readonly type: 'choice of numbers'; readonly values: readonly number[]; readonly default?: number }
  | { readonly type: 'boolean'; readonly default?: boolean }
  /** A whole number, or [height, width]; the operator always receives the pair. */
  | ({ readonly type: 'pair' } & Range & Default<number | readonly [number, number]>)
  /** Whole numbers, one an axis. */
  | ({ readonly type: 'list' } & Range)

export interface OutputDeclaration {
  readonly dimensions: readonly Dimension[] | undefined
  readonly kind: 'float' | 'int'
  /** When the shape is another one, in words. */
  readonly note?: string
}

export type InputDeclarations = Readonly<Record<string, InputDeclaration>>
export type AttributeDeclarations = Readonly<Record<string, AttributeDeclaration>>
export type OutputDeclarations = Readonly<Record<string, OutputDeclaration>>

/** Sizes of the named dimensions of a call, and its filled-in attributes. */
export interface CallShape {
  /** Size by dimension letter. */
  readonly sizes: Readonly<Record<string, number>>
  /** The leading dimensions, if the operator has any. */
  readonly leading: readonly number[]
  /** Shapes of the inputs that were given. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly attributes: Attributes
}

/** All that is said of an operator besides its arithmetic. Validation, wire form and documentation come from it. */
export interface Declaration {
  readonly name: string
  /** The room's file: `linear`, `activations`, … */
  readonly family: string
  /** One line: what it computes, in the notation of the field. */
  readonly summary: string
  /** Paper, textbook or exercise where the definition stands. */
  readonly source: string
  readonly inputs: InputDeclarations
  readonly attributes: AttributeDeclarations
  readonly outputs: OutputDeclarations
  /** Whether the operator has a backward pass. */
  readonly differentiable: boolean
  /** Words for dimension letters in messages: `{ C: 'input channels' }`. */
  readonly dimensionNames?: Readonly<Record<string, string>>
  /** What must hold beyond declared dimensions and ranges; answers with what is wrong, or nothing. */
  constraint?(call: CallShape): string | undefined
  /** What must hold of the inputs' values beyond declared ranges; answers with what is wrong, or nothing. */
  valueConstraint?(inputs: Tensors, call: CallShape): string | undefined
  /** Shapes of the outputs whose dimensions are not named sizes of the inputs. */
  outputShapes?(call: CallShape): Readonly<Record<string, readonly number[]>>
}

type OptionalNames<I extends InputDeclarations> = {
  [K in keyof I]: I[K] extends InputDeclaration<true> ? K : never
}[keyof I]

/** The tensors of a call as its declaration types them: optional inputs may be missing. */
export type InputsOf<I extends InputDeclarations> = { readonly [K in Exclude<keyof I, OptionalNames<I>>]: Tensor } & {
  readonly [K in OptionalNames<I>]?: Tensor
}

type ValueOf<A extends AttributeDeclaration> = A extends { type: 'number' }
  ? number
  : A extends { type: 'choice'; values: readonly (infer V)[] }
    ? V
    : A extends { type: 'choice of numbers'; values: readonly (infer V)[] }
      ? V
      : A extends { type: 'boolean' }
        ? boolean
        : A extends { type: 'pair' }
          ? readonly [number, number]
          : readonly number[]

/** The attributes of a call, every default filled in, pairs as [height, width]. */
export type AttributesOf<A extends AttributeDeclarations> = { readonly [K in keyof A]: ValueOf<A[K]> }

export type OutputsOf<O extends OutputDeclarations> = { readonly [K in keyof O]: Tensor }

/** The gradients with respect to the outputs; a missing one counts as zero. */
export type OutputGradientsOf<O extends OutputDeclarations> = { readonly [K in keyof O]: Tensor }

/** A float input with the given dimensions; `float()` is an elementwise one. */
export function float(...dimensions: Dimension[]): InputDeclaration<false> {
  return { dimensions: dimensions.length === 0 ? undefined : dimensions, kind: 'float', optional: false }
}

/** An input of whole numbers with the given dimensions, inside `range`. */
export function int(
  dimensions: readonly Dimension[],
  range: { least?: Bound; most?: Bound; below?: Bound } = {},
): InputDeclaration<false> {
  return { dimensions, kind: 'int', optional: false, ...range }
}

/** The same input, which may be left out. */
export function optional(input: InputDeclaration<false>): InputDeclaration<true> {
  return { ...input, optional: true }
}

/** A float output with the given dimensions; `output()` has the shape of the elementwise inputs. */
export function output(...dimensions: Dimension[]): OutputDeclaration {
  return { dimensions: dimensions.length === 0 ? undefined : dimensions, kind: 'float' }
}

/** A scalar float output. */
export const scalarOutput: OutputDeclaration = { dimensions: [], kind: 'float' }

/** A loss: a scalar, or one value an item where `reduction` is 'none'. */
export const lossOutput: OutputDeclaration = {
  ...scalarOutput,
  note: "one value an item where reduction is 'none'",
}

/** A bad call: which operator, which input or attribute, what it held, what it should hold. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly operator: string

  constructor(operator: string, what: string) {
    super(`${operator}: ${what}`)
    this.operator = operator
  }
}

/** The implementation itself failed: it crashed, hung, answered nonsense, or has no such pass. Never counts as a refusal. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: 'failed' | 'unimplemented'

  constructor(kind: 'failed' | 'unimplemented', what: string) {
    super(what)
    this.kind = kind
  }
}
