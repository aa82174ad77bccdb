/** Usual spellings of the gradient of a loss with respect to the symbol of this key: `dW`, `∇W`, `∇_W`, `grad_W`. */
export function gradientSymbols(key: string): readonly string[] {
  const spellings = [`d${key}`, `nabla ${key}`]
  return key.includes('_') ? spellings : [...spellings, `nabla_${key}`, `grad_${key}`]
}
