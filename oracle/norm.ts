import { scaleByPowerOfTwo } from './elementary.js'

/** ‖x[from], …, x[from + length − 1]‖ as mantissa·2^exponent: finite and full of digits for vectors of any size. */
export function norm(x: Float64Array, from: number, length: number): { mantissa: number; exponent: number } {
  let largest = 0
  for (let i = from; i < from + length; i++) largest = Math.max(largest, Math.abs(x[i]))
  if (largest === 0) return { mantissa: 0, exponent: 0 }
  const exponent = largest > 2 ** 400 || largest < 2 ** -400 ? Math.floor(Math.log2(largest)) : 0
  let squares = 0
  for (let i = from; i < from + length; i++) squares += scaleByPowerOfTwo(x[i], -exponent) ** 2
  return { mantissa: Math.sqrt(squares), exponent }
}

/**
 * Writes g − x̂·⟨g, x̂⟩, the part of g across the unit vector x̂, both at [from, from + length). At the largest entry m of x̂
 * it is g_m·Σ_{j≠m} x̂ⱼ² − x̂_m·Σ_{j≠m} gⱼx̂ⱼ, which does not cancel where x̂ lies along an axis.
 */
export function across(g: Float64Array, unit: Float64Array, result: Float64Array, from: number, length: number): void {
  let m = from
  for (let i = from; i < from + length; i++) if (Math.abs(unit[i]) > Math.abs(unit[m])) m = i
  let [dot, squares] = [0, 0]
  for (let i = from; i < from + length; i++) {
    if (i === m) continue
    dot += g[i] * unit[i]
    squares += unit[i] * unit[i]
  }
  const whole = dot + g[m] * unit[m]
  for (let i = from; i < from + length; i++) result[i] = g[i] - unit[i] * whole
  result[m] = g[m] * squares - unit[m] * dot
}
