import type { Call, Expression, Operation } from './ast.js'
import { isGreekLetter } from './names.js'

/** How tightly an expression holds together: what is looser than its place needs parentheses. */
const sum = 1
const product = 2
const sign = 3
const power = 4
const atom = 5

/** An expression as LaTeX; reading it again gives the same expression. */
export function printLatex(expression: Expression): string {
  return print(expression, sum)
}

function print(expression: Expression, place: number): string {
  const text = printAlone(expression)
  return tightness(expression) < place ? `\\left(${text}\\right)` : text
}

function tightness(expression: Expression): number {
  switch (expression.kind) {
    case 'negation':
      return sign
    case 'transposition':
      return power
    case 'call':
      return expression.name === 'exp' ? power : atom
    case 'operation':
      return { '+': sum, '-': sum, '*': product, '⊙': product, '/': power, '^': power }[expression.operator]
    default:
      return atom
  }
}

function printAlone(expression: Expression): string {
  switch (expression.kind) {
    case 'numeral':
      return expression.text.replace(/\\?%/, '\\%')
    case 'name':
      return expression.text
    case 'negation':
      return `-${print(expression.operand, power)}`
    case 'transposition':
      return `${printBase(expression.operand)}^T`
    case 'operation':
      return printOperation(expression)
    case 'call':
      return printCall(expression)
    case 'matrix': {
      const rows = expression.rows.map((row) => row.map((entry) => print(entry, sum)))
      if (expression.list) return `\\left[${rows[0].join(', ')}\\right]`
      return `\\begin{bmatrix} ${rows.map((row) => row.join(' & ')).join(' \\\\ ')} \\end{bmatrix}`
    }
  }
}

function printOperation({ operator, left, right }: Operation): string {
  switch (operator) {
    case '+':
    case '-':
      return `${print(left, sum)} ${operator} ${print(right, product)}`
    case '*':
      return `${print(left, product)} \\cdot ${print(right, power)}`
    case '⊙':
      return `${print(left, product)} \\odot ${print(right, power)}`
    case '/':
      return `\\frac{${print(left, sum)}}{${print(right, sum)}}`
    case '^':
      return `${printBase(left, right)}^{${print(right, sum)}}`
  }
}

/** What bears a superscript: in braces a name that has one of its own, or that 0 and 1 would look like an index of. */
function printBase(base: Expression, exponent?: Expression): string {
  const likeIndex = exponent?.kind === 'numeral' && (exponent.text === '0' || exponent.text === '1')
  return base.kind === 'name' && (likeIndex || base.text.includes('^')) ? `{${base.text}}` : print(base, atom)
}

const delimiters: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['abs', ['\\left|', '\\right|']],
  ['norm', ['\\left\\|', '\\right\\|']],
  ['floor', ['\\left\\lfloor ', '\\right\\rfloor ']],
  ['ceil', ['\\left\\lceil ', '\\right\\rceil ']],
  ['sqrt', ['\\sqrt{', '}']],
  ['exp', ['e^{', '}']],
])

function printCall({ name, arguments: values }: Call): string {
  const inside = values.map((value) => print(value, sum)).join(', ')
  const [open, close] = delimiters.get(name) ?? [`${functionName(name)}\\left(`, '\\right)']
  return `${open}${inside}${close}`
}

const spellings: ReadonlyMap<string, string> = new Map([
  ['relu', '\\operatorname{ReLU}'],
  ['log2', '\\log_{2}'],
  ['log10', '\\log_{10}'],
])

function functionName(name: string): string {
  const spelled = spellings.get(name)
  if (spelled !== undefined) return spelled
  const [, letters, rest] = /^(\p{L}*)(.*)$/u.exec(name) ?? ['', '', name]
  if (isGreekLetter(letters) || /^(tanh|ln|log|sin|cos|tan|max|min)$/.test(letters)) return `\\${letters}${rest}`
  return letters.length > 1 ? `\\operatorname{${letters}}${rest}` : name
}
