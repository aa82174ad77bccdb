/** A picture as data, in the units of its axes; reports draw it. */
export type Picture = HeatMap | LineChart | Plane | Graph

/** A matrix, a coloured cell an entry: attention weights, positional encodings. */
export interface HeatMap {
  readonly kind: 'heatMap'
  readonly title: string
  readonly rowTitle: string
  readonly columnTitle: string
  /** A name for each row and column; their numbers, from 0, where left out. */
  readonly rows?: readonly string[]
  readonly columns?: readonly string[]
  readonly values: readonly (readonly number[])[]
  /** Whether the values are written into the cells. */
  readonly labelled: boolean
}

export interface Axis {
  readonly title: string
  readonly scale?: 'linear' | 'log'
}

/** Curves over a common axis: losses over steps, errors over step sizes. */
export interface LineChart {
  readonly kind: 'lineChart'
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
}

/** A plane with equal units on both axes: contours, paths, points and rectangles. */
export interface Plane {
  readonly kind: 'plane'
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly xRange: readonly [number, number]
  readonly yRange: readonly [number, number]
  /** Lines on which a function has the values of `levels`, of its values on a grid: see sampled. */
  readonly contours: readonly {
    readonly name: string
    readonly levels: readonly number[]
    readonly values: readonly (readonly number[])[]
  }[]
  readonly paths: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
  readonly points: readonly { readonly name: string; readonly at: readonly [number, number] }[]
  /** Areas from one corner to the opposite one: receptive fields on an image. */
  readonly rectangles: readonly {
    readonly name: string
    readonly from: readonly [number, number]
    readonly to: readonly [number, number]
  }[]
}

/** Points a side of the grid on which a plane's functions are sampled, besides one more beyond every edge. */
const gridPoints = 101

/**
 * A function's values on a regular grid over the whole plane and one step beyond, a row for each y, both from the least: lines
 * go on to the edges and not along them.
 */
export function sampled(
  { xRange, yRange }: Pick<Plane, 'xRange' | 'yRange'>,
  value: (x: number, y: number) => number,
): readonly (readonly number[])[] {
  const at = ([least, most]: readonly [number, number], i: number) => least + ((most - least) * i) / (gridPoints - 1)
  const grid = Array.from({ length: gridPoints + 2 }, (_, i) => i - 1)
  return grid.map((row) => grid.map((column) => value(at(xRange, column), at(yRange, row))))
}

/** Nodes in columns, with edges: a recurrent network unrolled over time, the layers of a network. */
export interface Graph {
  readonly kind: 'graph'
  readonly title: string
  /** `column` and `row` place a node on a grid; `label` is what is written in it. */
  readonly nodes: readonly {
    readonly name: string
    readonly column: number
    readonly row: number
    readonly label: string
  }[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label?: string }[]
}
