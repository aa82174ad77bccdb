import type { Text } from './spamTexts.js'

/** The share of the texts whose class is the one that is most frequent in training. */
export function majorityAccuracy(training: readonly Text[], test: readonly Text[]): number {
  const spam = training.filter(({ label }) => label === 1).length
  const majority = 2 * spam > training.length ? 1 : 0
  return share(test, () => majority)
}

/**
 * Multinomial naive Bayes: a class scores the logarithm of its share of the training texts plus, for every word of the text,
 * that of the word's share of the class's words, every count one more than it is (Laplace). The share of texts classified rightly.
 */
export function naiveBayesAccuracy(training: readonly Text[], test: readonly Text[], vocabulary: number): number {
  const [ham, spam] = [0, 1].map((label) => {
    const texts = training.filter((text) => text.label === label)
    const counts = new Float64Array(vocabulary + 1).fill(1)
    for (const { words } of texts) for (const word of words) counts[word]++
    const total = counts.reduce((sum, count) => sum + count, 0)
    const prior = Math.log((texts.length + 1) / (training.length + 2))
    return ({ words }: Text) => words.reduce((sum, word) => sum + Math.log(counts[word] / total), prior)
  })
  return share(test, (text) => (spam(text) > ham(text) ? 1 : 0))
}

/**
 * Logistic regression on the counts of the words, by gradient descent with a small penalty of the weights. The share of texts
 * classified rightly.
 */
export function logisticRegressionAccuracy(
  training: readonly Text[],
  test: readonly Text[],
  vocabulary: number,
): number {
  const [steps, learningRate, penalty] = [300, 0.5, 0.001]
  const weights = new Float64Array(vocabulary + 1)
  let bias = 0
  const logit = ({ words }: Text) => words.reduce((sum, word) => sum + weights[word], bias)
  for (let step = 0; step < steps; step++) {
    const gradient = weights.map((weight) => penalty * weight)
    let ofBias = 0
    for (const text of training) {
      const error = (1 / (1 + Math.exp(-logit(text))) - text.label) / training.length
      for (const word of text.words) gradient[word] += error
      ofBias += error
    }
    for (const [word, slope] of gradient.entries()) weights[word] -= learningRate * slope
    bias -= learningRate * ofBias
  }
  return share(test, (text) => (logit(text) > 0 ? 1 : 0))
}

function share(texts: readonly Text[], predict: (text: Text) => number): number {
  return texts.filter((text) => predict(text) === text.label).length / texts.length
}
