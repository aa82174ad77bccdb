import { attributeText } from './attributes.js'
import type { AttributeDeclaration, Declaration, InputDeclaration } from './contract.js'
import { dimensionsText } from './dimensions.js'

/** The page docs/operators.md: every operator's inputs, attributes and outputs, from its declaration. */
export function operatorsPage(declarations: readonly Declaration[]): string {
  const families = [...new Set(declarations.map(({ family }) => family))]
  return [
    '# Operators',
    '',
    'Generated from the declarations in `oracle/` by `npm run docs`; do not edit.',
    '',
    '`…` is any number of leading dimensions, none included. An input marked `?` may be left out. A call is refused where it',
    'breaks what stands here: the error names the operator, the input or attribute, what it held and what it should hold.',
    ...families.flatMap((family) => [
      '',
      `## ${family}`,
      ...declarations.filter((declaration) => declaration.family === family).flatMap(operatorSection),
    ]),
    '',
  ].join('\n')
}

function operatorSection(declaration: Declaration): readonly string[] {
  const { name, summary, source, inputs, attributes, outputs, differentiable } = declaration
  return [
    '',
    `### ${name}`,
    '',
    `${summary}`,
    '',
    `${differentiable ? 'Forward and backward' : 'Forward only'}. Source: ${source}.`,
    '',
    '| | name | shape or type | values | default |',
    '|---|---|---|---|---|',
    ...Object.entries(inputs).map(
      ([input, declared]) =>
        `| input | \`${input}\`${declared.optional ? '?' : ''} | ${dimensionsText(declared.dimensions)} | ${valuesText(declared)} | |`,
    ),
    ...Object.entries(attributes).map(
      ([attribute, declared]) =>
        `| attribute | \`${attribute}\` | ${declared.type} | ${attributeText(declared)} | ${defaultText(declared)} |`,
    ),
    ...Object.entries(outputs).map(
      ([output, { dimensions, kind, note }]) =>
        `| output | \`${output}\` | ${dimensions === undefined ? "the inputs' shape" : dimensionsText(dimensions)}${note === undefined ? '' : `; ${note}`} | ${kind} | |`,
    ),
  ]
}

function valuesText({ kind, least, most, below }: InputDeclaration): string {
  if (kind === 'mask') return '0 or 1'
  const limits = [
    ...(least === undefined ? [] : [`≥ ${least}`]),
    ...(most === undefined ? [] : [`≤ ${most}`]),
    ...(below === undefined ? [] : [`< ${below}`]),
  ]
  return [kind, ...limits].join(' ')
}

function defaultText(attribute: AttributeDeclaration): string {
  if (!('default' in attribute) || attribute.default === undefined) return 'required'
  const value = attribute.default
  if (typeof value === 'object' && 'text' in value) return value.text
  return typeof value === 'string' ? `'${value}'` : String(value)
}
