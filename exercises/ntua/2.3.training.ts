import { reshape, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, joined, negated } from '../computation.js'
import type { Operators } from '../exercise.js'
import { Descent, normalTensor, type Parameters, plus, randomNumbers } from '../training.js'
import { rowsAt } from './2.3.steps.js'
import { scaledBy } from './scaling.js'

/** A technique that trains: one step, and how like each other positives are, [N]. */
export interface Learner {
  /** Answers with the loss before the step. */
  step(): Promise<Tensor>
  /** The cosine similarity of each positive pair of data that training does not see. */
  similarities(): Promise<Tensor>
}

/** Examples, numbers of one example, numbers of its embedding. */
const [examples, inputs, outputs] = [8, 6, 4] as const
const temperature = 0.5
const one = { loss: scalar(1) }

const identity = Array.from({ length: examples }, (_, n) => n)

/** Two views of new images: the first half of the numbers, what an image shows, is theirs, the other half is drawn for each view. */
function twoViews(random: () => number): readonly [Tensor, Tensor] {
  const images = normalTensor([examples, inputs], 1, random)
  const view = (): Tensor => {
    const x = normalTensor([examples, inputs], 1, random)
    for (let n = 0; n < examples; n++)
      for (let i = 0; i < inputs / 2; i++) x.set(n, i, images.get(n, i) + 0.1 * x.get(n, i))
    return x
  }
  return [view(), view()]
}

function cosines(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return forward(operators, 'cosineSimilarity', 'y', { a, b })
}

/** Views of images; an encoder of one layer with ReLU, and a projection head of one. */
export function simclr(operators: Operators): Learner {
  const random = randomNumbers(235)
  const test = twoViews(random)
  const descent = new Descent(
    {
      encoder: normalTensor([2 * outputs, inputs], Math.sqrt(2 / inputs), random),
      head: normalTensor([outputs, 2 * outputs], Math.sqrt(1 / outputs), random),
    },
    { learningRate: 0.2, momentum: 0 },
  )
  const project = async (x: Tensor) => {
    const { encoder, head } = descent.parameters
    const first = { x, weight: encoder }
    const sums = await forward(operators, 'linear', 'y', first)
    const second = { x: await forward(operators, 'relu', 'y', { x: sums }), weight: head }
    return { first, sums, second, z: await forward(operators, 'linear', 'y', second) }
  }
  return {
    async step() {
      const both = twoViews(random).map(rowMajor)
      const x = tensor([2 * examples, inputs], [...both[0], ...both[1]])
      const { first, sums, second, z } = await project(x)
      const loss = await forward(operators, 'ntXent', 'loss', { z }, { temperature })
      const ofZ = await backward(operators, 'ntXent', 'z', { z }, one, { temperature })
      const head = await backward(operators, 'linear', 'weight', second, { y: ofZ })
      const ofHidden = await backward(operators, 'linear', 'x', second, { y: ofZ })
      const ofSums = await backward(operators, 'relu', 'x', { x: sums }, { y: ofHidden })
      const encoder = await backward(operators, 'linear', 'weight', first, { y: ofSums })
      await descent.step({ encoder, head }, operators)
      return loss
    },
    async similarities() {
      const [a, b] = [await project(test[0]), await project(test[1])]
      return cosines(operators, a.z, b.z)
    },
  }
}

/** How many batches of keys wait in MoCo's queue, and its momentum. */
const [queued, momentum] = [3, 0.9] as const

/** Views of images as for SimCLR; queries by one encoder, keys by another that follows it with momentum, negatives from a queue. */
export class Moco implements Learner {
  readonly descent: Descent
  keyEncoder: Tensor
  /** Keys of earlier batches, the oldest first: [N, D] each. */
  queue: readonly Tensor[]
  private readonly operators: Operators
  private readonly random = randomNumbers(232)
  private readonly test: readonly Tensor[]

  constructor(operators: Operators) {
    this.operators = operators
    this.test = twoViews(this.random)
    const encoder = normalTensor([outputs, inputs], Math.sqrt(1 / inputs), this.random)
    this.descent = new Descent({ encoder }, { learningRate: 0.5, momentum: 0 })
    this.keyEncoder = encoder
    this.queue = Array.from({ length: queued }, () => normalTensor([examples, outputs], 1, this.random))
  }

  async step(): Promise<Tensor> {
    const operators = this.operators
    const [first, second] = twoViews(this.random)
    const call = { x: first, weight: this.descent.parameters.encoder }
    const queries = await forward(operators, 'linear', 'y', call)
    const keys = await forward(operators, 'linear', 'y', { x: second, weight: this.keyEncoder })

    const candidates = 1 + queued * examples
    const table = joined([keys, ...this.queue], [(queued + 1) * examples, outputs])
    const keyIds = identity.map((n) => [n, ...Array.from({ length: candidates - 1 }, (_, k) => examples + k)])
    const queryIds = tensor(
      [examples, candidates],
      identity.flatMap((n) => new Array<number>(candidates).fill(n)),
    )
    const lookup = { ids: queryIds, table: queries }
    const pairs = {
      a: await forward(operators, 'embedding', 'y', lookup),
      b: await rowsAt(operators, table, keyIds),
    }
    const similarities = await cosines(operators, pairs.a, pairs.b)
    const entropy = {
      logits: await scaledBy(operators, similarities, 1 / temperature),
      target: zeros([examples]),
    }
    const loss = await forward(operators, 'crossEntropy', 'loss', entropy)
    const ofLogits = await backward(operators, 'crossEntropy', 'logits', entropy, one)
    const y = await scaledBy(operators, ofLogits, 1 / temperature)
    const ofPairs = await backward(operators, 'cosineSimilarity', 'a', pairs, { y })
    const ofQueries = await backward(operators, 'embedding', 'table', lookup, { y: ofPairs })
    const encoder = await backward(operators, 'linear', 'weight', call, { y: ofQueries })
    await this.descent.step({ encoder }, operators)

    const online = this.descent.parameters.encoder
    this.keyEncoder = await forward(operators, 'momentumUpdate', 'y', { target: this.keyEncoder, online }, { momentum })
    this.queue = [...this.queue.slice(1), keys]
    return loss
  }

  async similarities(): Promise<Tensor> {
    const weight = this.descent.parameters.encoder
    const [a, b] = [
      await forward(this.operators, 'linear', 'y', { x: this.test[0], weight }),
      await forward(this.operators, 'linear', 'y', { x: this.test[1], weight: this.keyEncoder }),
    ]
    return cosines(this.operators, a, b)
  }
}

/** A mask of dropout at rate a quarter. */
function dropoutMask(shape: readonly number[], random: () => number): Tensor {
  const x = zeros(shape)
  for (let i = 0; i < x.size; i++) x.data[i] = random() < 0.25 ? 0 : 1
  return x
}

/** Sentences, each twice under dropout of its own, through one encoder. */
export function simcse(operators: Operators): Learner {
  const random = randomNumbers(233)
  const sentences = normalTensor([examples, inputs], 1, random)
  const unseen = normalTensor([examples, inputs], 1, random)
  const testMasks = [dropoutMask(unseen.shape, random), dropoutMask(unseen.shape, random)]
  const descent = new Descent(
    { encoder: normalTensor([outputs, inputs], Math.sqrt(1 / inputs), random) },
    { learningRate: 0.5, momentum: 0 },
  )
  const embed = async (x: Tensor, mask: Tensor) => {
    const call = {
      x: await forward(operators, 'dropout', 'y', { x, mask }, { p: 0.25 }),
      weight: descent.parameters.encoder,
    }
    return { call, y: await forward(operators, 'linear', 'y', call) }
  }
  return {
    async step() {
      const masks = [dropoutMask(sentences.shape, random), dropoutMask(sentences.shape, random)]
      const [first, second] = [await embed(sentences, masks[0]), await embed(sentences, masks[1])]
      const call = { query: first.y, key: second.y }
      const loss = await forward(operators, 'infoNce', 'loss', call, { temperature })
      const ofQuery = await backward(operators, 'infoNce', 'query', call, one, { temperature })
      const ofKey = await backward(operators, 'infoNce', 'key', call, one, { temperature })
      const encoder = plus(
        await backward(operators, 'linear', 'weight', first.call, { y: ofQuery }),
        await backward(operators, 'linear', 'weight', second.call, { y: ofKey }),
      )
      await descent.step({ encoder }, operators)
      return loss
    },
    async similarities() {
      const [a, b] = [await embed(unseen, testMasks[0]), await embed(unseen, testMasks[1])]
      return cosines(operators, a.y, b.y)
    },
  }
}

/** Steps of a sequence that the context reads before it predicts. */
const pastSteps = 3

/** Sequences that turn by one angle a step, from a phase of their own: representations (cos, sin), with noise. */
function turning(random: () => number): { readonly past: Tensor; readonly next: Tensor } {
  const phases = identity.map(() => 2 * Math.PI * random())
  const at = (t: number) =>
    phases.flatMap((phase) => [Math.cos(phase + t), Math.sin(phase + t)].map((x) => x + 0.05 * (random() - 0.5)))
  return {
    past: tensor([pastSteps, examples, 2], Array.from({ length: pastSteps }, (_, t) => at(t)).flat()),
    next: tensor([examples, 2], at(pastSteps)),
  }
}

/** A recurrent context predicts the next step; the other sequences' next steps are the negatives. */
export function cpc(operators: Operators): Learner {
  const random = randomNumbers(234)
  const test = turning(random)
  const descent = new Descent(
    {
      input: normalTensor([outputs, 2], 0.7, random),
      recurrent: normalTensor([outputs, outputs], 0.3, random),
      prediction: normalTensor([2, outputs], 0.5, random),
    },
    { learningRate: 0.3, momentum: 0 },
  )
  const predict = async (past: Tensor, { input, recurrent, prediction }: Parameters) => {
    const sequence = { x: past, weightInput: input, weightHidden: recurrent }
    const hidden = await forward(operators, 'rnn', 'hidden', sequence)
    const context = reshape(hidden.pick(pastSteps - 1, null, null), [examples, outputs])
    const last = { x: context, weight: prediction }
    return { sequence, hidden, last, y: await forward(operators, 'linear', 'y', last) }
  }
  const attributes = { temperature: 1, normalize: false }
  return {
    async step() {
      const { past, next } = turning(random)
      const { sequence, hidden, last, y } = await predict(past, descent.parameters)
      const call = { query: y, key: next }
      const loss = await forward(operators, 'infoNce', 'loss', call, attributes)
      const ofPrediction = await backward(operators, 'infoNce', 'query', call, one, attributes)
      const prediction = await backward(operators, 'linear', 'weight', last, { y: ofPrediction })
      const ofContext = await backward(operators, 'linear', 'x', last, { y: ofPrediction })
      const ofHidden = joined([zeros([(pastSteps - 1) * examples * outputs]), ofContext], hidden.shape)
      const input = await backward(operators, 'rnn', 'weightInput', sequence, { hidden: ofHidden })
      const recurrent = await backward(operators, 'rnn', 'weightHidden', sequence, { hidden: ofHidden })
      await descent.step({ input, recurrent, prediction }, operators)
      return loss
    },
    async similarities() {
      const { y } = await predict(test.past, descent.parameters)
      return cosines(operators, y, test.next)
    },
  }
}

/** How far a tensor has moved: its change. */
export function change(after: Tensor, before: Tensor): Tensor {
  return plus(after, negated(before))
}
