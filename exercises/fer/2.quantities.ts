import { rowMajor, tensor } from '../../oracle/tensor.js'
import { namesIn, type Size } from '../architecture/chain.js'
import type { Place } from '../architecture/quantities.js'
import { numberOf, product, tensorOf, weightedSum } from '../computation.js'
import type { Computation, ConventionAxis, Quantity, Values } from '../exercise.js'
import { classifierTable } from './2.chain.js'

/** Rows of the map that is flattened. */
function rowsOf(values: Values): number {
  return rowMajor(tensorOf(values, 'pool2Shape'))[1]
}

/** What all units of the last map see together. */
const seenTogether: Computation = {
  from: ['pool2Shape', 'pool2Jump', 'pool2ReceptiveField'],
  formula: '(n_{pool2} - 1) \\cdot j_{pool2} + r_{pool2}',
  compute: (values, operators) =>
    weightedSum(
      operators,
      [rowsOf(values) - 1, 1],
      [tensorOf(values, 'pool2Jump'), tensorOf(values, 'pool2ReceptiveField')],
    ),
}

const mostOfAll: Computation = {
  from: ['leastSide', 'pool2Jump'],
  formula: 'n_{min} + j_{pool2} - 1',
  compute: (values, operators) =>
    weightedSum(operators, [1, 1, -1], [tensorOf(values, 'leastSide'), tensorOf(values, 'pool2Jump'), 1]),
}

/** The layer table, what the fully connected layer sees, and which images the network takes. */
export const classifierQuantities: readonly Quantity[] = [
  ...classifierTable.quantities,
  {
    name: 'fcReceptiveField',
    symbols: ['r_fc', 'R_fc', 'RF_fc', 'rf_fc', 'receptive field_fc'],
    meaning: 'how many pixels of the image, along one side, the units of the fully connected layer see',
    kind: 'whole',
    ...seenTogether,
    alternatives: [
      {
        note: 'the whole image; windows that do not fit leave its last rows and columns out, and no unit sees those',
        value: (values) => tensorOf(values, 'side'),
      },
    ],
  },
  {
    name: 'leastSide',
    symbols: ['n_min', 'side min', 'least side', 'smallest side'],
    meaning: 'the smallest image that the fully connected layer can be used on: as large as what it sees',
    kind: 'whole',
    ...seenTogether,
  },
  {
    name: 'mostSide',
    symbols: ['n_max', 'side max', 'largest side'],
    meaning: 'the largest such image: a jump more, and there would be another row of units',
    kind: 'whole',
    ...mostOfAll,
  },
  {
    name: 'leastSideWithGlobalPooling',
    symbols: ['n_gap', 'n_global', 'n_adaptive'],
    meaning:
      'the smallest image with global average pooling in place of the flattening: one unit of the last map has to fit',
    kind: 'whole',
    from: ['pool2ReceptiveField'],
    formula: 'r_{pool2}',
    compute: async (values) => tensorOf(values, 'pool2ReceptiveField'),
  },
]

const windows = classifierTable.places.filter(({ names }) => names.jump !== undefined)

/** J_in of a layer: the jump of the layer before it, times that one's stride. */
function jumpBefore(earlier: Place | undefined): Computation {
  if (earlier === undefined || earlier.names.jump === undefined)
    return { from: [], formula: '1', compute: async () => tensor([], [1]) }
  const { jump } = earlier.names
  const stride = strideOf(earlier)
  return {
    from: [jump, ...namesIn(stride)],
    formula: `j_{${earlier.layer.name}} \\cdot ${symbolOfStride(stride)}`,
    compute: (values, operators) => product(operators, tensorOf(values, jump), numberOf(values, String(stride))),
  }
}

function strideOf({ layer }: Place): Size {
  return ('stride' in layer ? layer.stride : undefined) ?? 1
}

function kernelOf({ layer }: Place): Size {
  return 'kernel' in layer ? layer.kernel : 1
}

function symbolOfStride(stride: Size): string {
  return { stride1: 'S_1', stride2: 'S_2', poolStride: 'S_p' }[stride] ?? String(stride)
}

function symbolOfKernel(kernel: Size): string {
  return { kernel1: 'K_1', kernel2: 'K_2', poolSize: 'K_p' }[kernel] ?? String(kernel)
}

/** The field of a layer with J_in as its jump. */
function fieldWithJumpBefore(place: Place): Computation {
  const { receptiveField } = place.before
  const { jump = '' } = place.names
  const kernel = kernelOf(place)
  const before = typeof receptiveField === 'string' ? receptiveField : undefined
  const earlier = before === undefined ? '1' : `r_{${before.replace('ReceptiveField', '')}}`
  return {
    from: [...namesIn(receptiveField), jump, ...namesIn(kernel)],
    formula: `${earlier} + (${symbolOfKernel(kernel)} - 1) \\cdot j_{${place.layer.name}}`,
    compute: (values, operators) =>
      weightedSum(
        operators,
        [1, numberOf(values, String(kernel)) - 1],
        [before === undefined ? 1 : tensorOf(values, before), tensorOf(values, jump)],
      ),
  }
}

const withInputJump = windows.flatMap((place, i) => [
  [place.names.jump ?? '', jumpBefore(windows[i - 1])] as const,
  [place.names.receptiveField ?? '', fieldWithJumpBefore(place)] as const,
])

/** Which jump stands in a layer's row. */
export const jumpConventions: ConventionAxis = {
  axis: 'jump',
  conventions: [
    {
      name: 'jump behind the layer',
      description: 'a layer’s jump is that of its answer, the stride of the layer counted: J_out',
      overrides: {},
    },
    {
      name: 'jump before the layer',
      description: 'a layer’s jump is that of its input, the stride of the layer not counted: J_in',
      overrides: {
        ...Object.fromEntries(withInputJump),
        ...Object.fromEntries(
          ['fcReceptiveField', 'leastSide'].map((name) => [
            name,
            {
              from: ['pool2Shape', 'pool2Jump', 'poolStride', 'pool2ReceptiveField'],
              formula: '(n_{pool2} - 1) \\cdot j_{pool2} \\cdot S_p + r_{pool2}',
              compute: (values, operators) =>
                weightedSum(
                  operators,
                  [(rowsOf(values) - 1) * numberOf(values, 'poolStride'), 1],
                  [tensorOf(values, 'pool2Jump'), tensorOf(values, 'pool2ReceptiveField')],
                ),
            } satisfies Computation,
          ]),
        ),
        mostSide: {
          from: ['leastSide', 'pool2Jump', 'poolStride'],
          formula: 'n_{min} + j_{pool2} \\cdot S_p - 1',
          compute: (values, operators) =>
            weightedSum(
              operators,
              [1, numberOf(values, 'poolStride'), -1],
              [tensorOf(values, 'leastSide'), tensorOf(values, 'pool2Jump'), 1],
            ),
        },
      },
    },
  ],
}
