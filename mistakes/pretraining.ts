import { maskTokens } from '../oracle/pretraining.js'
import { map, rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf } from './mistake.js'

interface Token {
  readonly id: number
  readonly draw: number
  readonly action: number
  readonly replacement: number
}

/** Every token answered by what it becomes and whether it counts as chosen. */
function tokens(
  f: (token: Token, rate: number, maskId: number) => { id: number; chosen: boolean },
): Required<Mistake>['forward'] {
  return (inputs, attributes): Tensors => {
    const [ids, draws, actions, replacements] = [inputs.ids, inputs.draws, inputs.actions, inputs.replacements].map(
      rowMajor,
    )
    const answers = Array.from(ids, (id, i) =>
      f(
        { id, draw: draws[i], action: actions[i], replacement: replacements[i] },
        numberOf(attributes, 'rate'),
        numberOf(attributes, 'maskId'),
      ),
    )
    return {
      ids: tensor(
        inputs.ids.shape,
        answers.map(({ id }) => id),
      ),
      chosen: tensor(
        inputs.ids.shape,
        answers.map(({ chosen }) => (chosen ? 1 : 0)),
      ),
    }
  }
}

/** What becomes of a chosen token. */
const changed = ({ id, action, replacement }: Token, maskId: number) =>
  action < 0.8 ? maskId : action < 0.9 ? replacement : id

export const mistakes: readonly Mistake[] = [
  {
    name: 'maskTokens that masks every chosen token',
    operator: 'maskTokens',
    explanation: 'Every chosen token became [MASK]; one of ten is replaced and one of ten kept.',
    forward: tokens(({ id, draw }, rate, maskId) => ({ id: draw < rate ? maskId : id, chosen: draw < rate })),
  },
  {
    name: 'maskTokens that chooses a draw above the rate',
    operator: 'maskTokens',
    explanation: 'Tokens were chosen where draw > rate: 85 of 100 instead of 15.',
    forward: tokens((token, rate, maskId) => ({
      id: token.draw > rate ? changed(token, maskId) : token.id,
      chosen: token.draw > rate,
    })),
  },
  {
    name: 'maskTokens that chooses a draw at the rate',
    operator: 'maskTokens',
    explanation: 'Tokens were chosen where draw ≤ rate: the rate itself is not below it.',
    forward: tokens((token, rate, maskId) => ({
      id: token.draw <= rate ? changed(token, maskId) : token.id,
      chosen: token.draw <= rate,
    })),
  },
  {
    name: 'maskTokens that marks changed tokens only',
    operator: 'maskTokens',
    explanation: 'Chosen tokens that were kept were not marked: the loss is to be taken there too.',
    forward: tokens((token, rate, maskId) => {
      const chosen = token.draw < rate
      const id = chosen ? changed(token, maskId) : token.id
      return { id, chosen: chosen && token.action < 0.9 }
    }),
  },
  {
    name: 'maskTokens that replaces where it should keep',
    operator: 'maskTokens',
    explanation: 'Actions from 0.9 on replaced the token and those from 0.8 kept it: the two are exchanged.',
    forward: tokens((token, rate, maskId) => {
      if (!(token.draw < rate)) return { id: token.id, chosen: false }
      const { id, action, replacement } = token
      return { id: action < 0.8 ? maskId : action < 0.9 ? id : replacement, chosen: true }
    }),
  },
  {
    name: 'maskTokens that masks an action of 0.8',
    operator: 'maskTokens',
    explanation: 'action ≤ 0.8 was masked: at 0.8 itself the token is replaced.',
    forward: tokens((token, rate, maskId) => {
      const chosen = token.draw < rate
      if (!chosen) return { id: token.id, chosen }
      return { id: token.action <= 0.8 ? maskId : changed(token, maskId), chosen }
    }),
  },
  {
    name: 'maskTokens with the action drawn from all tokens',
    operator: 'maskTokens',
    explanation: 'The draw itself decided between mask, replacement and keeping: chosen tokens are always masked.',
    forward: tokens((token, rate, maskId) => ({
      id: token.draw < rate ? changed({ ...token, action: token.draw }, maskId) : token.id,
      chosen: token.draw < rate,
    })),
  },
  {
    name: 'maskTokens at a rate of 0.15 always',
    operator: 'maskTokens',
    explanation: 'The attribute rate was ignored.',
    forward: (inputs, attributes) => maskTokens.forward(inputs, { ...attributes, rate: 0.15 }),
  },
  {
    name: 'maskTokens of a rate in percent',
    operator: 'maskTokens',
    explanation: 'A rate above 1 was taken for a percentage instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.rate === 'number' && attributes.rate > 1
        ? maskTokens.forward(inputs, { ...attributes, rate: Math.min(1, attributes.rate / 100) })
        : undefined,
  },
  {
    name: 'maskTokens of a negative id',
    operator: 'maskTokens',
    explanation: 'A negative id, often used for padding, was kept as it is instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { ids, replacements } = inputs
      if (ids === undefined || replacements === undefined) return undefined
      if (rowMajor(ids).every((id) => id >= 0)) return undefined
      return maskTokens.forward({ ...inputs, ids: map(ids, (id) => Math.max(0, id)) }, attributes)
    },
  },
]
