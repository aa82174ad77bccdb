/** Where a node stands in its source file: offsets into the file's text, end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A numeral exactly as it was written, its digits kept. */
export interface Numeral {
  readonly kind: 'numeral'
  /** As written: `0{,}148`, `290.400`, `1.5e-3`. */
  readonly text: string
  /** The same as a plain decimal: `0.148`, `290400`, `0.0015`. */
  readonly decimal: string
  readonly value: number
  /** Half a unit of the last place written: 0.0005 for 0.148; 0.5 for a whole number. */
  readonly half: number
  /** Written without a decimal point or exponent. */
  readonly whole: boolean
  /**
   * The other reading of an ambiguous numeral: `290.400` is 290.4 to three decimals or the whole number 290400, `34,944`
   * the whole number 34944 or 34.944. The likelier one stands in the numeral itself; `readings` lists both.
   */
  readonly alternative?: Digits
  readonly span: Span
}

/** What digits say, under one reading of their points and commas. */
export type Digits = Pick<Numeral, 'decimal' | 'value' | 'half' | 'whole'>

/**
 * A name with its decorations as one symbol: `\delta_5`, `w_{35}`, `y_{target}`, `W^{(2)}`, `h_1`, `\Delta w_{03}`, `Input Units`.
 * A partial derivative `\frac{\partial L}{\partial w_1}` is one too, under the key `∂L/∂w_1`; so are the constants `e` and `pi`,
 * and a function that stands without arguments (`g = ReLU`).
 */
export interface Name {
  readonly kind: 'name'
  /** What `symbolKey` makes of it: the key under which exercises list it. */
  readonly key: string
  readonly text: string
  readonly span: Span
}

export interface Operation {
  readonly kind: 'operation'
  /** `*` stands for every product: ·, ×, \cdot, \times, a star, juxtaposition; `⊙` for the elementwise one, \odot. */
  readonly operator: '+' | '-' | '*' | '/' | '^' | '⊙'
  readonly left: Expression
  readonly right: Expression
  readonly span: Span
}

export interface Negation {
  readonly kind: 'negation'
  readonly operand: Expression
  readonly span: Span
}

/**
 * `\tanh(1)`, `ReLU(…)`, `softmax(…)`, `\sqrt{3}`, `\max(0, x)`, `\exp(…)`, `\sigma(…)`, `g(a_5)`, `g'(x)`.
 * `e^{…}` is a call of `exp`; `\tanh^2(x)` is the square of a call.
 */
export interface Call {
  readonly kind: 'call'
  /**
   * `exp`, `tanh`, `sigmoid`, `relu`, `softmax`, `logSoftmax`, `sqrt`, `ln`, `log` (natural in this field), `log2`, `log10`, `max`, `min`,
   * `abs`, `norm` (Euclidean), `floor`, `ceil`, `mean`, `argmax`, `sin`, `cos`, however they were spelled; else the key of the
   * symbol: `sigma`, `g`, `g'`, `f`.
   *
   * Further: `entry` of a tensor (its arguments: the tensor, one-based indices); `sumOver`, `productOver`, `maxOver`, `minOver`,
   * `argmaxOver`, `argminOver` (the body, the index, and its first and last value or its set, where they are written);
   * `derivative` (the expression, the variable); `cases` (values and conditions in turn, perhaps a last value for all other cases);
   * the conditions `<`, `>`, `≤`, `≥`, `=`, `≠`, `and`; `convolution`; `sum`, `product` over all entries; `norm1`, `normMax`; `factorial`; `E`, `var`.
   */
  readonly name: string
  readonly arguments: readonly Expression[]
  readonly span: Span
}

/** A matrix or a vector, row by row; a column vector has one entry a row; `list` where written as a list [1, 2, 3] or (1, 2, 3), which is one row. */
export interface Matrix {
  readonly kind: 'matrix'
  readonly rows: readonly (readonly Expression[])[]
  readonly list: boolean
  readonly span: Span
}

export interface Transposition {
  readonly kind: 'transposition'
  readonly operand: Expression
  readonly span: Span
}

/** The lengths of a shape: `55 \times 55 \times 96` where a shape is what stands there; also a product: the reader cannot tell. */
export type Expression = Numeral | Name | Operation | Negation | Call | Matrix | Transposition

/** What links two sides: equality, approximate equality, «gives», or an inequality. */
export type Relation = '=' | '≈' | '→' | '≤' | '≥' | '<' | '>'

/**
 * `a = b = c`: sides in order, and the relations between them (one fewer). A single side is a bare expression.
 * An implication (`a = b → c = d`) is two chains; `→` between two sides of a chain is «gives» (`0.7311 → 0.731`).
 * A side that could not be read is left out of the chain, and stands in the reading's `notUnderstood`.
 */
export interface Chain {
  readonly sides: readonly Expression[]
  readonly relations: readonly Relation[]
  readonly span: Span
}

/** What could not be read, and where: never a guess. */
export interface NotUnderstood {
  readonly why: string
  readonly span: Span
}

/** What is said without claiming a value, and where: that two things differ, a membership, a set, the range of an index. */
export interface Aside {
  readonly what: string
  readonly span: Span
}

/** What a fragment of mathematics says: several chains where commas, `\\` or `&` separate them. */
export interface Reading {
  readonly chains: readonly Chain[]
  readonly asides: readonly Aside[]
  readonly notUnderstood: readonly NotUnderstood[]
}
