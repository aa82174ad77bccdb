import type { Quantity } from '../exercises/exercise.js'
import { rowMajor } from '../oracle/tensor.js'
import { type Box, hull, meet, pointBox, reshaped, slice } from './boxes.js'
import type { ClaimedValue } from './claimedValue.js'
import type { Part } from './identities.js'
import type { ValueJudgement } from './judgeValue.js'
import { Later, narrowed, type Recorded, type Replay } from './replay.js'
import type { Subject, Support } from './subject.js'
import { isRight } from './verdict.js'

/** Keeps what a chain, at this line, ends in as the solution's own value of its quantity, for the lines that follow. */
export async function remember(replay: Replay, subject: Subject, judged: ValueJudgement, line: number): Promise<void> {
  const { name, truth, quantity } = subject
  if (name === undefined) return
  if (judged.value.box.low.length !== truth.low.length) {
    if (quantity !== undefined && !isRight(judged.outcome))
      replay.recordMisshapen(name, judged.value.box, judged.rootLine ?? line)
    return
  }
  if (quantity?.kind === 'shape' && judged.expected !== undefined) {
    // Channels last: the lengths are those that the exercise writes in another order.
    replay.record(name, {
      values: truth.low,
      written: truth,
      fair: truth,
      meant: [],
      rootLine: undefined,
      lapse: 'slip',
    })
    rememberLengths(replay, quantity, truth, undefined)
    return
  }
  const digits = reshaped(judged.byOtherHabit ? eitherHabit(judged.value) : judged.value.box, truth.shape)
  const settle = new Later(async (now) =>
    recordOf(subject, await subject.support.again().of(now), judged, digits, { line, replay: now }),
  )
  if (judged.isPlain)
    replay.record(name, {
      values: judged.value.values,
      written: digits,
      fair: hull(digits, truth),
      meant: [],
      rootLine: undefined,
      lapse: 'slip',
      settle,
    })
  else replay.record(name, await settle.of(replay))
  const recorded = replay.recorded(name)
  if (quantity?.kind === 'shape' && recorded !== undefined)
    rememberLengths(replay, quantity, recorded.written, recorded.rootLine)
}

/** Keeps what a chain, at this line, ends in as a row or an entry of the solution's own value of a matrix, the others as they stand. */
export async function rememberPart(
  replay: Replay,
  { datum: { name }, from, length }: Part,
  judged: ValueJudgement,
  line: number,
): Promise<void> {
  const { box, values } = judged.value
  const [own, point] = [await replay.own(name), await replay.point(name)]
  if (own === undefined || point === undefined || box.low.length !== length) return
  const put = (whole: readonly number[], part: readonly number[]): readonly number[] =>
    whole.map((x, i) => (i >= from && i < from + length ? part[i - from] : x))
  const boxWith = (whole: Box, part: Box): Box => ({
    shape: whole.shape,
    low: put(whole.low, part.low),
    high: put(whole.high, part.high),
  })
  const right = isRight(judged.outcome)
  const rootLine = right ? own.rootLine : (judged.rootLine ?? line)
  const computed = right || judged.outcome === 'carried' ? slice(own.box, from, length) : judged.lineBox
  const written = narrowed(box, values, computed)
  replay.record(name, {
    values: put([...rowMajor(point)], values),
    written: boxWith(own.box, written),
    fair: boxWith(own.fair, written),
    meant: right ? own.meant : [own.box, ...(judged.lineBox === undefined ? [] : [boxWith(own.box, judged.lineBox)])],
    rootLine,
    lapse: rootLine === undefined ? 'slip' : replay.lapseOn(rootLine),
  })
}

function recordOf(
  { truth }: Subject,
  { steps }: Support,
  judged: ValueJudgement,
  digits: Box,
  { line, replay }: { readonly line: number; readonly replay: Replay },
): Recorded {
  const step = steps.find(({ basis }) => basis === 'own')
  const own = step?.box
  const right = isRight(judged.outcome)
  const computed = right || judged.outcome === 'carried' ? own : judged.lineBox
  const written = narrowed(digits, judged.value.values, computed)
  // A value that happens to lie near the truth still follows from what was wrong before.
  const tainted = judged.outcome === 'rounded' ? step?.rootLine : undefined
  const rootLine = right ? tainted : (judged.rootLine ?? line)
  return {
    values: judged.value.values,
    written,
    fair: rootLine === undefined ? hull(written, truth) : written,
    meant: [judged.lineBox, own].flatMap((box) =>
      box === undefined || meet(box, written) ? [] : [reshaped(box, truth.shape)],
    ),
    rootLine,
    lapse: rootLine === undefined ? 'slip' : replay.lapseOn(rootLine),
  }
}

/** The lengths of a shape that was written, where they are quantities of their own that were not written by themselves. */
function rememberLengths(replay: Replay, { name, from }: Quantity, shape: Box, rootLine: number | undefined): void {
  const { truth, given } = replay.world
  const lengths = [...rowMajor(truth[name])]
  const areItsLengths =
    from.length === lengths.length && from.every((part, i) => rowMajor(truth[part])[0] === lengths[i])
  if (!areItsLengths) return
  for (const [i, part] of from.entries()) {
    if (replay.recorded(part) !== undefined || given[part] !== undefined) continue
    const box: Box = { shape: [], low: [shape.low[i]], high: [shape.high[i]] }
    const right = meet(box, pointBox(truth[part]))
    const root = right ? undefined : rootLine
    replay.record(part, { values: box.low, written: box, fair: box, meant: [], rootLine: root, lapse: 'slip' })
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
