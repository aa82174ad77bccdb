export type { Verdict } from './comparison.js'
export type { Call, Law, LawKind, Subject, Trial } from './law.js'
export { laws } from './laws.js'
export { ieee, type Profile, type ProfileName, profileNamed, profileNames } from './profile.js'
export type {
  Counterexample,
  LawReport,
  LawStatus,
  Limit,
  OperatorReport,
  Summary,
  TestReport,
  WorstElement,
} from './report.js'
export { roundingOf } from './rounding.js'
export { type FailingCase, type Progress, type RunOptions, runLaws } from './runner.js'
export type { OperatorSupport, Supports } from './support.js'
