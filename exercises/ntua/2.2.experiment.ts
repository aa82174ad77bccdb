import { item, reshape, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { Descent, normalTensor, type Parameters, plus, randomNumbers } from '../training.js'

/** Photographs are single numbers around 1; the generator adds a number of its own to noise of the same spread. */
const [photographs, spread, batch] = [1, 0.4, 64] as const

/** How images are augmented before the discriminator sees them. */
interface Augmentation {
  readonly name: string
  /** The share of images that are mirrored, x to −x, and what is added to all: a change of colour. */
  readonly mirrored: number
  readonly shift: number
  /** Whether generated images are augmented like photographs, or photographs only. */
  readonly both: boolean
  /** What the generator starts with and what it should end near. */
  readonly start: number
  readonly end: number
}

const augmentations: readonly Augmentation[] = [
  { name: 'no augmentation', mirrored: 0, shift: 0, both: true, start: -0.1, end: 1 },
  { name: 'photographs shifted by 2', mirrored: 0, shift: 2, both: false, start: -0.1, end: 3 },
  { name: 'all images shifted by 2', mirrored: 0, shift: 2, both: true, start: -0.1, end: 1 },
  { name: 'a quarter of all images mirrored', mirrored: 0.25, shift: 0, both: true, start: -0.1, end: 1 },
  { name: 'half of all images mirrored', mirrored: 0.5, shift: 0, both: true, start: -0.1, end: -1 },
]

/** One-dimensional images with the logits of a discriminator that weighs x and x²: [batch, 1] each. */
interface Judged {
  readonly images: Tensor
  readonly squares: Tensor
  readonly features: {
    readonly linear: { x: Tensor; weight: Tensor; bias: Tensor }
    readonly square: { x: Tensor; weight: Tensor }
  }
  readonly logits: Tensor
}

/** A generator of one number and a discriminator that weighs x and x², trained against each other. */
class Game {
  readonly generator: Descent
  readonly discriminator: Descent
  private readonly random: () => number
  private readonly augmentation: Augmentation
  private readonly operators: Operators

  constructor(augmentation: Augmentation, operators: Operators) {
    this.augmentation = augmentation
    this.operators = operators
    this.random = randomNumbers(22)
    this.generator = new Descent({ place: tensor([1, 1], [augmentation.start]) }, { learningRate: 0.05, momentum: 0 })
    this.discriminator = new Descent(
      { linear: zeros([1, 1]), square: zeros([1, 1]), bias: zeros([1]) },
      { learningRate: 0.3, momentum: 0 },
    )
  }

  /** The generator's number: [1, 1]. */
  get place(): Tensor {
    return this.generator.parameters.place
  }

  /** One step of the discriminator, one of the generator (photographs and noise from one seed, the same for every augmentation); answers with the discriminator's loss before them. */
  async step(): Promise<Tensor> {
    const noise = normalTensor([batch, 1], spread, this.random)
    const real = normalTensor([batch, 1], spread, this.random)
    for (let n = 0; n < batch; n++) real.data[n] += photographs
    const photographsSeen = await this.augmented(real, true)
    const generated = await this.augmented(await this.draw(noise), this.augmentation.both)

    const [realJudged, fakeJudged] = [await this.judge(photographsSeen.y), await this.judge(generated.y)]
    const logits = { real: reshape(realJudged.logits, [batch]), fake: reshape(fakeJudged.logits, [batch]) }
    const loss = await forward(this.operators, 'discriminatorLoss', 'loss', logits)
    const ofReal = await backward(this.operators, 'discriminatorLoss', 'real', logits, { loss: scalar(1) })
    const ofFake = await backward(this.operators, 'discriminatorLoss', 'fake', logits, { loss: scalar(1) })
    const [first, second] = [await this.weightsOf(realJudged, ofReal), await this.weightsOf(fakeJudged, ofFake)]
    await this.discriminator.step(
      Object.fromEntries(Object.entries(first).map(([name, gradient]) => [name, plus(gradient, second[name])])),
      this.operators,
    )

    const judged = await this.judge(generated.y)
    const fake = { fake: reshape(judged.logits, [batch]) }
    const slopes = await backward(this.operators, 'generatorLoss', 'fake', fake, { loss: scalar(1) })
    const ofSeen = await this.imagesOf(judged, slopes)
    const ofDrawn = generated.inputs === undefined ? ofSeen : await this.unaugmented(generated.inputs, ofSeen)
    const place = await backward(
      this.operators,
      'linear',
      'weight',
      { x: onesColumn, weight: this.place },
      { y: ofDrawn },
    )
    await this.generator.step({ place }, this.operators)
    return loss
  }

  /** The generator's number plus noise: [batch, 1]. */
  private async draw(noise: Tensor): Promise<Tensor> {
    return plus(await forward(this.operators, 'linear', 'y', { x: onesColumn, weight: this.place }), noise)
  }

  /** Images after the augmentation, by `adjustColor` with a scale of 1 or −1 for each. */
  private async augmented(
    images: Tensor,
    augment: boolean,
  ): Promise<{ readonly y: Tensor; readonly inputs?: ColourInputs }> {
    const { mirrored, shift } = this.augmentation
    const signs = Float64Array.from({ length: batch }, () => (this.random() < mirrored ? -1 : 1))
    if (!augment) return { y: images }
    const inputs = {
      image: reshape(images, [1, batch, 1, 1]),
      scale: tensor([batch], signs),
      shift: tensor([batch], new Float64Array(batch).fill(shift)),
    }
    const y = await forward(this.operators, 'adjustColor', 'y', inputs)
    return { y: reshape(y, [batch, 1]), inputs }
  }

  private async unaugmented(inputs: ColourInputs, gradient: Tensor): Promise<Tensor> {
    const y = reshape(gradient, [1, batch, 1, 1])
    return reshape(await backward(this.operators, 'adjustColor', 'image', inputs, { y }), [batch, 1])
  }

  private async judge(images: Tensor): Promise<Judged> {
    const { linear, square, bias } = this.discriminator.parameters
    const squares = await forward(this.operators, 'squaredError', 'loss', squareCall(images), { reduction: 'none' })
    const features = { linear: { x: images, weight: linear, bias }, square: { x: squares, weight: square } }
    const logits = plus(
      await forward(this.operators, 'linear', 'y', features.linear),
      await forward(this.operators, 'linear', 'y', features.square),
    )
    return { images, squares, features, logits }
  }

  /** The gradients of the discriminator's weights, and a little decay, which keeps the game from circling. */
  private async weightsOf({ features }: Judged, slopes: Tensor): Promise<Parameters> {
    const y = reshape(slopes, [batch, 1])
    const { weight: linear } = features.linear
    const { weight: square } = features.square
    return {
      linear: plus(
        await backward(this.operators, 'linear', 'weight', features.linear, { y }),
        await this.decay(linear),
      ),
      square: plus(
        await backward(this.operators, 'linear', 'weight', features.square, { y }),
        await this.decay(square),
      ),
      bias: await backward(this.operators, 'linear', 'bias', features.linear, { y }),
    }
  }

  private decay(weight: Tensor): Promise<Tensor> {
    return backward(
      this.operators,
      'weightPenalty',
      'weight',
      { weight },
      { loss: scalar(1) },
      { norm: 2, lambda: 0.03 },
    )
  }

  /** The gradient of the images that were judged. */
  private async imagesOf({ images, features }: Judged, slopes: Tensor): Promise<Tensor> {
    const y = reshape(slopes, [batch, 1])
    const ofSquares = await backward(this.operators, 'linear', 'x', features.square, { y })
    return plus(
      await backward(this.operators, 'linear', 'x', features.linear, { y }),
      await backward(
        this.operators,
        'squaredError',
        'prediction',
        squareCall(images),
        { loss: ofSquares },
        { reduction: 'none' },
      ),
    )
  }
}

type ColourInputs = Readonly<Record<'image' | 'scale' | 'shift', Tensor>>

const onesColumn = tensor([batch, 1], new Float64Array(batch).fill(1))

function squareCall(images: Tensor) {
  return { prediction: images, target: zeros(images.shape) }
}

/** Whether augmentations leak: a generator of one-dimensional images, trained against a discriminator that sees augmented ones. */
export const leakExperiment: Experiment = {
  question: 'Which augmentations does the generator learn to draw itself?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 600 : 8
    const every = extent === 'full' ? 20 : 8
    const tried = extent === 'full' ? augmentations : [augmentations[0]]
    const places: Tensor[][] = tried.map(() => [])
    for (const [i, augmentation] of tried.entries()) {
      const game = new Game(augmentation, operators)
      for (let step = 0; step < steps; step++) {
        if (step % every === 0) places[i].push(game.place)
        await game.step()
        progress?.(i * steps + step + 1, tried.length * steps)
      }
      places[i].push(game.place)
    }
    await read(places.flat())
    const numbers = places.map((series) => series.map(item))
    const ends = numbers.map((series) => series[series.length - 1])
    return {
      columns: ['augmentation', 'start', 'end'],
      rows: numbers.map((series, i) => [i + 1, series[0], ends[i]]),
      findings:
        extent === 'full'
          ? fullFindings(ends)
          : [
              {
                statement: 'Without augmentation the generator moves towards the photographs.',
                holds: Math.abs(ends[0] - photographs) < Math.abs(augmentations[0].start - photographs),
              },
            ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Where the generator draws, step by step',
          x: { title: 'step' },
          y: { title: 'mean of the generated images' },
          lines: tried.map(({ name }, i) => ({
            name,
            points: numbers[i].map((place, k) => [k * every, place] as const),
          })),
        },
      ],
    }
  },
}

function fullFindings(ends: readonly number[]) {
  const near = (i: number) => Math.abs(ends[i] - augmentations[i].end) < 0.25
  return [
    {
      statement: 'Without augmentation the generator learns to draw around 1, as the photographs are.',
      holds: near(0),
    },
    {
      statement:
        'Where only photographs are shifted (a change of colour) it learns to draw shifted images: the augmentation leaks.',
      holds: near(1),
    },
    { statement: 'Where generated images are shifted as well it learns the photographs themselves.', holds: near(2) },
    {
      statement:
        'Where a quarter of all images is mirrored it still learns the photographs: which side is more frequent can be told.',
      holds: near(3),
    },
    {
      statement:
        'Where half of all images is mirrored both sides look alike to the discriminator, and it draws around −1, mirrored: the augmentation leaks.',
      holds: near(4),
    },
  ]
}

/** The game that leaks: losses of the discriminator, half of all images mirrored. */
export const leakTraining: Training = {
  name: 'a generator against a discriminator that sees half of all images mirrored',
  async losses(operators, steps) {
    const game = new Game(augmentations[4], operators)
    const losses: Tensor[] = []
    for (let step = 0; step < steps; step++) losses.push(await game.step())
    return losses
  },
}
