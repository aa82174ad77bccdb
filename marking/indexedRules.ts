import { tensor } from '../oracle/tensor.js'
import { evaluatePoint } from './evaluation.js'
import type { Call, Expression } from './expression/ast.js'
import { withIndex } from './expression/indices.js'
import { rebuilt, walk } from './expression/walk.js'
import type { RuleJudgement } from './rules.js'

/** What a letter stands for in rules about a classifier: logits, its probabilities, the target distribution. */
type Role = 'logits' | 'output' | 'target'

const classes = 3
const logits = [0.31, -0.84, 1.17]
const exponentials = logits.map(Math.exp)
const total = exponentials.reduce((a, b) => a + b)
const values: Readonly<Record<Role, readonly number[]>> = {
  logits,
  output: exponentials.map((value) => value / total),
  target: [0.23, 0.48, 0.29],
}

const mayBe: Readonly<Record<Role, ReadonlySet<string>>> = {
  logits: new Set(['z', 'x', 'a', 'o', 's', 'u', 'l']),
  output: new Set(['p', 'hat y', 'y', 'q', 'a', 'o', 's', 'pi', 'softmax', 'sigma']),
  target: new Set(['y', 't', 'd', 'y^*', 'q', 'tau']),
}
const lossKey = /^(L|E|J|C|H|l|ell|CE|H|loss|error|cal L|L_[A-Za-z]+|NLL|MSE)$/

/** Values of the left side at indices i and j, for what it may mean; `free` where a factor or sign may differ by convention. */
interface Meaning {
  readonly name: string
  readonly free: boolean
  value(i: number, j: number): number
}

const { output: p, target: t } = values
const sum = (f: (k: number) => number): number => [0, 1, 2].reduce((all, k) => all + f(k), 0)
const same = (i: number, j: number): number => (i === j ? 1 : 0)

const softmax: Meaning = { name: 'softmax', free: false, value: (i) => p[i] }
const jacobian: Meaning = { name: 'pᵢ·(δᵢⱼ − pⱼ)', free: false, value: (i, j) => p[i] * (same(i, j) - p[j]) }
const byLogit: readonly Meaning[] = [{ name: 'softmax with cross-entropy', free: true, value: (i) => p[i] - t[i] }]
const byOutput: readonly Meaning[] = [
  { name: 'cross-entropy', free: true, value: (i) => -t[i] / p[i] },
  { name: 'squared error', free: true, value: (i) => p[i] - t[i] },
  { name: 'mean squared error', free: true, value: (i) => (p[i] - t[i]) / classes },
]
const losses: readonly Meaning[] = [
  { name: 'cross-entropy', free: false, value: () => -sum((k) => t[k] * Math.log(p[k])) },
  { name: 'mean cross-entropy', free: false, value: () => -sum((k) => t[k] * Math.log(p[k])) / classes },
  { name: 'squared error', free: true, value: () => sum((k) => (p[k] - t[k]) ** 2) },
  { name: 'mean squared error', free: true, value: () => sum((k) => (p[k] - t[k]) ** 2) / classes },
  {
    name: 'binary cross-entropy, summed',
    free: false,
    value: () => -sum((k) => t[k] * Math.log(p[k]) + (1 - t[k]) * Math.log(1 - p[k])),
  },
  {
    name: 'binary cross-entropy',
    free: false,
    value: () => -sum((k) => t[k] * Math.log(p[k]) + (1 - t[k]) * Math.log(1 - p[k])) / classes,
  },
  { name: 'negative log-likelihood', free: false, value: (i) => -Math.log(p[i]) },
  { name: 'cross-entropy of one class', free: false, value: (i) => -t[i] * Math.log(p[i]) },
  {
    name: 'binary cross-entropy of one',
    free: false,
    value: (i) => -t[i] * Math.log(p[i]) - (1 - t[i]) * Math.log(1 - p[i]),
  },
]

/** What the left side of a rule may mean, the role of its own letter, and whether nothing else can be meant. */
interface Left {
  readonly meanings: readonly Meaning[]
  readonly letters: ReadonlyMap<string, Role>
  readonly sure: boolean
  /** The letters of its indices: of what is differentiated, and of the variable. */
  readonly indices: readonly [string, string]
  readonly places: readonly (readonly [number, number])[]
}

const apart: readonly (readonly [number, number])[] = [
  [0, 1],
  [2, 0],
]
const together: readonly (readonly [number, number])[] = [
  [0, 0],
  [2, 2],
]

function leftOf(expression: Expression): Left | undefined {
  if (expression.kind === 'call' && expression.name === 'softmax') {
    const [argument] = expression.arguments
    if (argument?.kind !== 'name' || !/_[ij]$/.test(argument.key)) return undefined
    return {
      meanings: [softmax],
      letters: new Map([[baseOf(argument.key), 'logits']]),
      sure: true,
      indices: indexed(argument.key),
      places: apart,
    }
  }
  if (expression.kind !== 'name') return undefined
  const derivative = /^∂(.+)\/∂(.+)$/.exec(expression.key)
  if (derivative === null) {
    const base = baseOf(expression.key)
    if (lossKey.test(expression.key))
      return { meanings: losses, letters: new Map(), sure: false, indices: indexed(''), places: apart }
    if (!mayBe.output.has(base) || !/_[ij]$/.test(expression.key)) return undefined
    return {
      meanings: [softmax],
      letters: new Map([[base, 'output']]),
      sure: false,
      indices: indexed(expression.key),
      places: apart,
    }
  }
  const [, above, below] = derivative
  const [upper, lower] = [baseOf(above), baseOf(below)]
  const indices = /_([ijk])$/.exec(below)?.[1]
  if (lossKey.test(above)) {
    if (mayBe.logits.has(lower) && !['o', 'a', 's'].includes(lower))
      return {
        meanings: byLogit,
        letters: new Map([[lower, 'logits']]),
        sure: false,
        indices: indexed(below),
        places: apart,
      }
    if (mayBe.output.has(lower))
      return {
        meanings: [...byOutput, ...byLogit],
        letters: new Map(),
        sure: false,
        indices: indexed(below),
        places: apart,
      }
    return undefined
  }
  const upperIndex = /_([ijk])$/.exec(above)?.[1]
  if (!mayBe.output.has(upper) || !mayBe.logits.has(lower) || upper === lower || upperIndex === undefined)
    return undefined
  const letters = new Map<string, Role>([
    [upper, 'output'],
    [lower, 'logits'],
  ])
  const sure = /^(p|pi|softmax|hat y)$/.test(upper) && /^(z|l)$/.test(lower)
  const isSame = indices === upperIndex
  const [first] = indexed(above)
  const second = isSame ? indexed(above)[1] : indexed(below)[0]
  return {
    meanings: [jacobian],
    letters,
    sure,
    indices: [first, second],
    places: isSame ? together : [...apart, ...together],
  }
}

/** Judges a formula about softmax or a loss, at values of its own; a loss and its gradient up to a factor and the sign. */
export function judgeIndexed(left: Expression, right: Expression): RuleJudgement {
  const known = leftOf(left)
  if (known === undefined) return { kind: 'unknown' }
  const bases = [...new Set(namesIn(right).map(baseOf))].filter((base) => !isCount(base) && base !== 'delta')
  const assignments = rolesOf(bases, known.letters)
  for (const roles of assignments)
    for (const { name, free, value } of known.meanings) {
      const pairs = known.places.map(
        ([i, j]) => [value(i, j), valueAt(right, roles, places(known.indices, i, j))] as const,
      )
      const factor = factorOf(pairs)
      const offDiagonal = factorOf(pairs.slice(0, apart.length))
      if (factor === 1) return { kind: 'correct', note: '' }
      if (free && factor !== undefined && [-1, 2, -2, 0.5, -0.5].some((other) => Math.abs(factor - other) < 1e-9))
        return { kind: 'correct', note: `${name} under another convention: ${factorText(factor)}` }
      if (known.sure && known.places.length > apart.length && offDiagonal === 1)
        return { kind: 'correct', note: 'holds for different indices' }
    }
  const evaluated = assignments.some((roles) => valueAt(right, roles, places(known.indices, 0, 1)) !== undefined)
  if (!known.sure || !evaluated) return { kind: 'unknown' }
  const rule = known.meanings[0] === softmax ? 'e^(zᵢ)/Σⱼ e^(zⱼ)' : known.meanings[0].name
  return { kind: 'wrong', message: `the right rule is ${rule}` }
}

function factorText(factor: number): string {
  const size = Math.abs(factor) === 1 ? '' : `, ${Math.abs(factor)} times as large`
  return factor < 0 ? `of the opposite sign${size}` : size.slice(2)
}

/** The one factor by which all second numbers differ from the first. */
function factorOf(pairs: readonly (readonly [number, number | undefined])[]): number | undefined {
  const factors = pairs.map(([a, b]) => (b === undefined ? Number.NaN : b / a))
  const [first] = factors
  if (!factors.every((factor) => Math.abs(factor - first) <= 1e-9 * Math.abs(first))) return undefined
  return Math.abs(first - 1) < 1e-9 ? 1 : first
}

/** Every choice of what the letters stand for. */
function rolesOf(bases: readonly string[], fixed: ReadonlyMap<string, Role>): readonly ReadonlyMap<string, Role>[] {
  return bases.reduce<readonly ReadonlyMap<string, Role>[]>(
    (all, base) => {
      const set = fixed.get(base)
      const options = (['logits', 'output', 'target'] as const).filter((role) =>
        set === undefined ? mayBe[role].has(base) : role === set,
      )
      return all.flatMap((one) =>
        options
          .filter((role) => ![...one.values()].includes(role))
          .map((role) => new Map([...one, [base, role] as const])),
      )
    },
    [new Map<string, Role>()],
  )
}

/** The index letter of a key, and another one. */
function indexed(key: string): readonly [string, string] {
  const first = /_([ijk])$/.exec(key)?.[1] ?? 'i'
  return [first, first === 'j' ? 'i' : 'j']
}

/** What each index letter is at a place: the third class for the third letter. */
function places([first, second]: readonly [string, string], i: number, j: number): ReadonlyMap<string, number> {
  const third = i === j ? (i + 1) % classes : classes - i - j
  return new Map([...['i', 'j', 'k'].map((letter) => [letter, third] as const), ['c', i], [second, j], [first, i]])
}

function valueAt(
  expression: Expression,
  roles: ReadonlyMap<string, Role>,
  at: ReadonlyMap<string, number>,
): number | undefined {
  const numbered = (index: string): number | undefined => (/^[123]$/.test(index) ? Number(index) - 1 : at.get(index))
  const box = evaluatePoint(writtenOut(expression), (key) => {
    const kronecker = /^delta_([ijk])([ijk])$/.exec(key)
    if (kronecker !== null) return tensor([], [same(at.get(kronecker[1]) ?? 0, at.get(kronecker[2]) ?? 0)])
    if (isCount(key)) return tensor([], [classes])
    const role = roles.get(baseOf(key))
    const index = /_(\w)$/.exec(key)?.[1]
    const place = index === undefined ? undefined : numbered(index)
    if (role === undefined) return undefined
    if (index === undefined) return tensor([], [values[role][at.get('c') ?? 0]])
    return place === undefined ? undefined : tensor([], [values[role][place]])
  })
  return box?.low.length === 1 ? box.low[0] : undefined
}

/** Sums over an index as sums over three classes. */
function writtenOut(expression: Expression): Expression {
  if (expression.kind === 'call' && expression.name === 'sumOver') return overClasses(expression)
  return rebuilt(expression, writtenOut)
}

function overClasses(call: Call): Expression {
  const [body, index] = call.arguments
  if (index?.kind !== 'name') return call
  const terms = [1, 2, 3].map((value) => withIndex(writtenOut(body), index.key, value))
  return terms.reduce((left, right) => ({ kind: 'operation', operator: '+', left, right, span: call.span }))
}

function isCount(key: string): boolean {
  return /^(n|N|m|M|K|C)$/.test(key)
}

function baseOf(key: string): string {
  return key.replace(/_[^_]*$/, '')
}

function namesIn(expression: Expression): readonly string[] {
  const bound = new Set(
    walk(expression).flatMap((node) =>
      node.kind === 'call' && node.name === 'sumOver' && node.arguments[1]?.kind === 'name'
        ? [node.arguments[1].key]
        : [],
    ),
  )
  return walk(expression).flatMap((node) =>
    node.kind === 'name' && !bound.has(node.key) && node.key !== 'e' ? [node.key] : [],
  )
}
