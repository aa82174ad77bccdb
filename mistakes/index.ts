import { mistakes as activations } from './activations.js'
import { mistakes as convolution } from './convolution.js'
import { mistakes as embeddings } from './embeddings.js'
import { mistakes as linear } from './linear.js'
import { mistakes as losses } from './losses.js'
import type { Mistake } from './mistake.js'
import { mistakes as optimizers } from './optimizers.js'
import { mistakes as pooling } from './pooling.js'
import { mistakes as recurrent } from './recurrent.js'

export { type Mistake, mistaken } from './mistake.js'

/** The catalogue: every known mistake, family by family. */
export const mistakes: readonly Mistake[] = [
  ...linear,
  ...activations,
  ...losses,
  ...convolution,
  ...pooling,
  ...embeddings,
  ...recurrent,
  ...optimizers,
]

/** The mistakes known of one operator. */
export function mistakesOf(operator: string): readonly Mistake[] {
  return mistakes.filter((mistake) => mistake.operator === operator)
}
