import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../marking/expression/evaluate.js'
import { readFragment } from '../marking/expression/reader.js'
import { symbolTable } from '../marking/symbols.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { type Convention, type Exercise, type Quantity, quantitiesUnder, solve, type Values } from './exercise.js'
import { exercises } from './index.js'

/** Formulas that speak of indices or sums over layers, which the reader of expressions does not evaluate. */
const inWords: ReadonlySet<string> = new Set([
  ...['paddedMask', 'causalMask', 'combinedMask', 'paddedWeights', 'causalWeights', 'combinedWeights'].map(
    (name) => `lecture/masks: ${name}`,
  ),
  ...['x1', 'x2', 'x3', 'class', 'meanClass', 'trainingLosses', 'squaredWeights', 'outputShape'],
  ...['latentSize', 'autoencoderParameters', 'encoderParameters'],
  ...['affineOutput', 'outputByBias', 'weightGradient', 'biasGradient', 'inputGradient', 'positions'],
  ...['firstEmbedding', 'secondEmbedding', 'negativeEmbedding', 'firstKernelGradient', 'secondKernelGradient'],
  ...['firstBiasGradient', 'secondBiasGradient', 'anchorKernelGradient', 'negativeBranchKernelGradient'],
  ...['oddMembers', 'evenMembers', 'rightClass', 'sequenceClass'],
  ...['lasso2', 'lasso3', 'ridge2', 'ridge3', 'lassoPenalty2', 'lassoPenalty3', 'lassoAxis', 'ridgeAxis'],
  // Products by entries.
  ...of('lecture/layer-norm', 'normalized1', 'normalized2'),
  // lecture/seq2seq, lecture/positional-encoding
  ...['alignedVectors', 'contextVector', 'frequencies', 'encodings', 'encodingAtPosition', 'encodingOfShift'],
  ...['encodingAfterShift', 'rotation', 'wavelengths', 'shortestWavelength', 'longestWavelength'],
  // ntua/2.3
  ...[
    'projectionUnits',
    'viewLogits',
    'keySimilarities',
    'queryGradient',
    'newQueue',
    'droppedUnits1',
    'droppedUnits2',
  ],
  'futureLogits',
  ...of('sharif/1', 'examples', 'eigenvalues', 'eigenvalue1', 'eigenvalue2', 'directions', 'minimalLoss'),
  ...of('sharif/2', 'x', 'preActivationGradient', 'weight1Gradient', 'weight2Gradient', 'weight3Gradient'),
  ...of('sharif/2', 'phrase', 'sentenceVector', 'shapeWeight1', 'shapeBias1', 'shapeWeight2', 'shapeBias2'),
  ...of('sharif/2', 'shapeWeight3', 'shapeBias3'),
  ...of('sharif/3', 'dotJoined', 'generalJoined', 'tanhJoined', 'tanhPreActivations', 'coverageLoss'),
  ...of('sharif/4', 'quadraticWeights', 'queryFeatures', 'keyFeatures', 'quadraticOutput', 'causalOutput'),
  ...of('sharif/p1', 'similarities', 'analogy', 'analogySimilarities', 'answer', 'mean', 'loss'),
  ...of('sharif/p1', 'logitsGradient', 'meanGradient', 'vectorsGradient'),
  ...of('sharif/p2', 'attentionMask', 'chosen', 'masked', 'tokenLosses', 'maskedLoss', 'classLoss', 'classGradient'),
  ...of('lecture/multi-head', 'queries1', 'keys1', 'values1', 'queries2', 'keys2', 'values2', 'concatenation'),
  ...of('lecture/transformer', 'decoderInput', 'paddingMask', 'lookAheadMask', 'decoderRuns', 'countedPositions'),
  ...of('lecture/transformer', 'embeddedShape', 'queryShape', 'memoryShape', 'decoderAttentionShape'),
  ...of('lecture/transformer', 'crossAttentionShape', 'logitsShape'),
  ...of('lecture/loss', 'untrainedOneHot', 'untrainedLoss', 'oneHots', 'tokenLosses', 'sentenceLoss'),
  ...of('lecture/loss', 'sentenceProbability', 'perplexity', 'decoded'),
  ...of('lecture/transfer', 'oneHot', 'loss', 'delta2', 'delta1', 'gradient3', 'gradient2', 'gradient1'),
  ...of('lecture/transfer', 'frozenLoss', 'lastLoss', 'allLoss'),
  ...of('lecture/transfer', 'frozenParameters', 'lastParameters', 'allParameters'),
  ...[1, 2, 3, 4].flatMap((i) =>
    of('lecture/alexnet', `squares${i}`, `normalized${i}`, `pooled${i}`, `normalizedGradient${i}`, `inputGradient${i}`),
  ),
  ...of('lecture/vgg', 'stackPreActivation', 'stackOutput', 'stackGradientPreActivation', 'stackGradientKernel1'),
  ...of('lecture/vgg', 'stackGradientPatch', 'equivalentKernel', 'largeOutput'),
  ...of('lecture/googlenet', 'oneSum', 'threeSum', 'threeFiltered', 'fiveSum', 'fiveFiltered', 'pooled1', 'pooled2'),
  ...of('lecture/googlenet', 'poolSum', 'moduleShape', 'threeSumGradient', 'threeGradient', 'fiveSumGradient'),
  ...of('lecture/googlenet', 'fiveGradient', 'inputGradient1', 'inputGradient2', 'depthwiseMap1', 'depthwiseMap2'),
  ...of('lecture/googlenet', 'separableOutput', 'directMultiplyAdds', 'reducedMultiplyAdds'),
  ...['3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b'].flatMap((module) =>
    of('lecture/googlenet', `channels${module}`, `parameters${module}`, `multiplyAdds${module}`),
  ),
  ...of('lecture/resnet', 'preActivation', 'branch', 'sumGradient', 'kernel2Gradient', 'preActivationGradient'),
  ...of('lecture/resnet', 'kernel1Gradient', 'branchGradient', 'stridedActivation', 'residual1', 'residual2'),
  ...of('lecture/resnet', 'subsampled', 'projected1', 'projected2'),
  ...[1, 2, 3, 4, 5].flatMap((network) =>
    of('lecture/resnet', `layers${network}`, `parameters${network}`, `multiplyAdds${network}`),
  ),
  ...of('lecture/vit', 'patches', 'embedded', 'tokens', 'classGradient', 'patchGradient', 'biasGradient'),
  ...of('lecture/vit', 'imageGradient', 'normed1', 'attention1', 'attention2', 'attention', 'normed2'),
  ...of('lecture/vit', 'preActivation', 'hiddenUnits', 'feedForward', 'answer'),
  ...of('lecture/bert', 'chosen', 'masked', 'segments', 'tokenEmbeddings', 'segmentEmbeddings', 'input'),
  ...of('lecture/bert', 'chosenCount', 'wordLosses', 'wordLoss', 'wordGradient', 'pairLoss'),
])

/** These quantities of one exercise only. */
function of(id: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `${id}: ${name}`)
}

/** The value of a quantity's formula, its symbols standing for what the quantity is computed from. */
function formulaValue(exercise: Exercise, quantity: Quantity, solved: Values): Tensor {
  const reading = readFragment(quantity.formula, { offset: 0, symbols: symbolTable(exercise) })
  expect(reading.notUnderstood).toEqual([])
  const data = [...exercise.given, ...exercise.quantities]
  // A formula may write out what an input stands for: t − y₅ for the error.
  const ranked = [...data.filter(({ name }) => quantity.from.includes(name)), ...data]
  const valueByKey = (key: string) => {
    const named = ranked.find(({ symbols }) => symbols.includes(key))
    return named === undefined ? undefined : solved[named.name]
  }
  return evaluate(reading.chains[0].sides[0], valueByKey)
}

const cases = exercises.flatMap((exercise) => {
  const axes = exercise.conventions.flatMap(({ conventions }) => conventions.map((one) => [one]))
  return [[], ...axes].map((conventions: readonly Convention[]) => ({
    exercise,
    conventions,
    title: `${exercise.id} ${conventions.map(({ name }) => name).join(', ')}`,
  }))
})

describe('the formula that is shown is what is computed', () => {
  it.each(cases)('$title', async ({ exercise, conventions }) => {
    for (const given of fc.sample(exercise.arbitrary(), { numRuns: 10, seed: 5 })) {
      const solved = await solve(exercise, given, oracle, { conventions })
      for (const quantity of quantitiesUnder(exercise, conventions)) {
        if (inWords.has(quantity.name) || inWords.has(`${exercise.id}: ${quantity.name}`)) continue
        const [shown, answer] = [formulaValue(exercise, quantity, solved), solved[quantity.name]].map(rowMajor)
        // A shape that is written out, 55 × 55 × 96, reads as a product.
        const isWrittenOut = quantity.kind === 'shape' && shown.length === 1
        const computed = isWrittenOut ? [answer.reduce((product, length) => product * length, 1)] : answer
        expect([quantity.name, shown.length]).toEqual([quantity.name, computed.length])
        // 1.2 shows the quotient, which is rounded down where it is not whole.
        const right = quantity.name.startsWith('output') && exercise.id === 'ntua/1.2' ? shown.map(Math.floor) : shown
        for (const [i, value] of right.entries())
          expect(Math.abs(value - computed[i]), quantity.name).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(value)))
      }
    }
  })
})
