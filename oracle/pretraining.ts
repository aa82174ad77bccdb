import { float, int } from './contract.js'
import { defineOperator } from './operator.js'
import { rowMajor, tensor } from './tensor.js'

export const maskTokens = defineOperator({
  name: 'maskTokens',
  family: 'pretraining',
  summary:
    'chosen where draw < rate; a chosen id becomes maskId where action < 0.8, the replacement where action < 0.9, and stays else',
  source: 'BERT: Pre-training of Deep Bidirectional Transformers (2019), section 3.1, task 1',
  inputs: {
    ids: int(['N', 'T'], { least: 0 }),
    draws: float('N', 'T'),
    actions: float('N', 'T'),
    replacements: int(['N', 'T'], { least: 0 }),
  },
  attributes: {
    maskId: { type: 'number', integer: true, least: 0 },
    rate: { type: 'number', least: 0, most: 1, default: 0.15 },
  },
  outputs: {
    ids: { dimensions: ['N', 'T'], kind: 'int' },
    chosen: { dimensions: ['N', 'T'], kind: 'int' },
  },
  dimensionNames: { N: 'sequences', T: 'tokens' },
  forward: ({ ids, draws, actions, replacements }, { maskId, rate }) => {
    const [action, replacement] = [rowMajor(actions), rowMajor(replacements)]
    const chosen = rowMajor(draws).map((draw) => (draw < rate ? 1 : 0))
    const masked = rowMajor(ids).map((id, i) => {
      if (chosen[i] === 0) return id
      if (action[i] < 0.8) return maskId
      return action[i] < 0.9 ? replacement[i] : id
    })
    return { ids: tensor(ids.shape, masked), chosen: tensor(ids.shape, chosen) }
  },
})
