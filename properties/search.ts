import fc from 'fast-check'
import { contract } from '../oracle/index.js'
import { rowMajor, tensor } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { Random } from './data.js'
import type { Call, Law } from './law.js'
import { type Profile, representable } from './profile.js'

/** Cases that take part in the climb. */
const climbers = 2

/** A case as the choices that fast-check made for it: of shapes, attributes, scales, patterns and seeds, 32 bits each. */
interface Candidate {
  readonly choices: readonly number[]
  readonly bias: number | undefined
  readonly call: Call
}

/** Hands fast-check the choices of a list, and new ones, which it keeps, where the list ends. */
class Choices {
  readonly made: number[]
  private at = 0
  private readonly random: Random

  constructor(given: readonly number[], random: Random) {
    this.made = [...given]
    this.random = random
  }

  /** A copy that goes on by itself. */
  clone(): Choices {
    return this
  }

  next(): number {
    if (this.at === this.made.length) this.made.push(word(this.random))
    return this.made[this.at++]
  }

  getState(): readonly number[] {
    return this.made
  }

  /** As many choices as were asked for: the rest of a longer list has lost its meaning. */
  used(): readonly number[] {
    return this.made.slice(0, this.at)
  }
}

/** 32 random bits, signed. */
function word(random: Random): number {
  return (random.next() * 2 ** 32) | 0
}

/**
 * Cases of a law, ever closer to the worst: a quarter of the budget is drawn at random, and the rest climbs from the worst of
 * these by making one or two of their choices anew, a worse case taking the place of a milder one. Such a case is one that the
 * generator could have drawn, and so as valid as any. Where a law asks of a call nothing but that it is valid, single numbers are
 * moved as well. (Targeted property-based testing, with the error in units of what is allowed as its utility.)
 */
export class Search implements Iterable<Call> {
  private readonly law: Law
  private readonly profile: Profile
  private readonly arbitrary: fc.Arbitrary<Call>
  private readonly runs: number
  private readonly random: Random
  private readonly parents = new Map<Call, Candidate>()
  private best: { candidate: Candidate; ratio: number }[] = []

  constructor(law: Law, profile: Profile, seed: number, runs: number) {
    this.law = law
    this.profile = profile
    this.arbitrary = law.calls(profile)
    this.runs = runs
    this.random = new Random(seed ^ 0x2545f491)
  }

  *[Symbol.iterator](): Generator<Call> {
    const drawn = Math.ceil(this.runs / 4)
    for (let run = 0; run < this.runs; run++) {
      const parent = run < drawn ? undefined : this.best[run % Math.max(1, this.best.length)]?.candidate
      const candidate = parent === undefined ? this.draw([], biasOf(run)) : this.neighbour(parent)
      this.parents.set(candidate.call, candidate)
      yield candidate.call
    }
  }

  /** What a case came to: its worst error in units of what is allowed there. */
  tell(call: Call, ratio: number): void {
    const candidate = this.parents.get(call)
    this.parents.delete(call)
    if (candidate === undefined || !(ratio > 0)) return
    this.best = [...this.best, { candidate, ratio }].toSorted((a, b) => b.ratio - a.ratio).slice(0, climbers)
  }

  private draw(choices: readonly number[], bias: number | undefined): Candidate {
    const source = new Choices(choices, this.random)
    const call = this.arbitrary.generate(new fc.Random(source), bias).value
    return { choices: source.used(), bias, call }
  }

  private neighbour(parent: Candidate): Candidate {
    const nudged = comparesOnly(this.law) && this.random.next() < 0.75 ? this.nudge(parent.call) : undefined
    return nudged === undefined ? this.mutate(parent) : { ...parent, call: nudged }
  }

  /** The call with some numbers of one input or gradient moved a little, or put in the place of others; undefined where it is not valid. */
  private nudge(call: Call): Call | undefined {
    const { inputs: declared } = contract[this.law.operator]
    const names = Object.keys(call.inputs).filter((name) => declared[name].kind === 'float')
    const gradients = this.law.backward ? Object.keys(call.gradients) : []
    const at = this.random.integer(0, names.length + gradients.length - 1)
    const part = at < names.length ? 'inputs' : 'gradients'
    const name = part === 'inputs' ? names[at] : gradients[at - names.length]
    const x = call[part][name]
    if (x === undefined || x.size === 0) return undefined
    const nudged = { ...call, [part]: { ...call[part], [name]: tensor(x.shape, this.moved(rowMajor(x))) } }
    try {
      validateCall(contract[this.law.operator], nudged.inputs, nudged.attributes)
    } catch {
      return undefined
    }
    return nudged
  }

  /** Some of the numbers a little larger or smaller, or in the place of others. */
  private moved(x: Float64Array): Float64Array {
    const values = x.slice()
    const anywhere = () => this.random.integer(0, values.length - 1)
    const share = this.random.next() ** 3
    for (let n = Math.max(1, Math.round(share * values.length)); n > 0; n--) {
      const at = anywhere()
      values[at] = representable(
        this.profile,
        this.random.next() < 0.7 ? values[at] * (1 + this.random.normal() / 4) : values[anywhere()],
      )
    }
    return values
  }

  private mutate({ choices, bias }: Candidate): Candidate {
    const changed = [...choices]
    const times = this.random.integer(1, 2)
    for (let n = 0; n < times && changed.length > 0; n++)
      changed[this.random.integer(0, changed.length - 1)] = word(this.random)
    return this.draw(changed, bias)
  }
}

/** How strongly fast-check prefers the ends of ranges in its n-th run; the later, the less. */
function biasOf(run: number): number {
  return 2 + Math.floor(Math.log10(run + 1))
}

/** Whether a law demands nothing of a call but that it is valid: it compares one answer with the oracle's. */
function comparesOnly({ kind, name }: Law): boolean {
  return kind === 'oracle' || name === "has the oracle's gradient"
}
