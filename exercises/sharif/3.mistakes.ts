import { type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { scaledBy, scaledGiven } from '../matrices.js'
import { mistake } from '../mistake.js'
import { plus } from '../training.js'
import { concatenated } from './2.quantities.js'
import { costMistakes, coverageMistakes } from './3.costMistakes.js'
import { applied, contextOf, dots, pairs, type ScoreKind, scoreKinds, staged } from './3.quantities.js'

type Compute = (values: Values, operators: Operators, kind: ScoreKind) => Promise<Tensor>

function kindOf(quantity: string): ScoreKind {
  return scoreKinds.find((kind) => quantity.startsWith(kind)) ?? 'dot'
}

/** A mistake that is made at every stage. */
function everywhere(
  name: string,
  quantity: string,
  explanation: string,
  from: (kind: ScoreKind) => readonly string[],
  compute: Compute,
): ExerciseMistake {
  return {
    name,
    quantities: scoreKinds.map((kind) => staged(kind, quantity)),
    explanation,
    from: (held) => from(kindOf(held)),
    compute: (held, values, operators) => compute(values, operators, kindOf(held)),
  }
}

const ofStage =
  (...names: readonly string[]) =>
  (kind: ScoreKind) =>
    names.map((name) => staged(kind, name))

const value = (values: Values, kind: ScoreKind, name: string) => tensorOf(values, staged(kind, name))

const ofScores: readonly ExerciseMistake[] = [
  everywhere(
    'scaled by the root of the dimension',
    'Scores',
    'is divided by √2, as in a Transformer; these scores are not scaled.',
    ofStage('Scores'),
    (values, operators, kind) => scaledBy(operators, value(values, kind, 'Scores'), Math.SQRT1_2),
  ),
  mistake(
    'cosine in place of the dot product',
    'dotScores',
    'is divided by the lengths of both states.',
    ['decoder', 'encoder'],
    async (values, operators) => {
      const [decoder, encoder] = [tensorOf(values, 'decoder'), tensorOf(values, 'encoder')]
      const rows = Array.from({ length: encoder.shape[0] }, () => decoder)
      const a = tensor(
        encoder.shape,
        rows.flatMap((row) => [row.get(0), row.get(1)]),
      )
      return forward(operators, 'cosineSimilarity', 'y', { a, b: encoder })
    },
  ),
  mistake(
    'transposed weights',
    'generalQuery',
    'is W_a·h_d; the decoder state stands on the left, h_dᵀW_a.',
    ['decoder', 'generalWeight'],
    (values, operators) => applied(operators, tensorOf(values, 'generalWeight'), tensorOf(values, 'decoder')),
  ),
  mistake('weights left out', 'generalQuery', 'is the decoder state: W_a was left out.', ['decoder'], async (values) =>
    tensorOf(values, 'decoder'),
  ),
  mistake(
    'encoder state first',
    'tanhPreActivations',
    'has the encoder state before the decoder state.',
    ['decoder', 'encoder', 'tanhWeight'],
    (values, operators) =>
      applied(
        operators,
        tensorOf(values, 'tanhWeight'),
        pairs(tensorOf(values, 'decoder'), tensorOf(values, 'encoder'), false),
      ),
  ),
  mistake('tanh forgotten', 'tanhUnits', 'is what you get without the tanh.', ['tanhPreActivations'], async (values) =>
    tensorOf(values, 'tanhPreActivations'),
  ),
  mistake(
    'sigmoid in place of tanh',
    'tanhUnits',
    'is what you get with a sigmoid.',
    ['tanhPreActivations'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'tanhPreActivations') }),
  ),
  mistake(
    'vector left out',
    'tanhScores',
    'is the sum of the units: v_a was left out.',
    ['tanhUnits'],
    (values, operators) => dots(operators, tensor([2], [1, 1]), tensorOf(values, 'tanhUnits')),
  ),
  mistake(
    'tanh after the vector',
    'tanhScores',
    'is tanh(vᵀW[h_d; h_e]); the tanh belongs between W_b and v_a.',
    ['tanhVector', 'tanhPreActivations'],
    async (values, operators) =>
      forward(operators, 'tanh', 'y', {
        x: await dots(operators, tensorOf(values, 'tanhVector'), tensorOf(values, 'tanhPreActivations')),
      }),
  ),
]

const ofAttention: readonly ExerciseMistake[] = [
  everywhere(
    'exponentials not normalised',
    'Weights',
    'is made of the exponentials of the scores, not divided by their sum.',
    ofStage('Scores'),
    async (values, _, kind) => onHost([value(values, kind, 'Scores')], [3], (e) => e.map(Math.exp)),
  ),
  everywhere(
    'normalised without exponentials',
    'Weights',
    'is made of the scores divided by their sum; the softmax takes exponentials first.',
    ofStage('Scores'),
    async (values, _, kind) =>
      onHost([value(values, kind, 'Scores')], [3], (e) => {
        const sum = e.reduce((total, score) => total + score, 0)
        return e.map((score) => (sum === 0 ? 0 : score / sum))
      }),
  ),
  everywhere(
    'all attention to the best',
    'Weights',
    'is 1 at the highest score and 0 elsewhere: hard attention.',
    ofStage('Scores'),
    async (values, _, kind) =>
      onHost([value(values, kind, 'Scores')], [3], (e) =>
        e.map((_score, s) => (s === e.indexOf(Math.max(...e)) ? 1 : 0)),
      ),
  ),
  everywhere(
    'softmax of the opposite scores',
    'Weights',
    'is what you get when small scores count most.',
    ofStage('Scores'),
    async (values, operators, kind) =>
      forward(operators, 'softmax', 'y', { x: await scaledBy(operators, value(values, kind, 'Scores'), -1) }),
  ),
  everywhere(
    'states not weighted',
    'Context',
    'is the mean of the encoder states.',
    () => ['encoder'],
    (values, operators) => contextOf(operators, tensor([3], [1 / 3, 1 / 3, 1 / 3]), tensorOf(values, 'encoder')),
  ),
  everywhere(
    'scores in place of weights',
    'Context',
    'is the sum of the encoder states times their scores.',
    (kind) => [staged(kind, 'Scores'), 'encoder'],
    (values, operators, kind) => contextOf(operators, value(values, kind, 'Scores'), tensorOf(values, 'encoder')),
  ),
  everywhere(
    'decoder state first',
    'Joined',
    'has the decoder state before the context.',
    (kind) => [staged(kind, 'Context'), 'decoder'],
    async (values, _, kind) => concatenated(tensorOf(values, 'decoder'), value(values, kind, 'Context')),
  ),
  everywhere(
    'context and state added',
    'Joined',
    'is the sum of context and state; they are put one after the other.',
    (kind) => [staged(kind, 'Context'), 'decoder'],
    async (values, _, kind) => plus(value(values, kind, 'Context'), tensorOf(values, 'decoder')),
  ),
  everywhere(
    'tanh of the state forgotten',
    'Hidden',
    'is W_c·[c; h] without the tanh.',
    (kind) => ['contextWeight', staged(kind, 'Joined')],
    (values, operators, kind) => applied(operators, tensorOf(values, 'contextWeight'), value(values, kind, 'Joined')),
  ),
  everywhere(
    'context left out',
    'Hidden',
    'is what you get with zeros for the context: the decoder state alone.',
    () => ['contextWeight', 'decoder'],
    async (values, operators) => {
      const x = concatenated(scaledGiven(tensorOf(values, 'decoder'), 0), tensorOf(values, 'decoder'))
      return forward(operators, 'tanh', 'y', { x: await applied(operators, tensorOf(values, 'contextWeight'), x) })
    },
  ),
  everywhere(
    'context read directly',
    'Logits',
    'is W_s·c: W_c and the tanh were left out.',
    (kind) => ['outputWeight', staged(kind, 'Context')],
    (values, operators, kind) => applied(operators, tensorOf(values, 'outputWeight'), value(values, kind, 'Context')),
  ),
  everywhere(
    'softmax of the output forgotten',
    'Output',
    'is the vector of logits.',
    ofStage('Logits'),
    async (values, _, kind) => value(values, kind, 'Logits'),
  ),
  everywhere(
    'output normalised without exponentials',
    'Output',
    'is the vector of logits divided by its sum.',
    ofStage('Logits'),
    async (values, _, kind) =>
      onHost([value(values, kind, 'Logits')], [3], (z) => {
        const sum = z.reduce((total, logit) => total + logit, 0)
        return z.map((logit) => (sum === 0 ? 0 : logit / sum))
      }),
  ),
]

/** What people get wrong in sharif/3. */
export const scoreMistakes: readonly ExerciseMistake[] = [
  ...ofScores,
  ...ofAttention,
  ...coverageMistakes,
  ...costMistakes,
]
