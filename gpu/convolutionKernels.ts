import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'

declare function quotient(i: number, n: number): number

/** y[n,o,i,j] = b[o] + Σ x[n, c, i·stride + p·dilation − padding, j·stride + q·dilation − padding]·w[o,c,p,q] */
export const correlation = kernel(
  'conv2d',
  function (
    this: Thread,
    size: number,
    x: Values,
    weight: Values,
    bias: Values,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, outWidth)
    const j = at - line * outWidth
    const plane = quotient(line, outHeight)
    const i = line - plane * outHeight
    const n = quotient(plane, outputs)
    const o = plane - n * outputs
    const firstChannel = quotient(o * groups, outputs) * depth
    let sum = bias[o]
    for (let start = 0; start < depth; start += 64) {
      const end = Math.min(start + 64, depth)
      let ofPart = 0
      for (let d = start; d < end; d += 1) {
        const image = (n * depth * groups + firstChannel + d) * height
        const filter = (o * depth + d) * kernelHeight
        let ofChannel = 0
        for (let p = 0; p < kernelHeight; p += 1) {
          const row = i * strideHeight + p * dilationHeight - paddingHeight
          if (row >= 0 && row < height) {
            for (let left = 0; left < kernelWidth; left += 64) {
              const right = Math.min(left + 64, kernelWidth)
              let ofRow = 0
              for (let q = left; q < right; q += 1) {
                const column = j * strideWidth + q * dilationWidth - paddingWidth
                if (column >= 0 && column < width) {
                  ofRow += x[(image + row) * width + column] * weight[(filter + p) * kernelWidth + q]
                }
              }
              ofChannel += ofRow
            }
          }
        }
        ofPart += ofChannel
      }
      sum += ofPart
    }
    return sum
  },
  (...[, , , depth, , , , , kernelHeight, kernelWidth]) =>
    roundsOfSum(depth) + depth * kernelHeight * (1 + roundsOfSum(kernelWidth)),
)

/** ∂L/∂x[n,c,h,w] = Σ g[n,o,i,j]·w[o,c,p,q] over all (o, p, q, i, j) with i·stride + p·dilation − padding = h, and so for w. */
export const inputGradient = kernel(
  'gradient of conv2d with respect to x',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    weight: Values,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, width)
    const column = at - line * width
    const plane = quotient(line, height)
    const row = line - plane * height
    const n = quotient(plane, depth * groups)
    const channel = plane - n * depth * groups
    const owner = quotient(channel, depth)
    const d = channel - owner * depth
    const perGroup = quotient(outputs, groups)
    let sum = 0
    for (let start = 0; start < perGroup; start += 64) {
      const end = Math.min(start + 64, perGroup)
      let ofPart = 0
      for (let k = start; k < end; k += 1) {
        const o = owner * perGroup + k
        let ofChannel = 0
        for (let p = 0; p < kernelHeight; p += 1) {
          const down = row + paddingHeight - p * dilationHeight
          const i = quotient(Math.max(down, 0), strideHeight)
          if (i * strideHeight === down && i < outHeight) {
            for (let left = 0; left < kernelWidth; left += 64) {
              const right = Math.min(left + 64, kernelWidth)
              let ofRow = 0
              for (let q = left; q < right; q += 1) {
                const across = column + paddingWidth - q * dilationWidth
                const j = quotient(Math.max(across, 0), strideWidth)
                if (j * strideWidth === across && j < outWidth) {
                  ofRow +=
                    gradient[((n * outputs + o) * outHeight + i) * outWidth + j] *
                    weight[((o * depth + d) * kernelHeight + p) * kernelWidth + q]
                }
              }
              ofChannel += ofRow
            }
          }
        }
        ofPart += ofChannel
      }
      sum += ofPart
    }
    return sum
  },
  (...[, , , groups, , , outputs, kernelHeight, kernelWidth]) =>
    roundsOfSum(outputs / groups) + (outputs / groups) * kernelHeight * (1 + roundsOfSum(kernelWidth)),
)

/** ∂L/∂w[o,c,p,q] = Σ g[n,o,i,j]·x[n, c, i·stride + p·dilation − padding, j·stride + q·dilation − padding] over all (n, i, j) */
export const weightGradient = kernel(
  'gradient of conv2d with respect to weight',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    x: Values,
    images: number,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, kernelWidth)
    const q = at - line * kernelWidth
    const plane = quotient(line, kernelHeight)
    const p = line - plane * kernelHeight
    const o = quotient(plane, depth)
    const channel = quotient(o * groups, outputs) * depth + (plane - o * depth)
    let sum = 0
    for (let n = 0; n < images; n += 1) {
      let ofImage = 0
      for (let i = 0; i < outHeight; i += 1) {
        const row = i * strideHeight + p * dilationHeight - paddingHeight
        if (row >= 0 && row < height) {
          for (let start = 0; start < outWidth; start += 64) {
            const end = Math.min(start + 64, outWidth)
            let part = 0
            for (let j = start; j < end; j += 1) {
              const column = j * strideWidth + q * dilationWidth - paddingWidth
              if (column >= 0 && column < width) {
                part +=
                  gradient[((n * outputs + o) * outHeight + i) * outWidth + j] *
                  x[((n * depth * groups + channel) * height + row) * width + column]
              }
            }
            ofImage += part
          }
        }
      }
      sum += ofImage
    }
    return sum
  },
  (...[, , images, , , , , , , , outHeight, outWidth]) => images * (1 + outHeight * (1 + roundsOfSum(outWidth))),
)
