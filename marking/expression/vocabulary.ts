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
  mean: 'mean avg average',
  argmax: 'argmax',
  argmin: 'argmin',
  sinh: 'sinh sh',
  cosh: 'cosh ch',
  arctan: 'arctan atan',
  sign: 'sgn sign',
  softplus: 'softplus',
  gelu: 'gelu',
  erf: 'erf',
  sum: 'sum',
}

/** Functions of libraries for arrays that are spelled otherwise on paper. */
const codeSpellings: ReadonlyMap<string, string> = new Map([
  ['maximum', 'max'],
  ['minimum', 'min'],
  ['amax', 'max'],
  ['amin', 'min'],
  ['reduce_sum', 'sum'],
  ['reduce_mean', 'mean'],
  ['expit', 'sigmoid'],
])

const functionsBySpelling: ReadonlyMap<string, string> = new Map(
  Object.entries(functionSpellings).flatMap(([name, spellings]) =>
    spellings.split(' ').map((spelling): [string, string] => [spelling, name]),
  ),
)

/** The known function that a word or command spells, case apart: `ReLU`, `SoftMax`, `tanh`. */
export function knownFunction(word: string): Call['name'] | undefined {
  return functionsBySpelling.get(word.toLowerCase())
}

/** The known function that a library's function is: `np.maximum`. */
export function libraryFunction(word: string): string | undefined {
  return codeSpellings.get(word.toLowerCase())
}

/** Libraries and modules whose name stands before that of a function: `np.exp`, `torch.nn.functional.relu`. */
export const modules: ReadonlySet<string> = new Set(
  'np numpy jnp math torch tf nn functional F tensorflow keras linalg special scipy'.split(' '),
)

/** Functions of several arguments, between which a comma separates. */
export const severalArguments: ReadonlySet<string> = new Set(['max', 'min', 'mean', 'sum', 'argmax', 'argmin'])

/** Functions whose subscript names what they are taken over, and the names that such calls have. */
export const overIndex: ReadonlyMap<string, string> = new Map([
  ['max', 'maxOver'],
  ['min', 'minOver'],
  ['argmax', 'argmaxOver'],
  ['argmin', 'argminOver'],
])

/** Symbols that name functions where no exercise says otherwise. */
export const usualFunctions: ReadonlySet<string> = new Set([
  'f',
  'g',
  'sigma',
  'phi',
  'psi',
  'Phi',
  'Psi',
  'Omega',
  'ell',
  'cal L',
])

/** Letters before a single symbol in parentheses that always name a function of it: a loss, a cost, a probability, an expectation. */
export const functionsOfSymbols: ReadonlySet<string> = new Set(['J', 'L', 'E', 'C', 'P', 'p', 'q', 'H', 'cal L', 'R'])

/** Names whose brackets hold an argument: an expectation or a variance. */
export const expectations: ReadonlySet<string> = new Set(['E', 'var', 'Var', 'cov', 'V'])

/** Relations by sign or command. */
export const relations: ReadonlyMap<string, Relation> = new Map<string, Relation>([
  ['=', '='],
  ['equiv', '='],
  ['triangleq', '='],
  ['coloneqq', '='],
  ['eqdef', '='],
  ['leftarrow', '='],
  ['gets', '='],
  ['doteq', '='],
  ['approx', '≈'],
  ['simeq', '≈'],
  ['cong', '≈'],
  ['approxeq', '≈'],
  ['thickapprox', '≈'],
  ['thicksim', '≈'],
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
  'displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits mathop mathrel mathbin mathord mathclose mathopen ensuremath relax hfill hspace vspace nonumber notag boxed fbox underbrace overbrace underline bf rm it color colorbox textcolor mathstrut strut phantom vphantom hphantom smash centering noindent allowbreak nobreak'.split(
    ' ',
  ),
)

/** Those of them whose first braced argument is a colour, a distance or invisible. */
export const skipsArgument: ReadonlySet<string> = new Set(
  'color textcolor colorbox hspace vspace phantom vphantom hphantom'.split(' '),
)

/** Commands that only change the font of their argument. */
export const fonts: ReadonlySet<string> = new Set(
  'mathbf mathrm mathit mathsf mathtt mathcal mathbb mathfrak mathscr mathnormal boldsymbol bm pmb textbf textit operatorname vec overrightarrow'.split(
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
  'bmatrix pmatrix matrix smallmatrix array Bmatrix bsmallmatrix psmallmatrix'.split(' '),
)

/** Environments that tell values by their conditions. */
export const caseEnvironments: ReadonlySet<string> = new Set(['cases', 'dcases', 'rcases'])

/** Words that begin a condition. */
export const conditionWords: ReadonlySet<string> = new Set(
  'if when whenever for provided iff unless αν εάν όταν για ako kada kad za wenn falls für si cuando para pour quand'.split(
    ' ',
  ),
)

/** Words for all other cases. */
export const otherwiseWords: ReadonlySet<string> = new Set(
  'otherwise else αλλιώς διαφορετικά inače sonst ansonsten sinon autrement contrario'.split(' '),
)

/** Nouns that announce the symbol behind them: `Bias C = …`, `error δ₅ = …`. */
export const announcingWords: ReadonlySet<string> = new Set(
  'weight weights loss error output input activation matrix vector state cost target label query key value score scores net neuron unit sigmoid step βάρος βάρη πόλωση σφάλμα έξοδος είσοδος πίνακας διάνυσμα κατάσταση pogreška gubitak izlaz ulaz matrica vektor stanje težina fehler verlust ausgabe eingabe gewicht zustand erreur perte sortie entrée poids matrice vecteur état pérdida salida entrada peso matriz estado'.split(
    ' ',
  ),
)

/** Words between two statements on one line. */
export const connectors: ReadonlySet<string> = new Set(
  'and or so thus hence then therefore also where with και ή άρα οπότε όπου με i ili pa gdje und oder also wobei mit et ou donc où avec y o donde con'.split(
    ' ',
  ),
)

const unsupported: readonly (readonly [string, string])[] = [
  ['dots ldots cdots vdots ddots dotsc dotsb', 'an ellipsis leaves out what it stands for'],
  ['int iint oint', 'an integral'],
  ['lim limsup liminf', 'a limit'],
  ['pm mp', 'two values at once (±)'],
  ['forall exists', 'a quantifier'],
  ['hline cline', 'a rule between the rows of a matrix'],
  ['cancel bcancel xcancel sout not', 'something struck out'],
  ['circ otimes oplus ast star bigstar circledast', 'an operation with several meanings'],
  ['partial', 'a derivative outside a fraction'],
  ['mid vert', 'a condition (|)'],
  ['newline', 'a line break inside a formula'],
]
const reasons: ReadonlyMap<string, string> = new Map(
  unsupported.flatMap(([names, why]) => names.split(' ').map((name): [string, string] => [name, why])),
)

/** Relations to sets: what stands behind them is a set, and claims no value. */
export const memberships: ReadonlySet<string> = new Set('in ni notin subset subseteq supset supseteq'.split(' '))

/** Relations between two sides that claim no value. */
export const valuelessRelations: ReadonlySet<string> = new Set(
  'ne neq gg ll sim propto perp parallel nless ngtr nleq ngeq prec succ'.split(' '),
)

/** Why a command is not understood. */
export function whyNotUnderstood(command: string): string {
  return reasons.get(command) ?? `the command \\${command}`
}
