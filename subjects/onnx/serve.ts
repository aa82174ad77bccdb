import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type Attributes, Failure, type Implementation, Refusal } from '../../oracle/contract.js'
import type { Tensors } from '../../oracle/tensor.js'
import { stringify, toTensor, toWire } from '../../oracle/wire.js'
import type { Supports } from '../../properties/support.js'
import { type RuntimeTerms, readTerms } from './terms.js'

/** What is served; there are no backward passes. */
export interface Served extends Implementation {
  readonly supports?: Supports
}

/** JSON has no numeral for what is not finite. */
const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])

const requestSchema = z.union([
  z.object({ id: z.number(), hello: z.number() }),
  z.object({
    id: z.number(),
    operator: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    attributes: z.record(z.string(), z.union([number, z.string(), z.boolean(), z.array(number)])),
  }),
])

/** Answers requests of the protocol, a line each, one after the other, until standard input ends. */
export async function serve(argument: string | undefined): Promise<void> {
  const terms = readTerms(argument)
  let served: Served | undefined
  for await (const line of createInterface({ input: process.stdin, terminal: false })) {
    const request = requestSchema.parse(JSON.parse(line))
    try {
      served ??= await servedFor(terms)
      const answer = 'hello' in request ? helloOf(served) : await answerTo(served, request.operator, request)
      process.stdout.write(`${stringify({ id: request.id, ...answer })}\n`)
    } catch (error) {
      process.stdout.write(`${stringify({ id: request.id, ...errorOf(error) })}\n`)
    }
  }
}

/** Only what is needed is loaded. */
async function servedFor(terms: RuntimeTerms): Promise<Served> {
  if ('model' in terms) return (await import('./model.js')).runtimeModel(terms.model)
  return (await import('./runtimeOperators.js')).runtimeOperators(terms)
}

function helloOf({ name, precision, operators, supports }: Served) {
  const passes = Object.fromEntries(Object.keys(operators).map((operator) => [operator, ['forward']]))
  return { name, precision, operators: passes, ...(supports !== undefined && { supports }) }
}

async function answerTo(
  { operators, precision }: Served,
  operator: string,
  call: { readonly inputs: Readonly<Record<string, unknown>>; readonly attributes: Attributes },
) {
  const inputs = Object.fromEntries(Object.entries(call.inputs).map(([name, x]) => [name, toTensor(x)]))
  const outputs: Tensors = await operators[operator].forward(inputs, call.attributes)
  return { outputs: Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, toWire(y, precision)])) }
}

function errorOf(error: unknown) {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Refusal) return { error: message, kind: 'refused' }
  return { error: message, kind: error instanceof Failure ? error.kind : 'failed' }
}
