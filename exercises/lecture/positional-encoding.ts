import fc from 'fast-check'
import { rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { wavelengthExperiment } from './positional-encoding.experiment.js'
import { positionLaws } from './positional-encoding.laws.js'
import { positionMistakes } from './positional-encoding.mistakes.js'
import { positionQuantities } from './positional-encoding.quantities.js'

function whole(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value) }
}

/** The lecture's widths, 4 in its example and 512 in the model; the positions are ours, as it shows its example in a picture. */
const given: readonly Given[] = [
  whole('width', ['d_model', 'd'], 'the length of an encoding', 4),
  whole('length', ['n', 'length', 'max len'], 'the number of positions', 4),
  whole('position', ['pos', 'p'], 'a position, counted from 0', 1),
  whole('shift', ['k', 'shift', 'offset'], 'a number of positions further', 2),
  whole('wideWidth', ['d_wide'], 'the length of an encoding in the model', 512),
]

function drawn(pairs: number, sizes: Readonly<Record<'length' | 'position' | 'shift', number>>): fc.Arbitrary<Values> {
  return fc
    .record({
      width: fc.integer({ min: 1, max: pairs }).map((half) => 2 * half),
      length: fc.integer({ min: 1, max: sizes.length }),
      position: fc.integer({ min: 0, max: sizes.position }),
      shift: fc.integer({ min: 0, max: sizes.shift }),
      wideWidth: fc.integer({ min: 1, max: 512 }).map((half) => 2 * half),
    })
    .map((numbers) => Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)])))
}

/** Whether there is something to encode: several positions and pairs, a position and a shift that are not 0. */
function isWorkable(values: Values): boolean {
  const [width, length, position, shift, wide] = ['width', 'length', 'position', 'shift', 'wideWidth'].map((name) =>
    numberOf(values, name),
  )
  return width >= 4 && length >= 3 && position >= 1 && shift >= 1 && position !== shift && wide > 8
}

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [rows, columns] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: rows }, (_, row) => [...data.slice(row * columns, (row + 1) * columns)])
}

function pictures(values: Values): readonly Picture[] {
  const encodings = tensorOf(values, 'encodings')
  const labelled = encodings.shape[1] <= 8 && encodings.shape[0] <= 12
  const columns = Array.from(
    { length: encodings.shape[1] },
    (_, c) => `${c % 2 === 0 ? 'sin' : 'cos'} ω${Math.floor(c / 2)}`,
  )
  return [
    {
      kind: 'heatMap',
      title: 'The positional encodings',
      rowTitle: 'position',
      columnTitle: 'column',
      columns,
      values: rowsOf(encodings),
      labelled,
    },
    {
      kind: 'heatMap',
      title: 'The rotation that shifts every position by k',
      rowTitle: 'column of pos + k',
      columnTitle: 'column of pos',
      rows: columns,
      columns,
      values: rowsOf(tensorOf(values, 'rotation')),
      labelled,
    },
  ]
}

export const positionalEncoding: Exercise = {
  id: 'lecture/positional-encoding',
  title: 'Sines and cosines for positions',
  source: 'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, position encoding',
  statement: `All words of a sequence enter a transformer at once, so that each needs a code for its position:
$PE_{(pos, 2i)} = \\sin(pos / 10000^{2i / d_{model}})$ and $PE_{(pos, 2i+1)} = \\cos(pos / 10000^{2i / d_{model}})$, for positions from 0 on.

(1) Find the angular frequency and the wavelength of every pair of columns. (2) Compute the encodings of all positions. (3) Show that a shift by
$k$ is a rotation: which matrix $R_k$ turns $PE_{pos}$ into $PE_{(pos+k)}$, whatever the position? (4) From which wavelength to which
does an encoding as wide as the model's reach, of width $d_{wide}$? (5) Why does the encoding serve sequences longer than those of the training?`,
  heading: { number: 'positional-encoding' },
  given,
  arbitrary: () => drawn(8, { length: 12, position: 20, shift: 12 }),
  stages: [],
  quantities: positionQuantities,
  conventions: [],
  mistakes: positionMistakes,
  laws: positionLaws,
  experiments: [wavelengthExperiment],
  worksheet: { arbitrary: () => drawn(3, { length: 5, position: 5, shift: 4 }), isWorkable },
  pictures,
}
