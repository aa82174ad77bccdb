import type { Call, Relation } from './ast.js'

/** The functions that every exercise knows, by the name that `Call` gives them; all but `max`, `min` and `mean` take one argument. */
const functionSpellings: Readonly<Record<string, string>> = {
  exp: 'exp',
  tanh: 'tanh th',
  sigmoid: 'sigmoid sigm logistic',
  relu: 'relu',
  softmax: 'softmax',
  logSoftmax: 'logsoftmax',
  sqrt: 'sqrt',
  ln: 'ln',
  log: 'log',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  max: 'max',
  min: 'min',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  mean: 'mean',
  argmax: 'argmax',
}

const functionsBySpelling: ReadonlyMap<string, string> = new Map(
  Object.entries(functionSpellings).flatMap(([name, spellings]) =>
    spellings.split(' ').map((spelling): [string, string] => [spelling, name]),
  ),
)

/** The known function that a word or command spells, case apart: `ReLU`, `SoftMax`, `tanh`. */
export function knownFunction(word: string): Call['name'] | undefined {
  return functionsBySpelling.get(word.toLowerCase())
}

/** Functions of several arguments, between which a comma separates. */
export const severalArguments: ReadonlySet<string> = new Set(['max', 'min', 'mean'])

/** Symbols that name functions where no exercise says otherwise. */
export const usualFunctions: ReadonlySet<string> = new Set(['f', 'g', 'sigma', 'phi', 'psi'])

/** Relations by sign or command. */
export const relations: ReadonlyMap<string, Relation> = new Map<string, Relation>([
  ['=', '='],
  ['equiv', '='],
  ['triangleq', '='],
  ['coloneqq', '='],
  ['doteq', '='],
  ['approx', '≈'],
  ['simeq', '≈'],
  ['cong', '≈'],
  ['approxeq', '≈'],
  ['to', '→'],
  ['rightarrow', '→'],
  ['longrightarrow', '→'],
  ['mapsto', '→'],
  ['implies', '→'],
  ['Rightarrow', '→'],
  ['Longrightarrow', '→'],
  ['leadsto', '→'],
  ['therefore', '→'],
  ['iff', '→'],
  ['Leftrightarrow', '→'],
  ['<', '<'],
  ['lt', '<'],
  ['>', '>'],
  ['gt', '>'],
  ['le', '≤'],
  ['leq', '≤'],
  ['leqslant', '≤'],
  ['ge', '≥'],
  ['geq', '≥'],
  ['geqslant', '≥'],
])

/** Commands for a product. */
export const products: ReadonlySet<string> = new Set(['cdot', 'times', 'bullet'])

/** Commands that change how what follows looks, and nothing else. */
export const transparent: ReadonlySet<string> = new Set(
  'displaystyle textstyle scriptstyle limits nolimits hfill hspace vspace nonumber notag boxed fbox underbrace overbrace underline bf rm it color colorbox textcolor mathstrut strut phantom vphantom hphantom smash centering noindent allowbreak nobreak'.split(
    ' ',
  ),
)

/** Those of them whose first braced argument is a colour, a distance or invisible. */
export const skipsArgument: ReadonlySet<string> = new Set(
  'color textcolor colorbox hspace vspace phantom vphantom hphantom'.split(' '),
)

/** Commands that only change the font of their argument. */
export const fonts: ReadonlySet<string> = new Set(
  'mathbf mathrm mathit mathsf mathtt mathcal mathbb mathfrak mathnormal boldsymbol bm pmb textbf textit operatorname vec'.split(
    ' ',
  ),
)

/** Accents, which make another symbol of theirs. */
export const accents: ReadonlySet<string> = new Set('hat widehat bar overline tilde widetilde'.split(' '))

/** Environments whose rows are lines of mathematics. */
export const lineEnvironments: ReadonlySet<string> = new Set(
  'aligned align alignat alignedat split gather gathered multline equation eqnarray math displaymath flalign'.split(
    ' ',
  ),
)

/** Environments that are matrices; `array` is one unless its cells hold relations. */
export const matrixEnvironments: ReadonlySet<string> = new Set(
  'bmatrix pmatrix matrix smallmatrix array Bmatrix'.split(' '),
)

/** Words between two statements on one line. */
export const connectors: ReadonlySet<string> = new Set(
  'and or so thus hence then therefore also where with και ή άρα οπότε όπου με i ili pa gdje und oder also wobei mit et ou donc où avec y o donde con'.split(
    ' ',
  ),
)

const unsupported: readonly (readonly [string, string])[] = [
  ['dots ldots cdots vdots ddots dotsc dotsb', 'an ellipsis leaves out what it stands for'],
  ['sum', 'a sum over an index'],
  ['prod', 'a product over an index'],
  ['int iint oint', 'an integral'],
  ['lim limsup liminf', 'a limit'],
  ['pm mp', 'two values at once (±)'],
  ['forall exists', 'a quantifier'],
  ['hline cline', 'a rule between the rows of a matrix'],
  ['cancel bcancel xcancel sout not', 'something struck out'],
  ['circ otimes oplus ast star bigstar', 'an operation with several meanings'],
  ['partial', 'a derivative outside a fraction'],
  ['mid vert', 'a condition (|)'],
  ['div', 'the sign ÷, whose order of operations is not fixed'],
  ['infty', 'infinity'],
  ['newline', 'a line break inside a formula'],
]
const reasons: ReadonlyMap<string, string> = new Map(
  unsupported.flatMap(([names, why]) => names.split(' ').map((name): [string, string] => [name, why])),
)

/** Relations after which nothing is claimed that could be computed, and why. */
export const otherRelations: ReadonlyMap<string, string> = new Map([
  ...['in', 'ni', 'notin', 'subset', 'subseteq', 'supset'].map((name): [string, string] => [name, 'a set membership']),
  ...['ne', 'neq', 'gg', 'll', 'sim', 'propto', 'perp'].map((name): [string, string] => [
    name,
    `the relation \\${name}, which claims no value`,
  ]),
])

/** Why a command is not understood. */
export function whyNotUnderstood(command: string): string {
  return reasons.get(command) ?? `the command \\${command}`
}
