import { ComputeEngine, type Expression as EngineExpression, type MathJsonExpression } from '@cortex-js/compute-engine'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import type { Expression } from './expression/ast.js'
import { readFragment } from './expression/reader.js'
import { markText, present } from './fixtures/marked.js'
import { areSame } from './identities.js'
import { sideOf } from './statements.js'
import type { Sameness } from './steps.js'
import { SymbolIndex, symbolTable } from './symbols.js'
import { World } from './world.js'

/** Given data of the exercise, all of them numbers that vary. */
const names = ['w_{03}', 'w_{13}', 'w_{23}', 'w_{35}', 'w_{45}']

/** A formula over them, in LaTeX. */
const { formula } = fc.letrec<{ formula: string }>((tie) => {
  const part = tie('formula')
  return {
    formula: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(fc.constantFrom(...names), fc.integer({ min: 1, max: 9 }).map(String)),
      fc.tuple(part, part).map(([a, b]) => `(${a} + ${b})`),
      fc.tuple(part, part).map(([a, b]) => `(${a} - ${b})`),
      fc.tuple(part, part).map(([a, b]) => String.raw`(${a} \cdot ${b})`),
      fc.tuple(part, fc.constantFrom(...names)).map(([a, b]) => String.raw`\frac{${a}}{1 + ${b}^2}`),
      part.map((a) => `(${a})^2`),
    ),
  }
})

/** Two formulas that are the same whatever a, b and c are, and two that are not. */
const rewritings: readonly ((a: string, b: string, c: string) => readonly [string, string])[] = [
  (a, b) => [`${a} + ${b}`, `${b} + ${a}`],
  (a, b) => [`(${a})(${b})`, `(${b})(${a})`],
  (a, b, c) => [`(${a})(${b} + ${c})`, `(${a})(${b}) + (${a})(${c})`],
  (a, b) => [`(${a} + ${b})(${a} - (${b}))`, `(${a})^2 - (${b})^2`],
  (a, b) => [`${a} - (${b})`, `-(${b} - (${a}))`],
  (a, b, c) => [
    String.raw`\frac{${a} + ${b}}{1 + (${c})^2}`,
    String.raw`\frac{${a}}{1 + (${c})^2} + \frac{${b}}{1 + (${c})^2}`,
  ],
  (a, b) => [`(${a} - (${b}))^2`, `(${a})^2 - 2(${a})(${b}) + (${b})^2`],
  (a) => [`${a} \\cdot 2`, `${a} + ${a}`],
  (a) => [`(${a})^3`, `(${a})(${a})^2`],
]
const corruptions: readonly ((a: string, b: string, c: string) => readonly [string, string])[] = [
  (a, b) => [`${a} - (${b})`, `${b} - (${a})`],
  (a, b) => [`(${a} + ${b})^2`, `(${a})^2 + (${b})^2`],
  (a, b, c) => [`(${a})(${b} + ${c})`, `(${a})(${b}) + ${c}`],
  (a, b) => [String.raw`\frac{${a}}{1 + (${b})^2}`, String.raw`${a} + \frac{1}{(${b})^2 + 1}`],
  (a) => [`(${a})^2`, `2(${a})`],
]

function read(text: string): Expression {
  return readFragment(text, { offset: 0, symbols: symbolTable(exercise11b) }).chains[0].sides[0]
}

/** An expression as MathJSON, built from our tree: the engine reads no LaTeX here. */
function mathJson(expression: Expression): MathJsonExpression {
  switch (expression.kind) {
    case 'numeral':
      return expression.value
    case 'name':
      return expression.key
    case 'negation':
      return ['Negate', mathJson(expression.operand)]
    case 'operation': {
      const operators = { '+': 'Add', '-': 'Subtract', '*': 'Multiply', '⊙': 'Multiply', '/': 'Divide', '^': 'Power' }
      return [operators[expression.operator], mathJson(expression.left), mathJson(expression.right)]
    }
    default:
      throw new Error(`no MathJSON for a ${expression.kind}`)
  }
}

const engine = new ComputeEngine()
for (const name of names) engine.declare(read(name).kind === 'name' ? name.replaceAll(/[{}]/g, '') : name, 'real')

/** Whether the engine holds two expressions equal: by its algebra, else by its own arithmetic at three points. */
function engineHoldsEqual(a: Expression, b: Expression): boolean {
  const [left, right] = [a, b].map((side) => engine.expr(mathJson(side)))
  const proved = left.isEqual(right)
  if (proved !== undefined) return proved
  if (left.is(right)) return true
  return [0.37, 1.21, -0.84].every((start) => {
    const at = Object.fromEntries(names.map((name, i) => [name.replaceAll(/[{}]/g, ''), start + 0.29 * i * i]))
    const [x, y] = [left, right].map((side) => numberOf(side.subs(at)))
    return Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y))
  })
}

function numberOf(expression: EngineExpression): number {
  return expression.N().re
}

describe('whether two formulas are the same', () => {
  let world: World
  beforeAll(async () => {
    world = await World.of(new SymbolIndex(exercise11b), [], {})
  })
  const decided = (a: Expression, b: Expression): Promise<Sameness> =>
    areSame(world, sideOf(a), sideOf(b), { stage: 0, preferred: [] })

  /** Pairs on which this project and the computer algebra system do not agree, of those on which both can speak. */
  async function disagreements(pairs: typeof rewritings, count: number, seed: number): Promise<readonly string[]> {
    const drawn = fc.sample(fc.tuple(formula, formula, formula, fc.constantFrom(...pairs)), { numRuns: count, seed })
    const found = drawn.map(async ([a, b, c, pair]): Promise<readonly string[]> => {
      const [left, right] = pair(a, b, c).map(read)
      const ours = await decided(left, right)
      if (ours === 'unknown' || (ours === 'same') === engineHoldsEqual(left, right)) return []
      return [`${pair(a, b, c).join('   and   ')}: ${ours}`]
    })
    return (await Promise.all(found)).flat()
  }

  it('is decided as a computer algebra system decides it, for formulas that are the same', async () => {
    expect(await disagreements(rewritings, 40, 6)).toEqual([])
  })

  it('is decided as a computer algebra system decides it, for others but where four points of small halves meet by chance', async () => {
    expect((await disagreements(corruptions, 80, 6)).length).toBeLessThanOrEqual(1)
  })

  it('finds every rewriting the same', async () => {
    await fc.assert(
      fc.asyncProperty(formula, formula, formula, fc.constantFrom(...rewritings), async (a, b, c, rewriting) => {
        const [left, right] = rewriting(a, b, c).map(read)
        expect(await decided(left, right)).not.toBe('different')
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})

it('a formula that holds only where both sides happen to be 0 is no formula of a quantity', async () => {
  // At random weights W·x₂ and h₁ may both be negative, and ReLU 0 of either; at the exercise's own data h₁ is (5, 2).
  const { claims } = await markText('$h_2 = ReLU(W_{wh} x_2)$\n', 'ntua/1.3')
  expect(present(claims)).toMatchObject([{ quantity: 'h2', verdict: 'wrong' }])
})
