import type { Operator } from '../../oracle/contract.js'
import { rowMajor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build } from './layout.js'

export function oneHot(): Operator {
  return {
    forward({ ids }, attributes) {
      const classes = Number(attributes.classes)
      const data = rowMajor(ids)
      return {
        y: build([...ids.shape, classes], (place) => (data[Math.floor(place / classes)] === place % classes ? 1 : 0)),
      }
    },
  }
}

export function embedding(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ ids, table }) {
      const D = table.shape[1]
      const [data, rows] = [rowMajor(ids), rowMajor(table)]
      return { y: build([...ids.shape, D], (place) => rows[data[Math.floor(place / D)] * D + (place % D)]) }
    },
    backward({ ids, table }, _, { y }) {
      const D = table.shape[1]
      const data = [...rowMajor(ids)]
      const g = rowMajor(y)
      return {
        table: build(table.shape, (place) =>
          arithmetic.sum(data.flatMap((id, i) => (id === Math.floor(place / D) ? [g[i * D + (place % D)]] : []))),
        ),
      }
    },
  }
}
