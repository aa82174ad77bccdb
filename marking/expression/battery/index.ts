import { architectures } from './architectures.js'
import { attention } from './attention.js'
import { exams } from './exams.js'
import type { Chapter } from './fragment.js'
import { handwriting } from './handwriting.js'
import { learning } from './learning.js'
import { matrices } from './matrices.js'
import { convolution, recurrence } from './networks.js'
import { perceptron } from './perceptron.js'
import { signs } from './signs.js'
import { sources } from './sources.js'
import { numbers, spellings } from './spellings.js'
import { variations } from './variations.js'

/** All fragments, by what they are from. */
export const chapters: readonly Chapter[] = [
  perceptron,
  handwriting,
  convolution,
  recurrence,
  attention,
  exams,
  sources,
  learning,
  architectures,
  matrices,
  numbers,
  spellings,
  signs,
  variations,
]
