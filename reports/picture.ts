import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Axis, Graph, HeatMap, LineChart, Picture, Plane } from '../exercises/index.js'

/** What the plotting library creates elements with. */
type Page = Plot.PlotOptions['document']

/** The picture as static SVG, in a figure with its title. */
export function drawPicture(picture: Picture): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const figure = document.createElement('figure')
  const caption = document.createElement('figcaption')
  caption.textContent = captionOf(picture)
  figure.append(plotOf(picture, document), caption)
  return figure.outerHTML
}

function captionOf(picture: Picture): string {
  if (picture.kind !== 'heatMap') return picture.title
  const values = picture.values.flat()
  return `${picture.title} (from ${short(Math.min(...values))}, light, to ${short(Math.max(...values))}, dark)`
}

function plotOf(picture: Picture, document: Page) {
  switch (picture.kind) {
    case 'heatMap':
      return heatMap(picture, document)
    case 'lineChart':
      return lineChart(picture, document)
    case 'plane':
      return plane(picture, document)
    case 'graph':
      return graph(picture, document)
  }
}

/** At most so many names fit on an axis. */
const mostNames = 40

function heatMap(picture: HeatMap, document: Page) {
  const { values, rows, columns, rowTitle, columnTitle, labelled } = picture
  const width = Math.max(...values.map((row) => row.length))
  const cells = values.flatMap((row, r) => row.map((value, c) => ({ r, c, value })))
  const side = Math.max(3, Math.min(56, 880 / width))
  const names = (given: readonly string[] | undefined, count: number) => ({
    tickFormat: (i: number) => given?.[i] ?? String(i),
    ...(count > mostNames && { ticks: Array.from({ length: 11 }, (_, i) => Math.round((i * (count - 1)) / 10)) }),
  })
  return Plot.plot({
    document,
    width: 90 + side * width,
    height: 70 + Math.min(side, 40) * values.length,
    marginLeft: 80,
    marginTop: 40,
    padding: width > mostNames ? 0 : 0.04,
    x: { label: columnTitle, axis: 'top', domain: range(width), ...names(columns, width) },
    y: { label: rowTitle, domain: range(values.length), ...names(rows, values.length) },
    color: { scheme: 'Blues' },
    marks: [
      Plot.cell(cells, { x: 'c', y: 'r', fill: 'value' }),
      ...(labelled
        ? [
            Plot.text(cells, {
              x: 'c',
              y: 'r',
              text: ({ value }: { value: number }) => short(value),
              stroke: 'white',
              fill: 'black',
            }),
          ]
        : []),
    ],
  })
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function lineChart({ x, y, lines }: LineChart, document: Page) {
  const points = lines.flatMap(({ name, points }) => points.map(([px, py]) => ({ name, x: px, y: py })))
  return Plot.plot({
    document,
    width: 720,
    height: 360,
    marginLeft: 60,
    grid: true,
    x: axis(x),
    y: axis(y),
    color: { legend: lines.length > 1, domain: lines.map(({ name }) => name) },
    marks: [Plot.line(points, { x: 'x', y: 'y', stroke: 'name' })],
  })
}

function axis({ title, scale = 'linear' }: Axis): Plot.ScaleOptions {
  return { label: title, type: scale, ...(scale === 'log' && { tickFormat: '.0e' }) }
}

/** The ends of a grid of this many points that reaches one step beyond an axis on either side. */
function beyond([least, most]: readonly [number, number], axis: 'x' | 'y', points: number) {
  const step = (most - least) / (points - 3)
  return { [`${axis}1`]: least - step, [`${axis}2`]: most + step }
}

/** Colours that tell lines apart, also for most who see few colours. */
const palette = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#ff8ab7', '#a463f2', '#97bbf5', '#9c6b4e']

function plane(picture: Plane, document: Page) {
  const { x, y, xRange, yRange, contours, paths, points, rectangles } = picture
  const names = [...contours, ...paths, ...rectangles].map(({ name }) => name)
  const colorOf = (name: string) => palette[names.indexOf(name) % palette.length]
  return Plot.plot({
    document,
    width: 640,
    aspectRatio: 1,
    grid: true,
    x: { label: x.title, domain: xRange },
    y: { label: y.title, domain: yRange },
    color: { type: 'categorical', legend: names.length > 0, domain: names, range: names.map(colorOf) },
    marks: [
      ...contours.map(({ name, levels, values }) =>
        Plot.contour(values.flat(), {
          width: values[0].length,
          height: values.length,
          ...beyond(xRange, 'x', values[0].length),
          ...beyond(yRange, 'y', values.length),
          clip: 'frame',
          value: (value: number) => value,
          thresholds: [...levels],
          stroke: colorOf(name),
          strokeOpacity: 0.7,
        }),
      ),
      ...rectangles.map(({ name, from, to }) =>
        Plot.rect([0], {
          x1: from[0],
          x2: to[0],
          y1: from[1],
          y2: to[1],
          stroke: colorOf(name),
          fill: colorOf(name),
          fillOpacity: 0.1,
        }),
      ),
      ...paths.map(({ name, points }) => Plot.line(points, { stroke: colorOf(name), strokeWidth: 2.5 })),
      Plot.dot(points, { x: (point) => point.at[0], y: (point) => point.at[1], fill: 'black' }),
      Plot.text(points, {
        x: (point) => point.at[0],
        y: (point) => point.at[1],
        text: 'name',
        dy: -10,
        stroke: 'white',
        fill: 'black',
      }),
    ],
  })
}

function graph({ nodes, edges }: Graph, document: Page) {
  const at = new Map(nodes.map((node) => [node.name, node]))
  const drawn = edges.flatMap(({ from, to, label }) => {
    const [start, end] = [at.get(from), at.get(to)]
    return start === undefined || end === undefined ? [] : [{ start, end, label: label ?? '' }]
  })
  const columns = Math.max(...nodes.map(({ column }) => column)) + 1
  const rows = Math.max(...nodes.map(({ row }) => row)) + 1
  return Plot.plot({
    document,
    width: 60 + 200 * columns,
    height: 50 + 80 * rows,
    axis: null,
    insetLeft: 90,
    insetRight: 90,
    insetTop: 30,
    insetBottom: 30,
    x: { domain: [0, Math.max(1, columns - 1)] },
    y: { domain: [0, Math.max(1, rows - 1)], reverse: true },
    marks: [
      ...[true, false].map((isLevel) =>
        Plot.arrow(
          drawn.filter(({ start, end }) => (start.row === end.row) === isLevel),
          {
            x1: (edge) => edge.start.column,
            y1: (edge) => edge.start.row,
            x2: (edge) => edge.end.column,
            y2: (edge) => edge.end.row,
            // A label is wider than it is high.
            inset: isLevel ? 62 : 14,
            stroke: 'gray',
          },
        ),
      ),
      Plot.text(drawn, {
        x: (edge) => (edge.start.column + edge.end.column) / 2,
        y: (edge) => (edge.start.row + edge.end.row) / 2,
        text: 'label',
        dy: -8,
        fill: 'gray',
      }),
      Plot.text(nodes, { x: 'column', y: 'row', text: 'label', lineWidth: 16, fontSize: 12 }),
    ],
  })
}

function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−')
}
