import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { mapPlaces, sum } from './rearrange.js'

/** Normalizes one row: entries, the row's mean and biased variance, and ε. */
export type Normalize = (
  entries: readonly number[],
  mean: number,
  variance: number,
  epsilon: number,
) => readonly number[]

export const standard: Normalize = (entries, mean, variance, epsilon) =>
  entries.map((entry) => (entry - mean) / Math.sqrt(variance + epsilon))

export function normalizedBy(f: Normalize, epsilon: number): (entries: readonly number[]) => readonly number[] {
  return (entries) => {
    const mean = sum(entries) / entries.length
    const variance = sum(entries.map((entry) => (entry - mean) ** 2)) / entries.length
    return f(entries, mean, variance, epsilon)
  }
}

/** gain⊙x̂ + bias, gain and bias by the feature of each place. */
export function affine(normalized: Tensor, { gain, bias }: Tensors, featureOf: (place: number) => number): Tensor {
  const [scales, shifts] = [gain && rowMajor(gain), bias && rowMajor(bias)]
  return mapPlaces(
    normalized,
    (value, place) => value * (scales?.[featureOf(place)] ?? 1) + (shifts?.[featureOf(place)] ?? 0),
  )
}

export function featuresOf(x: Tensor): number {
  return x.shape[x.shape.length - 1]
}

export const mean = (values: readonly number[]) => sum(values) / values.length

/** By the variance of a sample, its squares divided by one less than their number. */
export const unbiased: Normalize = (entries, mu, variance, epsilon) => {
  const count = entries.length
  return standard(entries, mu, (variance * count) / Math.max(count - 1, 1), epsilon)
}

/** By σ + ε instead of √(σ² + ε). */
export const epsilonOutside: Normalize = (entries, mu, variance, epsilon) =>
  entries.map((entry) => (entry - mu) / (Math.sqrt(variance) + epsilon))
