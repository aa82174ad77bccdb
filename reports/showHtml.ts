import type { Nodes } from 'mdast'
import rehypeKatex from 'rehype-katex'
import rehypeStringify from 'rehype-stringify'
import remarkMath from 'remark-math'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import type { WorkedSolution, WorkedStep, WorkedValue } from '../exercises/index.js'
import { escaped, katexStyle } from './page.js'
import { drawPicture } from './picture.js'

/** An exercise worked out as one page that needs nothing else: equations set with KaTeX, pictures as SVG. */
export async function showHtml(solution: WorkedSolution): Promise<string> {
  const { exercise, title, source, statement, given, conventions, steps, refutation, tables, experiments, pictures } =
    solution
  const parts = [
    `<h1>${escaped(title)}</h1>`,
    `<p class="source">${escaped(exercise)} · ${escaped(source)}</p>`,
    await rendered(statement),
    ...(given.length === 0 ? [] : ['<h2>Given</h2>', await rendered(given.map(givenLine).join('\n'))]),
    ...(conventions.length === 0
      ? []
      : [
          '<h2>Conventions</h2>',
          `<ul>${conventions.map(({ name, description }) => `<li>${escaped(name)}: ${escaped(description)}</li>`).join('')}</ul>`,
        ]),
    ...(steps.length === 0 ? [] : ['<h2>Solution</h2>', await rendered(stepLines(steps))]),
    ...(refutation === undefined ? [] : [`<p>✗ ${escaped(refutation)}</p>`]),
    ...tables.map(({ title: heading, columns, rows }) => `<h2>${escaped(heading)}</h2>${tableHtml(columns, rows)}`),
    ...pictures.map(drawPicture),
  ]
  for (const { question, columns, rows, findings, pictures: shown = [] } of experiments) {
    const cells = rows.map((row) => row.map((value) => String(Number(value.toPrecision(4)))))
    parts.push(
      `<h2>Experiment: ${escaped(question)}</h2>`,
      tableHtml(columns, cells),
      `<ul>${findings.map(({ statement: finding, holds }) => `<li>${holds ? '✓' : '✗'} ${escaped(finding)}</li>`).join('')}</ul>`,
      ...shown.map(drawPicture),
    )
  }
  const body = parts.join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(`${exercise}: ${title}`)}</title>
<style>
${katexStyle(body)}
${pageStyle}
</style>
</head>
<body>
${body}
</body>
</html>
`
}

const pageStyle = `body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
.source, figcaption, .meaning { color: #555; }
table { border-collapse: collapse; }
td, th { padding: 0.2rem 0.8rem; border-bottom: 1px solid #ddd; text-align: right; }
td:first-child, th:first-child { text-align: left; }
figure { margin: 1.5rem 0; overflow-x: auto; }
.katex-display { text-align: left; overflow-x: auto; overflow-y: hidden; }
.katex-display > .katex { text-align: left; }`

/** What looks like a tag is text: «<eos>» ends a sentence. */
function literalTags(node: Nodes): void {
  if (node.type === 'html') Object.assign(node, { type: 'text' })
  if ('children' in node) node.children.forEach(literalTags)
}

const markdown = unified()
  .use(remarkParse)
  .use(remarkMath)
  .use(() => literalTags)
  .use(remarkRehype)
  .use(rehypeKatex)
  .use(rehypeStringify)

async function rendered(text: string): Promise<string> {
  return String(await markdown.process(text))
}

function givenLine({ latex, valueLatex, meaning }: WorkedValue): string {
  return `- $${latex} = ${valueLatex}$: ${meaning}`
}

function stepLines(steps: readonly WorkedStep[]): string {
  let stage: string | undefined
  return steps
    .map((step) => {
      const heading = step.stage !== undefined && step.stage !== stage ? `### ${step.stage}\n\n` : ''
      stage = step.stage
      const asked = step.asked ? '**asked for**, ' : ''
      return `${heading}${asked}${step.meaning}:\n\n$$\n${step.latex} = ${upright(step.formula)} = ${step.valueLatex}\n$$`
    })
    .join('\n\n')
}

/** Names of functions upright: softmax(z). */
function upright(formula: string): string {
  return formula.replaceAll(/(?<![\\{A-Za-z])([A-Za-z]{3,})(?=\(|\\left)/g, '\\operatorname{$1}')
}

function tableHtml(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = (tag: 'th' | 'td', row: readonly (string | number)[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(typeof cell === 'number' ? cell.toLocaleString('en') : cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells('th', columns)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`
}
