import { toNested } from '../oracle/tensor.js'
import { alignChain, alignEntry, alignProse, nearest, type Position, type Target } from './alignment.js'
import { centre, pointBox } from './boxes.js'
import { claimedValues } from './claimedValue.js'
import type { Document } from './document/document.js'
import type { Habit } from './evaluation.js'
import { explain, otherConvention } from './explanations.js'
import type { Span } from './expression/ast.js'
import { judgeFormula } from './formulas.js'
import { holds, type Inequality, isInequality } from './inequalities.js'
import { contextOf, judgeValue, type Line, type ValueJudgement } from './judgeValue.js'
import { remember } from './memory.js'
import { nestedMiddle } from './numbers.js'
import type { Replay } from './replay.js'
import type { Claim, Explanation, UnreadLine } from './report.js'
import { placeOf, regionOf, type Side, type Statement, sideOf, textUpTo } from './statements.js'
import { type Subject, subjectOf } from './subject.js'
import { symbolText } from './symbols.js'
import { isRight, type Verdict } from './verdict.js'
import { conceptsIn, directionsIn } from './words.js'

/** A claim with what is still to be found out for its report. */
export interface Draft {
  readonly claim: Claim
  /** The claim is a formula, not a value. */
  readonly isFormula: boolean
  /** The known mistakes that yield what is claimed. */
  explain?(): Promise<readonly Explanation[]>
  /** Another convention than the solution's that yields what is claimed. */
  otherConvention?(): Promise<string | undefined>
}

/** The first thing that is wrong in a chain, and the rest of it follows. */
interface Cause {
  readonly verdict: Verdict
  readonly line: number
}

/** Marks the statements of one exercise, in order, under one hypothesis about conventions and habits. */
export class Marker {
  readonly drafts: Draft[] = []
  readonly unread: UnreadLine[] = []
  private readonly position: Position = { stage: 0 }
  /** Whether the root error of a line was a slip, by line. */
  private readonly slips = new Map<number, boolean>()
  private readonly replay: Replay
  private readonly habit: Habit
  private readonly document: Document

  constructor(replay: Replay, habit: Habit, document: Document) {
    this.replay = replay
    this.habit = habit
    this.document = document
  }

  private get exercise(): string {
    return this.replay.world.exercise.id
  }

  async mark(statement: Statement): Promise<void> {
    if (statement.kind === 'chain') return this.markChain(statement)
    if (statement.kind === 'entry') return this.markEntry(statement)
    if (statement.kind === 'prose') return this.markProse(statement)
    return this.markSentence(statement)
  }

  private async markChain(statement: Statement): Promise<void> {
    if (statement.sides.length === 1) return this.markProse(statement)
    // A condition is no sign of where in the solution one is.
    const position = statement.relations.every(isInequality) ? { ...this.position } : this.position
    const target = await alignChain(statement, this.replay, position)
    await this.markSides(statement, await this.chainTarget(statement, target), 1)
  }

  /** What the chain is about; a symbol that the exercise lacks stands for the first formula that follows it. */
  private async chainTarget(statement: Statement, target: Target | undefined): Promise<Target | undefined> {
    if (target !== undefined || statement.sides[0].kind === 'numeric') return target
    const formula = statement.sides.slice(1).find((side) => side.kind === 'symbolic')
    return formula === undefined ? undefined : { kind: 'expression', side: formula }
  }

  private async markEntry(statement: Statement): Promise<void> {
    const datum = alignEntry(statement.path, this.replay.world.index)
    if (datum === undefined) {
      const known = this.replay.world.index.all().flatMap((other) => [symbolText(other), other.name])
      const suggestion = nearest(statement.path.join('_'), known)
      const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
      this.addUnread(statement, `${this.exercise} has no quantity ${statement.path.join(' ')}${hint}`)
      return
    }
    await this.markSides(statement, { kind: 'datum', datum }, 0)
  }

  /** A number in prose, or a bare expression, which may be the answer to what is asked. */
  private async markProse(statement: Statement): Promise<void> {
    const datum = statement.sides.length === 0 ? undefined : alignProse(statement, this.replay, this.position)
    if (datum !== undefined) await this.markSides(statement, { kind: 'datum', datum }, 0)
  }

  /** A sentence that says which way things go: «it falls, then it rises». */
  private async markSentence(statement: Statement): Promise<void> {
    const said = directionsIn(statement.words)
    const concepts = conceptsIn(statement.words)
    const asked = this.replay.world.exercise.quantities.filter(
      ({ name, kind }) => kind === 'class' && this.isDirection(name) && this.replay.recorded(name) === undefined,
    )
    const named = asked.filter(({ meaning, name }) =>
      ['training', 'test'].some((concept) => concepts.has(concept) && conceptsIn(`${meaning} ${name}`).has(concept)),
    )
    const answered = named.length > 0 ? named : asked
    if (said.length < answered.length) return
    for (const [i, { name }] of answered.entries()) {
      const datum = this.replay.world.index.datum(name)
      if (datum === undefined) continue
      const { start, end } = said[i]
      const upToWord = { ...statement, text: statement.text.slice(0, end) }
      const side = directionSide(said[i].direction, {
        start: statement.span.start + start,
        end: statement.span.start + end,
      })
      await this.markSides({ ...upToWord, sides: [side] }, { kind: 'datum', datum }, 0)
    }
  }

  private isDirection(name: string): boolean {
    const { low } = pointBox(this.replay.world.truth[name])
    return low.length === 1 && Math.abs(low[0]) === 1
  }

  /** Every equality of a chain, from the side `first` on. */
  private async markSides(statement: Statement, target: Target | undefined, first: number): Promise<void> {
    const { replay, habit } = this
    const subject = target === undefined ? undefined : await subjectOf(target, replay, this.position.stage, habit)
    let line: Line | undefined
    let cause: Cause | undefined
    let formula: Side | undefined
    let value: ValueJudgement | undefined
    const formulas: number[] = []
    for (const [i, side] of statement.sides.entries()) {
      const relation = statement.relations[i - 1] ?? '='
      if (i < first) {
        if (side.kind === 'numeric') line = this.lineOf(side, statement)
        continue
      }
      if (i > 0 && isInequality(relation)) {
        this.markInequality(statement, relation, { left: line, right: side, subject })
        // What stands beyond says nothing of what the chain is about.
        break
      }
      if (side.kind !== 'numeric') {
        if (target?.kind === 'expression' && target.side === side && subject !== undefined) continue
        const judged = await judgeFormula(side, subject, replay)
        if (judged.kind === 'skip') continue
        if (judged.kind === 'unknown') {
          this.addUnread(statement, judged.why)
          continue
        }
        if (judged.kind === 'formula') {
          if (judged.verdict === 'correct') formula = side
          formulas.push(this.drafts.length)
          const root = judged.verdict !== 'correct' && cause === undefined
          if (root) cause = { verdict: judged.verdict, line: placeOf(this.document, side).line }
          this.add(statement, side, subject, { ...judged, root, carriedFrom: null, claimed: null, expected: null })
          continue
        }
      }
      const judged = await judgeValue({
        statement,
        side,
        relation,
        subject,
        line,
        formula,
        replay,
        habit,
        cause: cause?.verdict,
      })
      if ('why' in judged) {
        this.addUnread(statement, judged.why)
        line = undefined
        continue
      }
      cause = this.addValue(statement, side, subject, judged, cause)
      line = { side, value: judged.value, verdict: judged.verdict }
      value = judged
    }
    if (value === undefined || subject === undefined) return
    const here = cause?.line ?? placeOf(this.document, statement.sides[statement.sides.length - 1]).line
    remember(replay, subject, value, { line: here, isSlip: (root) => this.slips.get(root) ?? false })
    if (isRight(value.outcome)) for (const i of formulas) this.drafts[i] = supported(this.drafts[i])
  }

  /**
   * An inequality between numbers is right or false; one between a quantity and a number is right, or a condition, such as the
   * threshold of a class, which claims nothing.
   */
  private markInequality(
    statement: Statement,
    relation: Inequality,
    {
      left,
      right,
      subject,
    }: { readonly left: Line | undefined; readonly right: Side; readonly subject: Subject | undefined },
  ): void {
    const bound = right.kind === 'numeric' ? this.lineOf(right, statement)?.value.values : undefined
    const known = left?.value.values ?? (subject === undefined ? undefined : centre(subject.truth).data)
    if (bound?.length !== 1 || known?.length !== 1) {
      this.addUnread(statement, 'an inequality, which is judged between two numbers only')
      return
    }
    const isRightSide = holds(known[0], relation, bound[0])
    if (!isRightSide && left === undefined) {
      this.addUnread(statement, 'a condition, which claims nothing')
      return
    }
    this.add(statement, right, subject, {
      verdict: isRightSide ? 'correct' : 'arithmetic',
      root: !isRightSide,
      carriedFrom: null,
      claimed: bound[0],
      expected: null,
      message: isRightSide ? '' : `${known[0]} ${relation} ${bound[0]} is false`,
      notes: [],
    })
  }

  private lineOf(side: Side, statement: Statement): Line | undefined {
    const values = claimedValues(side.expression, {
      context: contextOf(this.replay, this.habit),
      usualHalf: this.replay.usualHalf,
      isExact: false,
      isShape: false,
      relation: '=',
    })
    if ('why' in values) {
      this.addUnread(statement, values.why)
      return undefined
    }
    return { side, value: values[0], verdict: 'correct' }
  }

  /** The claim of a value: one for the whole where all cells are right, else one for each cell that is not. */
  private addValue(
    statement: Statement,
    side: Side,
    subject: Subject | undefined,
    judged: ValueJudgement,
    cause: Cause | undefined,
  ): Cause | undefined {
    if (!judged.checked) return cause
    const here = placeOf(this.document, side).line
    const wrong = judged.cells.filter(({ verdict }) => !isRight(verdict))
    if (wrong.length === 0) {
      this.add(statement, side, subject, {
        verdict: judged.verdict,
        root: false,
        carriedFrom: null,
        claimed: nestedMiddle({ ...judged.value.box, low: judged.value.values, high: judged.value.values }),
        expected: subject === undefined ? null : toNested(centre(judged.expected ?? subject.truth)),
        message: judged.message,
        notes: judged.notes,
      })
      return cause
    }
    let next = cause
    for (const cell of wrong) {
      const follows =
        cause !== undefined &&
        cause.verdict !== 'carried' &&
        cell.verdict !== 'arithmetic' &&
        cell.verdict !== 'unsupported'
      const root = cell.verdict !== 'carried' && !follows
      const rootLine = cell.verdict === 'carried' ? (cell.rootLine ?? null) : root ? null : (cause?.line ?? null)
      const snapshot = this.replay.snapshot()
      const { quantity } = subject ?? {}
      this.add(
        statement,
        side,
        subject,
        {
          verdict: cell.verdict,
          root,
          carriedFrom: rootLine,
          claimed: cell.claimed,
          expected: cell.expected,
          carriedValue: cell.own,
          index: cell.index,
          message: cell.message,
          notes: judged.notes,
        },
        quantity === undefined || cell.verdict !== 'wrong'
          ? {}
          : {
              otherConvention: () => otherConvention(quantity, judged.value.box, snapshot),
              ...(root ? { explain: () => explain(quantity, judged.value.box, snapshot) } : {}),
            },
      )
      if (root) this.slips.set(here, cell.verdict === 'arithmetic' || cell.verdict === 'transcription')
      if (next === undefined || root) next = { verdict: cell.verdict, line: root ? here : (rootLine ?? here) }
    }
    return next
  }

  private add(
    statement: Statement,
    side: Side,
    subject: Subject | undefined,
    said: Pick<Claim, 'verdict' | 'root' | 'carriedFrom' | 'claimed' | 'expected' | 'message' | 'notes'> &
      Partial<Pick<Claim, 'carriedValue' | 'index'>>,
    later: Pick<Draft, 'explain' | 'otherConvention'> = {},
  ): void {
    const claim: Claim = {
      ...regionOf(this.document, side.expression.span),
      exercise: this.exercise,
      text: textUpTo(statement, side),
      quantity: subject?.name ?? null,
      index: said.index ?? null,
      claimed: said.claimed,
      expected: said.expected,
      carriedValue: said.carriedValue ?? null,
      verdict: said.verdict,
      root: said.root,
      carriedFrom: said.carriedFrom,
      message: said.message,
      explanations: [],
      notes: said.notes,
    }
    this.drafts.push({ claim, isFormula: said.claimed === null, ...later })
  }

  private addUnread(statement: Statement, why: string): void {
    const { line } = this.document.placeOf(statement.span.start)
    if (!this.unread.some((other) => other.line === line && other.text === statement.text))
      this.unread.push({ line, text: statement.text, why })
  }
}

/** The side that a direction in words stands for: −1 it falls, 1 it rises. */
function directionSide(direction: number, span: Span): Side {
  const text = String(direction)
  return sideOf({ kind: 'numeral', text, decimal: text, value: direction, half: 0.5, whole: true, span })
}

/** A wrong formula whose chain ends in the right value does not lead to it. */
function supported(draft: Draft): Draft {
  if (!draft.isFormula || draft.claim.verdict !== 'wrong') return draft
  return {
    ...draft,
    claim: { ...draft.claim, verdict: 'unsupported', message: `${draft.claim.message}; the value is right` },
  }
}
