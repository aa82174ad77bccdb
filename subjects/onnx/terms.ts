import { z } from 'zod'

/** Opsets in which operators can be written. */
export const oldestOpset = 13
export const newestOpset = 26

/** What a process with ONNX Runtime in it is to answer: calls of the contract's operators, or of one model file. */
const operatorTermsSchema = z.object({
  kind: z.enum(['node', 'web']),
  precision: z.enum(['float32', 'float64']),
  opset: z.number().optional(),
})
const termsSchema = z.union([operatorTermsSchema, z.object({ model: z.string() })])
export type OperatorTerms = z.infer<typeof operatorTermsSchema>
export type RuntimeTerms = z.infer<typeof termsSchema>

/** The terms in the argument that the process was started with. */
export function readTerms(argument: string | undefined): RuntimeTerms {
  return termsSchema.parse(JSON.parse(Buffer.from(argument ?? '', 'base64url').toString()))
}

/** What a process with a model file in it is asked: its inputs and outputs by their places, for their names may be anything. */
export const asked = 'model'
export const inputAt = (place: number): string => `input${place}`
export const outputAt = (place: number): string => `output${place}`
