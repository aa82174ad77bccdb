import type { Call, Law } from './law.js'

/** Cases that failed in earlier runs: they are tried before any other, and what becomes of them is told. */
export interface KnownCases {
  /** The cases of a law that failed before, the last one first. */
  of(law: Law): readonly Call[]
  /** The law is false for this case: it is kept, whether it was known or not. */
  failed(law: Law, call: Call): void
  /** The law holds for a case that `of` gave. */
  held(law: Law, call: Call): void
}
