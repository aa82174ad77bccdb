import { toNested } from '../oracle/tensor.js'
import { alignChain, alignEntry, nearest, type Position, type Target } from './alignment.js'
import { type Box, centre, pointBox } from './boxes.js'
import { withCalledEntry } from './calledEntries.js'
import { claimedValues } from './claimedValue.js'
import { type Derivative, derivativeOf, isDerivativeValue, judgeDerivative } from './derivatives.js'
import type { Document } from './document/document.js'
import type { Habit } from './evaluation.js'
import { explain, otherConvention } from './explanations.js'
import type { Span } from './expression/ast.js'
import { explainFormula } from './formulaExplanations.js'
import { judgeFormula } from './formulas.js'
import { withActivation } from './functions.js'
import { dataOf, type Scope } from './identities.js'
import { judgeIndexed } from './indexedRules.js'
import { type Compared, comparedFormula, comparedNumerals, isInequality, judgeInequality } from './inequalities.js'
import { type CellJudgement, contextOf, judgeValue, type Line, type ValueJudgement } from './judgeValue.js'
import { remember, rememberPart } from './memory.js'
import { carriedMessage } from './messages.js'
import { decidedClass, isRightAlone, namedInProse, namedInWords } from './namedInWords.js'
import { nestedMiddle } from './numbers.js'
import { type Lapse, type Replay, stateText } from './replay.js'
import type { Claim, Explanation, UnreadLine } from './report.js'
import { type Rule, type RuleJudgement, ruleOf } from './rules.js'
import { slipOf } from './slips.js'
import { namesApart, placeOf, regionOf, type Side, type Statement, sideOf, textUpTo } from './statements.js'
import { type Subject, subjectOf } from './subject.js'
import { symbolText } from './symbols.js'
import { isRight, type Verdict } from './verdict.js'
import { conceptsIn, directionsIn } from './words.js'
import type { World } from './world.js'

/** A claim with what is still to be found out for its report. */
export interface Draft {
  readonly claim: Claim
  /** The claim is a formula, not a value. */
  readonly isFormula: boolean
  /** Half a unit of the last place that it claims; 0 where it is no number. */
  readonly half: number
  /** Offset of its right side. */
  readonly start: number
  /** The symbol that its chain begins with, if it is one. */
  readonly left?: string
  /** What of a wrong value looks like a slip of the pen. */
  readonly slip?: string
  /** A value is right that was shortened otherwise than the solution is taken to do it. */
  readonly againstHabit?: boolean
  /** A value is right, though it does not follow from the wrong ones before it. */
  readonly comesBack?: boolean
  /** Its line is wrong by itself, whatever the conventions. */
  readonly isSurelyFalse?: boolean
  /** The known mistakes that yield what is claimed, in the solution's world. */
  explain?(world: World): Promise<readonly Explanation[]>
  /** Another convention than the solution's that yields what is claimed. */
  otherConvention?(world: World): Promise<string | undefined>
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
  readonly position: Position = { stage: 0 }
  readonly replay: Replay
  readonly habit: Habit
  private readonly document: Document

  constructor(replay: Replay, habit: Habit, document: Document) {
    this.replay = replay
    this.habit = habit
    this.document = document
  }

  /** The marker as it stands now, to go on in another world that agrees with its own so far. */
  under(world: World): Marker {
    const copy = new Marker(this.replay.under(world), this.habit, this.document)
    copy.drafts.push(...this.drafts)
    copy.unread.push(...this.unread)
    copy.position.stage = this.position.stage
    return copy
  }

  private get exercise(): string {
    return this.replay.world.exercise.id
  }

  /** What was found since so many drafts, and all that lines to come rest on: worlds in which it is the same may go on as one. */
  stateSince(drafts: number): string {
    const { world } = this.replay
    const said = this.drafts.slice(drafts).map(({ claim, explain, otherConvention, ...draft }) => {
      const isLeftOpen = explain !== undefined || otherConvention !== undefined
      return [claim, draft, isLeftOpen && claim.quantity !== null ? world.meaningOf([claim.quantity]) : null]
    })
    return stateText([said, this.unread, this.position, this.replay.state()])
  }

  async mark(statement: Statement): Promise<void> {
    if (statement.kind === 'chain') {
      for (const one of namesApart(statement))
        await this.markOne(withCalledEntry(one, this.replay.world, this.position.stage))
      return
    }
    if (statement.kind === 'entry') return this.markEntry(statement)
    if (statement.kind === 'prose') return this.markProse(statement)
    return this.markSentence(statement)
  }

  private async markOne(statement: Statement): Promise<void> {
    const { world } = this.replay
    const rule = statement.sides.length > 1 ? ruleOf(statement, world) : undefined
    if (rule !== undefined) await this.markRule(statement, rule)
    else await this.markChain(withActivation(statement, world.exercise))
  }

  private async markChain(statement: Statement): Promise<void> {
    if (statement.sides.length === 1) return this.markProse(statement)
    const derivative = derivativeOf(statement.sides[0], this.position.stage, this.replay.world)
    if (derivative !== undefined) return this.markDerivative(statement, derivative)
    // A condition is no sign of where in the solution one is.
    const position = statement.relations.every(isInequality) ? { ...this.position } : this.position
    const target = await alignChain(statement, this.replay, position)
    const meant = decidedClass(statement, target, this.replay) ?? (await this.chainTarget(statement, target))
    // Words before a calculation are its left side: «units: 55 · 55 · 96 = 290,400».
    const isNamed = target === undefined && meant?.kind === 'datum' && statement.sides[0].kind === 'numeric'
    await this.markSides(statement, meant, isNamed ? 0 : 1)
  }

  /** Formulas of a derivative that is no quantity of its own; a number alone is right, or unread. */
  private async markDerivative(statement: Statement, derivative: Derivative): Promise<void> {
    const { world } = this.replay
    let before: Line | undefined
    for (const [i, side] of statement.sides.entries()) {
      if (i === 0) continue
      if (side.kind !== 'numeric') {
        if (!this.addRule(statement, side, await this.judgedDerivative(statement, derivative, side))) return
        continue
      }
      const line = this.lineOf(side, statement)
      if (line === undefined) return
      if (before !== undefined) {
        await this.markSides({ ...statement, sides: [before.side, side], relations: ['='] }, undefined, 1)
      } else if (await isDerivativeValue(derivative, line.value.box, world)) {
        this.addRule(statement, side, { kind: 'correct', note: '' })
      } else this.addUnread(statement, `the value of ${derivative.text}, which the exercise does not ask for`)
      before = line
    }
  }

  /** A formula of a derivative, right too where its symbols are those of an earlier stage: E and y₅ before the update. */
  private async judgedDerivative(statement: Statement, derivative: Derivative, side: Side): Promise<RuleJudgement> {
    const { world } = this.replay
    const judged = await judgeDerivative(derivative, side, this.position.stage, world)
    for (let stage = this.position.stage - 1; stage >= 0 && judged.kind !== 'correct'; stage--) {
      const before = derivativeOf(statement.sides[0], stage, world)
      const other = before === undefined ? undefined : await judgeDerivative(before, side, stage, world)
      if (other?.kind === 'correct') return other
    }
    return judged
  }

  /** Formulas of a general rule: right, wrong where nothing else can be meant, else unread. */
  private async markRule(statement: Statement, rule: Rule): Promise<void> {
    const { sides, relations } = statement
    const judged = sides.slice(1).map((side) => rule.judge(side))
    const unknown = judged.findIndex(({ kind }) => kind === 'unknown')
    for (const [i, one] of judged.entries()) if (unknown < 0 || i < unknown) this.addRule(statement, sides[i + 1], one)
    if (unknown < 0) return
    // The arithmetic of the numbers that follow holds or not, whatever the rule; the first may be judged by the rule already.
    const numbers = sides.findIndex(({ kind }, i) => i >= Math.max(unknown, 1) && kind === 'numeric')
    const isCalculation = numbers >= 0 && numbers + 1 < sides.length
    if (!isCalculation || numbers > unknown + 1) this.addUnread(statement, 'a rule that could not be checked')
    if (isCalculation)
      await this.markSides(
        { ...statement, sides: sides.slice(numbers), relations: relations.slice(numbers) },
        undefined,
        1,
      )
  }

  /** The claim of a formula that was judged by itself; false where it could not be. */
  private addRule(statement: Statement, side: Side, judged: RuleJudgement): boolean {
    if (judged.kind === 'unknown') {
      this.addUnread(statement, 'a rule that could not be checked')
      return false
    }
    const isRightRule = judged.kind === 'correct'
    this.add(statement, side, undefined, {
      verdict: judged.kind,
      message: isRightRule ? '' : judged.message,
      notes: isRightRule && judged.note !== '' ? [judged.note] : [],
      root: !isRightRule,
      carriedFrom: null,
      claimed: null,
      expected: null,
    })
    return true
  }

  /** What the chain is about; a symbol that the exercise lacks stands for the first formula that follows it. */
  private async chainTarget(statement: Statement, target: Target | undefined): Promise<Target | undefined> {
    if (target !== undefined) return target
    const named = await namedInWords(statement, this)
    const [left] = statement.sides
    if (named !== undefined || left.kind === 'numeric') return named
    const scope = { stage: this.position.stage, preferred: [] }
    if (left.kind === 'name' && dataOf(this.replay.world, left, scope) !== undefined)
      return { kind: 'expression', side: left }
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
    if (statement.sides.length === 0) return
    const named = await namedInProse(statement, this)
    if (named === undefined) return
    if (statement.isLoose && !(await isRightAlone(statement, named, this))) {
      if (statement.sides[0].expression.kind === 'operation') return
      this.addUnread(statement, 'a number that may be said of something else than what is asked for')
      return
    }
    await this.markSides(statement, named, 0)
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
        await this.markInequality(statement, i, line)
        // What stands beyond says nothing of what the chain is about.
        await this.markBeyond(statement, i)
        break
      }
      if (side.kind !== 'numeric') {
        if (target?.kind === 'expression' && target.side === side && subject !== undefined) continue
        // What follows from it, and not what it is: «y = (0.1, 0.2, 0.7) → class».
        if (relation === '→' && side.kind === 'name') continue
        const judged = await judgeFormula(side, subject, replay)
        if (judged.kind === 'skip') continue
        const general =
          judged.kind === 'unknown' ? judgeIndexed(statement.sides[0].expression, side.expression) : undefined
        if (general?.kind === 'correct') {
          this.addRule(statement, side, general)
          continue
        }
        if (judged.kind === 'unknown') {
          this.addUnread(statement, judged.why)
          continue
        }
        if (judged.kind === 'formula' && judged.verdict === 'wrong' && relation === '≈') {
          this.addUnread(statement, 'an approximate equality of two formulas')
          continue
        }
        if (judged.kind === 'formula') {
          if (judged.verdict === 'correct') formula = side
          formulas.push(this.drafts.length)
          const root = judged.verdict !== 'correct' && cause === undefined
          if (root) cause = { verdict: judged.verdict, line: placeOf(this.document, side).line }
          const { quantity, scope } = subject ?? {}
          this.add(
            statement,
            side,
            subject,
            { ...judged, root, carriedFrom: null, claimed: null, expected: null },
            root && quantity !== undefined && scope !== undefined
              ? { explain: (world) => explainFormula(side, quantity, scope, world) }
              : {},
          )
          continue
        }
      }
      const found = await judgeValue({
        statement,
        side,
        relation,
        subject,
        line,
        formula,
        replay,
        habit,
        cause: cause?.verdict,
        ...(side.kind === 'symbolic' &&
          subject !== undefined && { boxOfKey: await ownBoxes(side, subject.scope, replay) }),
      })
      if ('why' in found) {
        this.addUnread(statement, found.why)
        line = undefined
        continue
      }
      const judged = this.repeating(found)
      const isUnknown = subject === undefined && statement.kind === 'chain' && statement.sides[0].kind !== 'numeric'
      if (!judged.checked && i === 1 && isUnknown)
        this.addUnread(statement, 'its left side is nothing that the exercise knows')
      cause = this.addValue(statement, side, subject, judged, cause)
      // What a symbol stands for was looked up elsewhere: the step from there is more than arithmetic.
      line = side.kind === 'numeric' ? { side, value: judged.value, verdict: judged.verdict, subject } : undefined
      value = judged
    }
    if (value === undefined || subject === undefined) return
    const here = cause?.line ?? placeOf(this.document, statement.sides[statement.sides.length - 1]).line
    if (subject.part === undefined) await remember(replay, subject, value, here)
    else await rememberPart(replay, subject.part, value, here)
    if (isRight(value.outcome)) for (const i of formulas) this.drafts[i] = supported(this.drafts[i])
  }

  /** The judgement with wrong cells that only repeat what was wrong before as carried: a height that is the width, a vector of its cells. */
  private repeating(judged: ValueJudgement): ValueJudgement {
    if (judged.lineBox !== undefined || isRight(judged.verdict)) return judged
    const cells = judged.cells.map((cell) => {
      const earlier = this.drafts.find(
        ({ claim: { verdict, claimed, expected } }) =>
          cell.verdict === 'wrong' && !isRight(verdict) && claimed === cell.claimed && isSame(expected, cell.expected),
      )
      const root = earlier?.claim.carriedFrom ?? earlier?.claim.line
      if (root === undefined || cell.expected === null) return cell
      return { ...cell, verdict: 'carried' as const, rootLine: root, message: carriedMessage(root, cell.expected) }
    })
    const wrong = cells.filter(({ verdict }) => !isRight(verdict))
    if (wrong.some(({ verdict }) => verdict !== 'carried')) return { ...judged, cells }
    const [{ rootLine, message }] = wrong
    return { ...judged, cells, verdict: 'carried', outcome: 'carried', rootLine, message }
  }

  /** The rest of a chain behind an inequality, as a chain of its own. */
  private async markBeyond(statement: Statement, from: number): Promise<void> {
    const [sides, relations] = [statement.sides.slice(from), statement.relations.slice(from)]
    if (sides.length > 1 && relations[0] !== '→') await this.markChain({ ...statement, sides, relations })
  }

  /** An inequality between the side before it, whose value is `line` where it is one of numerals, and the side behind it. */
  private async markInequality(statement: Statement, at: number, line: Line | undefined): Promise<void> {
    const relation = statement.relations[at - 1]
    const [left, right] = [await this.compared(statement, at - 1, line), await this.compared(statement, at)]
    if (left === undefined || right === undefined || !isInequality(relation)) {
      this.addUnread(statement, 'an inequality of something that has no value here')
      return
    }
    const judged = judgeInequality(statement, { left, relation, right })
    if (judged.kind === 'none') {
      this.addUnread(statement, judged.why)
      return
    }
    const claimed = right.isWritten && right.truth.length === 1 ? right.truth[0] : null
    this.add(statement, right.side, undefined, { ...judged, claimed, expected: null })
  }

  private async compared(statement: Statement, at: number, line?: Line): Promise<Compared | undefined> {
    const side = statement.sides[at]
    if (side.kind !== 'numeric') return comparedFormula(side, this.replay, this.position.stage, this.habit)
    const value = line?.side === side ? line : this.lineOf(side, statement)
    return value === undefined ? undefined : comparedNumerals(side, value.value)
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
    return { side, value: values[0], others: values.slice(1), verdict: 'correct', subject: undefined }
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
      const said = {
        verdict: judged.verdict,
        root: false,
        carriedFrom: null,
        claimed: nestedMiddle({ ...judged.value.box, low: judged.value.values, high: judged.value.values }),
        expected: subject === undefined ? null : toNested(centre(judged.expected ?? subject.truth)),
        message: judged.message,
        notes: judged.notes,
      }
      const comesBack = judged.cells.some((cell) => cell.comesBack)
      this.add(statement, side, subject, said, { againstHabit: judged.againstHabit, ...(comesBack && { comesBack }) })
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
          half: cell.half,
          expected: cell.expected,
          carriedValue: cell.own,
          index: cell.index,
          message: cell.message,
          notes: judged.notes,
        },
        {
          ...(cell.isSurelyFalse && { isSurelyFalse: true }),
          ...(quantity !== undefined &&
            cell.verdict === 'wrong' && {
              otherConvention: (world: World) => otherConvention(quantity, judged.value.box, snapshot.under(world)),
              ...(root && slipIn(cell)),
            }),
          // Several wrong cells of one calculation are rather a wrong rule than slips.
          ...(quantity !== undefined &&
            root &&
            (cell.verdict === 'wrong' || (cell.verdict === 'arithmetic' && wrong.length > 1)) && {
              explain: (world: World) => explain(quantity, judged.value.box, snapshot.under(world)),
            }),
        },
      )
      if (root) this.replay.recordLapse(here, lapseAt(cell, judged, subject))
      if (next === undefined || root) next = { verdict: cell.verdict, line: root ? here : (rootLine ?? here) }
    }
    return next
  }

  private add(
    statement: Statement,
    side: Side,
    subject: Subject | undefined,
    said: Pick<Claim, 'verdict' | 'root' | 'carriedFrom' | 'claimed' | 'expected' | 'message' | 'notes'> &
      Partial<Pick<Claim, 'carriedValue' | 'index'> & Pick<Draft, 'half'>>,
    later: Pick<Draft, 'explain' | 'otherConvention' | 'slip' | 'againstHabit' | 'comesBack' | 'isSurelyFalse'> = {},
  ): void {
    const claim: Claim = {
      ...regionOf(this.document, side.expression.span),
      exercise: this.exercise,
      text: textUpTo(statement, side),
      quantity: subject?.name ?? subject?.part?.datum.name ?? null,
      index: indexIn(subject?.part, said.index ?? null, subject?.part?.length === 1),
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
    this.drafts.push({
      claim,
      isFormula: said.claimed === null,
      half: said.half ?? 0,
      start: side.expression.span.start,
      ...(statement.sides[0]?.expression.kind === 'name' && { left: statement.sides[0].expression.key }),
      ...later,
    })
  }

  private addUnread(statement: Statement, why: string): void {
    // Of an exercise that is not known only arithmetic is to be read.
    if (this.exercise === '' && statement.sides.some(({ kind }) => kind !== 'numeric')) return
    const { line } = this.document.placeOf(statement.span.start)
    if (!this.unread.some((other) => other.line === line && other.text === statement.text))
      this.unread.push({ line, text: statement.text, why })
  }
}

/** The index in the matrix of an entry of a part of it. */
function indexIn(part: Subject['part'], index: Claim['index'], isCell: boolean): Claim['index'] {
  if (part === undefined || (index === null && !isCell)) return index
  const at = part.from + (typeof index === 'number' ? index : 0)
  if (part.columns === 1) return at
  return [Math.floor(at / part.columns), at % part.columns]
}

/** What the solution has for the symbols of a side in which numerals stand for others. */
async function ownBoxes(side: Side, scope: Scope, replay: Replay): Promise<(key: string) => Box | undefined> {
  const boxes = new Map<string, Box>()
  for (const [key, { name }] of dataOf(replay.world, side, scope) ?? []) {
    const own = await replay.own(name)
    if (own !== undefined) boxes.set(key, own.box)
  }
  return (key) => boxes.get(key)
}

/** The side that a direction in words stands for: −1 it falls, 1 it rises. */
function directionSide(direction: number, span: Span): Side {
  const text = String(direction)
  return sideOf({ kind: 'numeral', text, decimal: text, value: direction, half: 0.5, whole: true, span })
}

/** What an error was: a wrong value with no numerals before it may be a slip of the pen, if it looks like one. */
function lapseAt(
  { verdict, own, claimed, half }: CellJudgement,
  { lineBox, value, cells }: ValueJudgement,
  subject: Subject | undefined,
): Lapse {
  if (verdict === 'arithmetic' || verdict === 'transcription') return 'slip'
  const isBare = lineBox === undefined && !(value.isComputed && subject?.quantity?.kind !== 'shape')
  if (verdict !== 'wrong' || !isBare) return 'rule'
  // A wrong rule hardly spares all other entries.
  if (cells.length > 2 && cells.filter((cell) => !isRight(cell.verdict)).length === 1) return 'slip'
  return own !== null && slipOf([own, own], claimed, half, undefined, { habit: 'rounds' }) !== undefined
    ? 'slip'
    : 'bare'
}

/** The slip of the pen, if one looks like it, that turns what follows from the solution's own values into what was written. */
function slipIn({ own, claimed, half }: CellJudgement): Pick<Draft, 'slip'> {
  const isLong = half > 0 && Math.abs(claimed) >= 2 * half * fewestUnits
  const slip = own === null || !isLong ? undefined : slipOf([own, own], claimed, half, undefined, { habit: 'rounds' })
  return slip === undefined ? {} : { slip }
}

/** Of a number with fewer units of its last place, nearly every other one has one digit that differs. */
const fewestUnits = 100

/** Whether two expected values are the same number. */
function isSame(one: Claim['expected'], other: number | null): boolean {
  return typeof one === 'number' && other !== null && Math.abs(one - other) <= 1e-9 * Math.abs(other)
}

/** A wrong formula whose chain ends in the right value does not lead to it. */
function supported(draft: Draft): Draft {
  if (!draft.isFormula || draft.claim.verdict !== 'wrong') return draft
  return {
    ...draft,
    claim: { ...draft.claim, verdict: 'unsupported', message: `${draft.claim.message}; the value is right` },
  }
}
