import { attention } from './attention.js'
import { exams } from './exams.js'
import type { Chapter } from './fragment.js'
import { convolution, recurrence } from './networks.js'
import { perceptron } from './perceptron.js'
import { numbers, spellings } from './spellings.js'

/** All fragments, by what they are from. */
export const chapters: readonly Chapter[] = [perceptron, convolution, recurrence, attention, exams, numbers, spellings]
