import { workerData } from 'node:worker_threads'
import { activations } from './activations.js'
import { attention } from './attention.js'
import { convolution } from './convolution.js'
import { embeddings } from './embeddings.js'
import { images } from './images.js'
import { linear } from './linear.js'
import { losses } from './losses.js'
import { normalization } from './normalization.js'
import { type Definitions, type Exported, exported } from './operator.js'
import { optimizers } from './optimizers.js'
import { recurrent } from './recurrent.js'
import { loadTensorFlow } from './tensorflow.js'

const definitions: Definitions = {
  ...linear,
  ...activations,
  ...losses,
  ...convolution,
  ...normalization,
  ...embeddings,
  ...recurrent,
  ...attention,
  ...images,
  ...optimizers,
}

const setting: unknown = workerData?.setting
const tf = await loadTensorFlow(typeof setting === 'string' ? setting : 'cpu')

export const precision = 'float32'
export const operators: Readonly<Record<string, Exported>> = Object.fromEntries(
  Object.entries(definitions).map(([name, definition]) => [name, exported(tf, definition)]),
)
