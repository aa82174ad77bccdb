import { type Box, hull, meet, pointBox, reshaped } from './boxes.js'
import type { ClaimedValue } from './claimedValue.js'
import type { ValueJudgement } from './judgeValue.js'
import { narrowed, type Replay } from './replay.js'
import type { Subject } from './subject.js'
import { isRight } from './verdict.js'

/** Where a value was written, and which lines' root errors are slips of the pen. */
interface Writing {
  readonly line: number
  isSlip(line: number): boolean
}

/** Keeps what a chain ends in as the solution's own value of its quantity, for the lines that follow. */
export function remember(replay: Replay, subject: Subject, judged: ValueJudgement, { line, isSlip }: Writing): void {
  const { name, truth } = subject
  if (name === undefined || judged.value.box.low.length !== truth.low.length) return
  const own = subject.steps.find(({ basis }) => basis === 'own')?.box
  const digits = reshaped(judged.byOtherHabit ? eitherHabit(judged.value) : judged.value.box, truth.shape)
  const right = isRight(judged.outcome)
  const computed = right || judged.outcome === 'carried' ? own : judged.lineBox
  const written = narrowed(digits, judged.value.values, computed)
  const rootLine = right ? undefined : (judged.rootLine ?? line)
  replay.record(name, {
    values: judged.value.values,
    written,
    fair: right ? hull(digits, truth) : digits,
    meant: [judged.lineBox, own].flatMap((box) =>
      box === undefined || meet(box, written) ? [] : [reshaped(box, truth.shape)],
    ),
    rootLine,
    slip: rootLine === undefined || isSlip(rootLine),
  })
  if (subject.quantity?.kind === 'shape') rememberLengths(replay, subject.quantity.from, written, rootLine)
}

/** The lengths of a shape that was written, where they were not written by themselves. */
function rememberLengths(replay: Replay, names: readonly string[], shape: Box, rootLine: number | undefined): void {
  if (names.length !== shape.low.length) return
  for (const [i, name] of names.entries()) {
    if (replay.recorded(name) !== undefined) continue
    const box: Box = { shape: [], low: [shape.low[i]], high: [shape.high[i]] }
    const right = meet(box, pointBox(replay.world.truth[name]))
    const root = right ? undefined : rootLine
    replay.record(name, { values: box.low, written: box, fair: box, meant: [], rootLine: root, slip: true })
  }
}

/** Everything that is rounded or cut to the digits written. */
function eitherHabit({ box, cells }: ClaimedValue): Box {
  return {
    shape: box.shape,
    low: cells.map(({ rounded, cut }) => Math.min(rounded[0], cut[0])),
    high: cells.map(({ rounded, cut }) => Math.max(rounded[1], cut[1])),
  }
}
