import { latexSymbol, plainFormula, plainSymbol } from '../../exercises/plainText.js'
import { symbolKey } from '../../exercises/symbols.js'
import type { Expression, Name } from '../expression/ast.js'
import { printLatex } from '../expression/print.js'
import { readFragment } from '../expression/reader.js'
import { rebuilt, walk } from '../expression/walk.js'
import type { Side, Statement } from '../statements.js'
import { type Datum, symbolTable } from '../symbols.js'
import type { World } from '../world.js'
import type { Notation } from './notation.js'

/** How a solution writes formulas: LaTeX or plain text, its own names for the exercise's data, its sign for products. */
export interface Handwriting {
  readonly isLatex: boolean
  readonly product: string
  /** The solution's texts for a datum, by the datum's name, in the order of their appearance. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

const products = /\\cdot|\\times|[·×∙⋅*]/u

/** How the statements of an exercise are written; names are those of the solution, the first of each datum. */
export function handwritingOf(statements: readonly Statement[], world: World | undefined): Handwriting {
  const texts = statements.map(({ text }) => text).join('\n')
  const names = new Map<string, string[]>()
  for (const { sides } of statements)
    for (const node of sides.flatMap(({ expression }) => walk(expression))) {
      if (node.kind !== 'name') continue
      const datum = world?.index.resolve(node.key, 0)
      if (datum === undefined) continue
      const known = names.get(datum.name) ?? []
      if (!known.includes(node.text)) names.set(datum.name, [...known, node.text])
    }
  return { isLatex: /\\[a-zA-Z]|[_^]\{/.test(texts), product: products.exec(texts)?.[0] ?? '', names }
}

/** An expression as the solution would write it. Names in it are printed as they stand in its nodes. */
export function inHandwriting(expression: Expression, { isLatex, product }: Handwriting, notation: Notation): string {
  const held: string[] = []
  const printed = printLatex(
    withNames(expression, (name) => {
      held.push(name.text)
      return { ...name, text: placeholder(held.length - 1) }
    }),
  )
  const latexProduct = product.startsWith('\\') ? product : '\\cdot'
  const plain = isLatex
    ? printed.replaceAll('\\cdot', latexProduct)
    : plainFormula(printed)
        .replaceAll('·', product === '' || product.startsWith('\\') ? '·' : product)
        .replaceAll('−', notation.minus)
        .replaceAll('{,}', ',')
  return plain.replaceAll(/[\uE000-\uF8FF]/gu, (sign) => held[sign.charCodeAt(0) - 0xe000] ?? '')
}

/** A sign of the private use area that stands for a name while the rest is printed. */
function placeholder(i: number): string {
  return String.fromCharCode(0xe000 + i)
}

/** The expression with each of its names replaced. */
export function withNames(expression: Expression, replace: (name: Name) => Expression): Expression {
  if (expression.kind === 'name') return replace(expression)
  return rebuilt(expression, (operand) => withNames(operand, replace))
}

/**
 * A datum's symbol as the solution writes it, of several the one that begins as `like` does; where it never does, as the
 * exercise does.
 */
export function nameOf(datum: Datum, { names, isLatex }: Handwriting, like: string): string {
  const known = names.get(datum.name) ?? []
  const alike = known.find((text) => text[0] === like[0] && (text[0] !== '\\' || text.slice(0, 3) === like.slice(0, 3)))
  if (known.length > 0) return alike ?? known[0]
  const [symbol] = datum.kind === 'given' ? datum.given.symbols : datum.quantity.symbols
  const key = symbolKey(symbol ?? datum.name) ?? datum.name
  return isLatex ? latexSymbol(key) : plainSymbol(key)
}

/** The formula of a quantity as the exercise has it, where it is a single expression that can be read. */
export function formulaSideOf(formula: string, world: World): Expression | undefined {
  const { chains, notUnderstood } = readFragment(formula, { offset: 0, symbols: symbolTable(world.exercise) })
  return chains.length === 1 && notUnderstood.length === 0 && chains[0].sides.length === 1
    ? chains[0].sides[0]
    : undefined
}

/** The side that a text is when it is read as part of a solution to the exercise; `undefined` where it is none. */
export function readSide(text: string, world: World, { decimalSign }: Notation): Expression | undefined {
  const { chains, notUnderstood } = readFragment(text, {
    offset: 0,
    symbols: symbolTable(world.exercise),
    decimalSign: decimalSign === '.' ? '.' : ',',
  })
  const [chain] = chains
  return chains.length === 1 && notUnderstood.length === 0 && chain.sides.length === 1 ? chain.sides[0] : undefined
}

/** The sides of a chain that are formulas. */
export function formulasIn({ sides }: Statement): readonly Side[] {
  return sides.filter(({ kind }) => kind === 'symbolic')
}
