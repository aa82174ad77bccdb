import { z } from 'zod'
import { type Attributes, type AttributeValue, type Declaration, Failure, Refusal } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { map, type Tensor, type Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { attributesToWire, inputsToWire, toTensor, toWire } from '../oracle/wire.js'
import { roundTo } from '../properties/precision.js'
import { ieee, type Profile, profileNamed, profileNames } from '../properties/profile.js'

/** The version of the protocol that `hello` offers. */
export const protocolVersion = 1

/** Accuracy of an elementary function: ULPs of the result, or the worse of ULPs and an absolute error. */
const accuracySchema = z.union([
  z.number().min(0),
  z.strictObject({ ulp: z.number().min(0).optional(), absolute: z.number().min(0).optional() }),
])
type Accuracy = z.infer<typeof accuracySchema>

/** What the platform's arithmetic may do: the name of a known profile, or figures, IEEE's where one is left out. */
const profileSchema = z.union([
  z.enum(profileNames),
  z.strictObject({
    flushesSubnormals: z.boolean().optional(),
    /** ULPs of a quotient. */
    division: z.number().min(0).optional(),
    exp: accuracySchema.optional(),
    log: accuracySchema.optional(),
    tanh: accuracySchema.optional(),
  }),
])

/** What a subject says it supports of its operators, in the contract's names; see Supports. */
export const supportsSchema = z
  .record(
    z.string(),
    z.strictObject({
      attributes: z
        .record(z.string(), z.array(z.union([z.number(), z.string(), z.boolean(), z.array(z.number())])))
        .optional(),
      without: z.array(z.string()).optional(),
      ranks: z.record(z.string(), z.array(z.number().int().min(0))).optional(),
      largest: z.record(z.string(), z.number().int().min(1)).optional(),
    }),
  )
  .superRefine((supports, context) => {
    // A misspelt name would limit nothing, and the calls be counted against the subject.
    for (const [operator, { attributes, without, ranks, largest }] of Object.entries(supports)) {
      const declaration = contract[operator]
      const complain = (message: string) => context.addIssue({ code: 'custom', path: [operator], message })
      if (declaration === undefined) {
        complain('the contract has no such operator')
        continue
      }
      for (const name of Object.keys(attributes ?? {}))
        if (!(name in declaration.attributes)) complain(`it has no attribute ${name}`)
      for (const name of [...(without ?? []), ...Object.keys(ranks ?? {}), ...Object.keys(largest ?? {})])
        if (!(name in declaration.inputs)) complain(`it has no input ${name}`)
      for (const name of without ?? [])
        if (declaration.inputs[name]?.optional !== true && name in declaration.inputs)
          complain(`the input ${name} cannot be left out`)
    }
  })

/** The first answer of a subject: what it is called, how it computes, and which passes of which operators it has. */
export const helloSchema = z.object({
  name: z.string(),
  precision: z.enum(['float64', 'float32', 'float16', 'bfloat16']).default('float64'),
  operators: z
    .record(z.string(), z.array(z.enum(['forward', 'backward'])))
    .refine((operators) => Object.keys(operators).length > 0, 'it should name at least one operator')
    .refine(
      (operators) => Object.values(operators).every((passes) => passes.includes('forward')),
      'every operator should have a "forward" pass',
    ),
  profile: profileSchema.optional(),
  supports: supportsSchema.optional(),
  /** Choices of its own that it makes: names of docs/dialects.md. */
  dialects: z.array(z.string()).optional(),
})
export type Hello = z.infer<typeof helloSchema>

const tensorsSchema = z.record(z.string(), z.unknown())

/** A line of a subject: the answer to the request of the same id, or to a line that it could not read (id null). */
export const answerSchema = z.union([
  z.object({
    id: z.number().nullable(),
    error: z.string(),
    kind: z.enum(['refused', 'unimplemented', 'failed']).default('refused'),
  }),
  z.object({ id: z.number(), outputs: tensorsSchema }),
  z.object({ id: z.number(), gradients: tensorsSchema }),
])
export type Answer = z.infer<typeof answerSchema>

/** One call as it is asked of a subject. */
export interface Question {
  readonly operator: string
  readonly pass: 'forward' | 'backward'
  readonly inputs: Tensors
  readonly attributes: Attributes
  /** For the backward pass. */
  readonly gradients: Tensors
}

/** The request for a call, an object of JSON: numbers in the digits of the precision, attributes complete. */
export function requestOf(id: number, question: Question, precision: Hello['precision']): object {
  const { operator, pass, inputs, attributes, gradients } = question
  const declaration = contract[operator]
  return {
    id,
    operator,
    pass,
    inputs: inputsToWire(declaration, inputs, precision),
    attributes: attributesToWire(completeAttributes(declaration, inputs, attributes)),
    ...(pass === 'backward' && {
      gradients: Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, toWire(g, precision)])),
    }),
  }
}

/** The attributes with every default; of a bad call those that do not depend on what may be bad. */
function completeAttributes(declaration: Declaration | undefined, inputs: Tensors, attributes: Attributes): Attributes {
  if (declaration === undefined) return attributes
  try {
    return validateCall(declaration, inputs, attributes).attributes
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  const filled: Record<string, AttributeValue> = {}
  for (const [name, declared] of Object.entries(declaration.attributes)) {
    if (!('default' in declared) || declared.default === undefined) continue
    if (typeof declared.default !== 'object' || !('compute' in declared.default)) filled[name] = declared.default
  }
  for (const [name, value] of Object.entries({ ...filled, ...attributes }))
    filled[name] = declaration.attributes[name]?.type === 'pair' && typeof value === 'number' ? [value, value] : value
  return filled
}

/** The tensors of an answer, in the numbers of the precision whose digits stand there. Throws a Refusal or a Failure where it holds an error, or something else than was asked. */
export function tensorsOf({ operator, pass }: Question, answer: Answer, precision: Hello['precision']): Tensors {
  if ('error' in answer) {
    if (answer.kind !== 'refused') throw new Failure(answer.kind, answer.error)
    const prefix = `${operator}: `
    throw new Refusal(operator, answer.error.startsWith(prefix) ? answer.error.slice(prefix.length) : answer.error)
  }
  const [wanted, held] = pass === 'forward' ? ['outputs', 'gradients'] : ['gradients', 'outputs']
  const tensors = pass === 'forward' && 'outputs' in answer ? answer.outputs : undefined
  const gradients = pass === 'backward' && 'gradients' in answer ? answer.gradients : undefined
  const found = tensors ?? gradients
  if (found === undefined)
    throw new Failure('failed', `${operator}.${pass} answered "${held}"; it should answer "${wanted}"`)
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => {
      try {
        return [name, readTensor(value, precision)]
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Failure('failed', `${operator}.${pass} answered no tensor for ${name}: ${why}`)
      }
    }),
  )
}

/** Nine digits name one float32 number, but are not that number: reading them as one gives it back. Whole numbers stay. */
function readTensor(value: unknown, precision: Hello['precision']): Tensor {
  const x = toTensor(value)
  const isWhole = typeof value === 'object' && value !== null && 'type' in value && value.type === 'int'
  return isWhole || precision === 'float64' ? x : map(x, (entry) => roundTo(precision, entry))
}

/** The profile that a subject says it has; undefined where it says nothing, which means IEEE arithmetic. */
export function profileOf({ precision, profile }: Hello): Profile | undefined {
  if (profile === undefined) return undefined
  if (typeof profile === 'string') return profileNamed(profile, precision)
  const base = profileNamed(profile.flushesSubnormals === true ? 'flush to zero' : 'ieee', precision)
  const u = ieee(precision).unitRoundoff
  const within = (accuracy: Accuracy) => {
    const { ulp = 0, absolute = 0 } = typeof accuracy === 'number' ? { ulp: accuracy } : accuracy
    // One ULP is at most two unit roundoffs of the result.
    return (_: number, result: number) => Math.max(2 * ulp * u * Math.abs(result), absolute)
  }
  return {
    ...base,
    name: 'its own figures',
    ...(profile.division !== undefined && { division: 2 * profile.division }),
    ...(profile.exp !== undefined && { exp: within(profile.exp) }),
    ...(profile.log !== undefined && { log: within(profile.log) }),
    ...(profile.tanh !== undefined && { tanh: within(profile.tanh) }),
  }
}
