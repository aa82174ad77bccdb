/**
 * Usual spellings of the gradient of a loss with respect to the symbol of this key: `dW`, `∇W`, `∇_W`, `grad_W`, and the derivatives of
 * the loss under each of its symbols, `∂L/∂W`.
 */
export function gradientSymbols(key: string, losses: readonly string[] = ['L']): readonly string[] {
  const spellings = [`d${key}`, `nabla ${key}`, ...losses.map((loss) => `∂${loss}/∂${key}`)]
  return key.includes('_') ? spellings : [...spellings, `nabla_${key}`, `grad_${key}`]
}
