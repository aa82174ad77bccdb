import type { LawStatus, ProfileName, Subject } from '../properties/index.js'
import { profileNamed, runLaws } from '../properties/index.js'
import type { ArithmeticOptions } from '../subjects/emulated/arithmetic.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { grouped } from './lawPower.js'

/** An honest implementation under the profile that its platform has. */
function variant(options: Partial<ArithmeticOptions>, profile: ProfileName = 'ieee'): Subject {
  const implementation = emulated(options)
  return { ...implementation, profile: profileNamed(profile, implementation.precision) }
}

/** Correct implementations that differ in nothing but rounding; none of them may be flagged. */
export function honestVariants(seed: number): readonly Subject[] {
  const wgsl = { flushesSubnormals: true, seed } as const
  return [
    variant({}),
    variant({ order: 'reversed' }),
    variant({ order: 'pairwise' }),
    variant({ order: 'shuffled', seed }),
    variant({ fused: true }),
    variant({ accumulate: 'wider' }),
    variant({ formulation: 'logarithmic' }),
    variant({ flushesSubnormals: true }, 'flush to zero'),
    variant({ ...wgsl, functions: 'largest' }, 'wgsl'),
    variant({ ...wgsl, functions: 'scattered', order: 'pairwise', fused: true }, 'wgsl'),
    variant({ precision: 'float16' }),
    variant({ precision: 'float16', accumulate: 'wider', formulation: 'logarithmic' }),
    variant({ precision: 'bfloat16', order: 'shuffled', seed }),
    variant({ precision: 'bfloat16', accumulate: 'wider' }),
    variant({ precision: 'float64', order: 'pairwise', formulation: 'logarithmic' }),
  ]
}

/** A law that did not hold for an honest implementation. */
export interface Alarm {
  readonly operator: string
  readonly law: string
  readonly status: LawStatus
  readonly message?: string | undefined
}

/** What all laws made of an honest implementation, for one seed: a verdict a law, those of skipped laws left out. */
export interface Judgement {
  readonly variant: string
  readonly seed: number
  readonly verdicts: number
  /** Cases of all laws together. */
  readonly cases: number
  readonly alarms: readonly Alarm[]
}

/** How an honest implementation and its platform are called. */
export function variantName({ name, profile }: Subject): string {
  return `${name} (${profile?.name})`
}

/** Runs every law, or those of the given operators, against an honest implementation. */
export async function judgeVariant(
  subject: Subject,
  { seed, runs, operators }: { seed: number; runs: number; operators?: readonly string[] },
): Promise<Judgement> {
  const report = await runLaws(subject, {
    runs,
    seed,
    shrinkSeconds: 0,
    ...(operators === undefined ? {} : { operators }),
  })
  const judged = Object.entries(report.operators).flatMap(([operator, { laws }]) =>
    laws.filter(({ status }) => status !== 'skipped').map((law) => ({ operator, ...law })),
  )
  return {
    variant: variantName(subject),
    seed,
    verdicts: judged.length,
    cases: judged.reduce((sum, { runs: cases }) => sum + cases, 0),
    alarms: judged
      .filter(({ status }) => status !== 'held')
      .map(({ operator, law, status, message }) => ({ operator, law, status, message })),
  }
}

/** Verdicts that differ from the one that the same law gives the same implementation for most seeds. */
export function changedVerdicts(judgements: readonly Judgement[]): number {
  let changed = 0
  for (const [variant, group] of grouped(judgements, (judgement) => judgement.variant)) {
    const alarms = group.flatMap((judgement) => judgement.alarms)
    for (const same of grouped(alarms, ({ operator, law }) => `${variant}, ${operator}: ${law}`).values()) {
      const sizes = [...grouped(same, ({ status }) => status).values()].map((those) => those.length)
      changed += group.length - Math.max(group.length - same.length, ...sizes)
    }
  }
  return changed
}
