import { float, int, output } from './contract.js'
import { defineOperator } from './operator.js'
import { rowMajor, tensor, zeros } from './tensor.js'

export const oneHot = defineOperator({
  name: 'oneHot',
  family: 'embeddings',
  summary: '1 in the column of the id, 0 elsewhere',
  source: 'Deep Learning (MIT Press 2016), section 5.7.2; ntua/1.3',
  inputs: { ids: int(['…'], { least: 0, below: 'classes' }) },
  attributes: { classes: { type: 'number', integer: true, least: 1 } },
  outputs: { y: output('…', 'classes') },
  forward: ({ ids }, { classes }) => {
    const y = zeros([...ids.shape, classes])
    for (const [i, id] of rowMajor(ids).entries()) y.data[i * classes + id] = 1
    return { y }
  },
})

export const embedding = defineOperator({
  name: 'embedding',
  family: 'embeddings',
  summary: 'the table row of each id; a repeated id adds up its gradients',
  source: 'Deep Learning (MIT Press 2016), section 12.4.2; ntua/1.3',
  inputs: { ids: int(['…'], { least: 0, below: 'V' }), table: float('V', 'D') },
  attributes: {},
  outputs: { y: output('…', 'D') },
  dimensionNames: { V: 'rows', D: 'columns' },
  forward: ({ ids, table }) => {
    const D = table.shape[1]
    const rows = rowMajor(table)
    const y = new Float64Array(ids.size * D)
    for (const [i, id] of rowMajor(ids).entries()) y.set(rows.subarray(id * D, (id + 1) * D), i * D)
    return { y: tensor([...ids.shape, D], y) }
  },
  backward: ({ ids, table }, _, { y }) => {
    const D = table.shape[1]
    const g = rowMajor(y)
    const result = zeros(table.shape)
    for (const [i, id] of rowMajor(ids).entries()) for (let d = 0; d < D; d++) result.data[id * D + d] += g[i * D + d]
    return { table: result }
  },
})
