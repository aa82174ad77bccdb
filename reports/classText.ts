import type { Colors } from 'picocolors/types.js'
import type { ClassSummary, Lookalike, SolutionPoints, Step } from '../marking/class.js'
import { subjectOf } from './markModel.js'
import { count, table, wrapped } from './words.js'

/** How wide a line of the report may be. */
const columns = 80

/** How many entries of each list are shown; the JSON report has all. */
const shown = 8

/**
 * What the solutions of a class have in common, for the lecturer: where most go wrong, and how; and what a scheme gives for each
 * solution.
 */
export function classText(
  summary: ClassSummary,
  points: readonly SolutionPoints[] | undefined,
  colors: Colors,
): string {
  const lines = [colors.bold(`The class: ${count(summary.solutions, 'solution')}`)]
  const paragraph = (text: string, indent: number): void => {
    for (const [i, line] of wrapped(text, columns - indent - 2).entries())
      lines.push(`${' '.repeat(i === 0 ? indent : indent + 2)}${line}`)
  }
  const list = (title: string, entries: readonly string[]): void => {
    if (entries.length === 0) return
    lines.push('', `  ${colors.bold(title)}`)
    for (const entry of entries.slice(0, shown)) paragraph(entry, 4)
    if (entries.length > shown) lines.push(`    and ${entries.length - shown} more`)
  }
  paragraph(errorsText(summary.errors), 2)
  if (points !== undefined) lines.push('', `  ${colors.bold('Points')}`)
  if (summary.points !== null) paragraph(pointsSummaryText(summary.points), 4)
  if (points !== undefined) lines.push('', ...rightAligned(pointsTable(points)).map((row) => `    ${row}`))
  list('Where most go wrong', summary.steps.map(stepText))
  list('Wrong values that look alike; nothing known explains them', summary.lookalikes.map(lookalikeText))
  list('What most leave out', summary.missing.map(missingText))
  list(
    'Conventions',
    summary.conventions.map(
      ({ exercise, convention, solutions }) => `${exercise}: ${convention}, ${count(solutions, 'solution')}`,
    ),
  )
  return `${lines.join('\n')}\n`
}

/** `12 without an error, 30 with 1, 4 with 2`. */
export function errorsText(errors: ClassSummary['errors']): string {
  return errors
    .map(
      ({ errors, solutions }) => `${solutions} ${errors === 0 ? 'without an error' : `with ${count(errors, 'error')}`}`,
    )
    .join(', ')
}

/** `mean 7.25, median 8, from 0 to 10 of 10`. */
export function pointsSummaryText({ maximum, mean, median, least, most }: NonNullable<ClassSummary['points']>): string {
  return `mean ${mean}, median ${median}, from ${least} to ${most} of ${maximum}`
}

/** A row a solution: what it got together and for each exercise; the first row says of how many. */
export function pointsTable(points: readonly SolutionPoints[]): readonly (readonly string[])[] {
  const [first] = points
  return [
    ['solution', `of ${first.maximum}`, ...first.exercises.map(({ exercise, maximum }) => `${exercise} of ${maximum}`)],
    ...points.map(({ solution, score, exercises }) => [
      solution,
      `${score}`,
      ...exercises.map((exercise) => `${exercise.score}`),
    ]),
  ]
}

/** What a scheme gives for one solution, and where points are lost. */
export function pointsText({ score, maximum, exercises, quantities }: SolutionPoints, colors: Colors): string {
  const lines = [`  ${colors.bold(`${score} of ${maximum} points`)}`]
  for (const given of exercises) {
    lines.push(`    ${given.exercise}: ${given.score} of ${given.maximum}`)
    for (const { exercise, quantity, why, ...points } of quantities)
      if (exercise === given.exercise && why !== '')
        lines.push(`      ${quantity}: ${points.score} of ${points.maximum}, ${why}`)
  }
  return `${lines.join('\n')}\n`
}

/** `ntua/1.1b delta3: 17 of 40; 9 «new weights …», 5 slips, 3 unexplained`. */
export function stepText({ exercise, quantity, wrong, answered, slips, unexplained, mistakes }: Step): string {
  const causes = [
    ...mistakes.map(({ mistake, solutions }) => `${solutions} «${mistake}»`),
    ...(slips === 0 ? [] : [count(slips, 'slip')]),
    ...(unexplained === 0 ? [] : [`${unexplained} by nothing known`]),
  ]
  return `${exercise} ${quantity}: ${wrong} of ${answered}${causes.length === 0 ? '' : `; ${causes.join(', ')}`}`
}

/** `17 write 0.412 for delta3 in ntua/1.1b: a.md, b.md, …`. */
export function lookalikeText({ exercise, value, solutions, ...subject }: Lookalike): string {
  const few = 4
  const names = solutions.slice(0, few).join(', ')
  return `${solutions.length} write ${value} for ${subjectOf(subject)} in ${exercise}: ${names}${solutions.length > few ? ', …' : ''}`
}

/** `12: ntua/1.1b error (the error of the output)`. */
export function missingText({ exercise, quantity, meaning, solutions }: ClassSummary['missing'][number]): string {
  return `${solutions}: ${exercise} ${quantity}${meaning === '' ? '' : ` (${meaning})`}`
}

/** A table whose first column is text and whose others are numbers. */
function rightAligned(rows: readonly (readonly string[])[]): readonly string[] {
  return table(
    rows,
    rows[0].map((_, column) => column).filter((column) => column > 0),
  )
}
