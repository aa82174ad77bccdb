import type { Implementation, InputDeclaration, Operator, OutputDeclaration, Precision } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { map, type Tensors } from '../oracle/tensor.js'
import { roundTo } from '../properties/precision.js'

/** Float tensors as a format of this precision holds them; whole numbers stay what they are. */
function held(
  tensors: Tensors,
  precision: Precision,
  declared: Readonly<Record<string, Pick<InputDeclaration | OutputDeclaration, 'kind'>>>,
): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [
      name,
      declared[name]?.kind === 'float' ? map(x, (value) => roundTo(precision, value)) : x,
    ]),
  )
}

/**
 * An implementation whose inputs and answers are rounded to a lower precision, and which computes between them as exactly as it
 * ever did: the most accurate one that this precision can have.
 */
export function rounded(implementation: Implementation, precision: Precision): Implementation {
  const operators = Object.entries(implementation.operators).map(([name, operator]): [string, Operator] => {
    const { inputs: declared, outputs } = contract[name]
    const { backward } = operator
    return [
      name,
      {
        forward: async (inputs, attributes) =>
          held(await operator.forward(held(inputs, precision, declared), attributes), precision, outputs),
        ...(backward !== undefined && {
          backward: async (...[inputs, attributes, gradients]: Parameters<typeof backward>) =>
            held(
              await backward(held(inputs, precision, declared), attributes, held(gradients, precision, outputs)),
              precision,
              declared,
            ),
        }),
      },
    ]
  })
  return {
    name: `${implementation.name} rounded to ${precision}`,
    precision,
    operators: Object.fromEntries(operators),
  }
}
