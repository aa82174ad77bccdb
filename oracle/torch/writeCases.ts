import { writeFileSync } from 'node:fs'
import { oracle } from '../index.js'
import { type Call, Random } from '../testing/random.js'
import { inputsToWire, toWire } from '../wire.js'
import { cases } from './cases.js'
import { generativeCases } from './generativeCases.js'
import { sequenceCases } from './sequenceCases.js'

// Writes random valid calls of every operator that PyTorch can be asked about, with the oracle's answers, for compare.py:
//
//   node dist/oracle/torch/writeCases.js cases.json && python3 oracle/torch/compare.py cases.json

const callsAnOperator = 60

function answered({ operator, inputs, attributes }: Call, random: Random) {
  const { declaration, forward, backward } = oracle.operators[operator]
  const outputs = forward(inputs, attributes)
  const gradients = Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, random.tensor(y.shape)]))
  const wire = (tensors: typeof outputs) =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toWire(x)]))
  return {
    operator,
    inputs: inputsToWire(declaration, inputs, 'float64'),
    attributes,
    outputs: wire(outputs),
    ...(backward === undefined
      ? {}
      : { gradients: wire(gradients), inputGradients: wire(backward(inputs, attributes, gradients)) }),
  }
}

const path = process.argv[2]
if (path === undefined) throw new Error('usage: writeCases <file>')
const everyCase = { ...cases, ...sequenceCases, ...generativeCases }
const random = new Random(1)
const written = Object.entries(everyCase).flatMap(([operator, make]) =>
  Array.from({ length: callsAnOperator }, () => answered({ operator, ...make(random) }, random)),
)
writeFileSync(path, JSON.stringify(written))
console.log(`${written.length} calls of ${Object.keys(everyCase).length} operators`)
