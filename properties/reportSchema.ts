import { z } from 'zod'
import type { Precision } from '../oracle/contract.js'
import { sizeOf } from '../oracle/tensor.js'
import {
  type Counterexample,
  errorBins,
  type LawReport,
  type LawStatus,
  type Limit,
  type OperatorReport,
  type PrecisionClaim,
  type Summary,
  summaryOf,
  type TestReport,
  type WorstElement,
} from './report.js'

/** A schema for every property of a type: one that is forgotten does not compile. */
type Properties<T> = { readonly [Name in keyof Required<T>]: z.ZodType }

const whole = z.int().min(0)
const milliseconds = z.number().min(0)
const precision: z.ZodType<Precision> = z.enum(['float64', 'float32', 'float16', 'bfloat16'])
const status: z.ZodType<LawStatus> = z.enum(['held', 'broken', 'suspicious', 'errored', 'skipped', 'unsupported'])
/** JSON has no infinity, and null stands for it. */
const error = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY)
const numeral = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])

const tensor = z
  .strictObject({ shape: z.array(whole), data: z.array(numeral), type: z.literal('int').optional() })
  .refine(({ shape, data }) => data.length === sizeOf(shape), 'a tensor should hold as many numbers as its shape says')
const tensors = z.record(z.string(), tensor)

const attribute = z.union([z.number(), z.string(), z.boolean(), z.array(numeral)])

const counterexample = z.strictObject({
  inputs: tensors,
  attributes: z.record(z.string(), attribute),
  gradients: tensors.optional(),
  expected: tensors.optional(),
  actual: tensors.optional(),
} satisfies Properties<Counterexample>)

const worstElement = z.strictObject({
  what: z.string(),
  index: z.array(whole),
  actual: numeral,
  expected: numeral,
  ulps: z.number().min(0).nullable(),
} satisfies Properties<WorstElement>)

const law = z.strictObject({
  law: z.string(),
  status,
  runs: whole,
  milliseconds,
  counterexample: counterexample.optional(),
  shrunk: z.boolean().optional(),
  message: z.string().optional(),
  worst: error.optional(),
  allowed: error.optional(),
  ratio: error.optional(),
  leftOut: whole.optional(),
  mistake: z.string().optional(),
  replay: z.string().optional(),
  path: z.string().optional(),
  why: z.string().optional(),
  unsupported: whole.optional(),
  errors: z
    .array(whole)
    .length(errorBins.length + 1)
    .optional(),
  worstElement: worstElement.optional(),
  xfail: z.string().optional(),
} satisfies Properties<LawReport>)

const operator = z.strictObject({
  status,
  laws: z.array(law),
  limits: z
    .array(z.strictObject({ what: z.string(), how: z.enum(['declared', 'found']) } satisfies Properties<Limit>))
    .optional(),
} satisfies Properties<OperatorReport>)

const summary = z.strictObject({
  held: whole,
  broken: whole,
  suspicious: whole,
  errored: whole,
  skipped: whole,
  unsupported: whole,
  xfailed: whole,
  xpassed: whole,
} satisfies Properties<Summary>)

const claim = z.strictObject({
  claimed: precision,
  computed: precision,
  broken: whole,
  compared: whole,
  held: whole,
  tried: whole,
} satisfies Properties<PrecisionClaim>)

/** What `answerkey test --format json` prints, read back: nothing missing, nothing unknown, and a summary that adds up. */
export const reportSchema: z.ZodType<TestReport> = z
  .strictObject({
    version: z.literal(1),
    subject: z.string(),
    spec: z.string().optional(),
    precision,
    profile: z.string(),
    seed: z.int(),
    runs: whole,
    operators: z.record(z.string(), operator),
    notImplemented: z.array(z.string()),
    summary,
    dialects: z.array(z.string()).optional(),
    claim: claim.optional(),
    shard: z.string().optional(),
    milliseconds,
  } satisfies Properties<TestReport>)
  .refine((report) => addsUp(report), { error: 'it should add up the laws', path: ['summary'] })

function addsUp(report: TestReport): boolean {
  const sums = Object.entries(summaryOf(Object.values(report.operators)))
  return sums.every(([outcome, sum]) =>
    Object.entries(report.summary).some(([name, n]) => name === outcome && n === sum),
  )
}
