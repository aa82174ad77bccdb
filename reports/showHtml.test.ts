import { describe, expect, it } from 'vitest'
import { exercises, type Picture, sampled, showExercise } from '../exercises/index.js'
import { drawPicture } from './picture.js'
import { showHtml } from './showHtml.js'

describe('showHtml', () => {
  it.each(exercises.map((exercise) => [exercise.id, exercise] as const))(
    'sets every equation and draws every picture: %s',
    async (_, exercise) => {
      const solution = await showExercise(exercise, { extent: 'reduced' })
      const page = await showHtml(solution)
      // KaTeX shows what it cannot set in red, with this class.
      expect(page.match(/katex-error[^<]*/g) ?? []).toEqual([])
      const pictures = [...solution.pictures, ...solution.experiments.flatMap(({ pictures: shown = [] }) => shown)]
      expect(page.match(/<figure/g)?.length ?? 0).toBeGreaterThanOrEqual(pictures.length)
      expect(page.slice(page.indexOf('<body>'))).not.toMatch(/NaN|undefined|\[object/)
      expect(page).not.toMatch(/<(script|link|img)|https?:\/\/(?!www\.w3\.org)/)
    },
  )

  it('shows what looks like a tag as text', async () => {
    const [exercise] = exercises
    const page = await showHtml(await showExercise({ ...exercise, experiments: [], statement: 'Ends with <eos>.' }))
    expect(page).toContain('Ends with &#x3C;eos>.')
  })
})

describe('drawPicture', () => {
  const ranges = { xRange: [-1, 1], yRange: [0, 1] } as const
  const pictures: readonly Picture[] = [
    {
      ...{ kind: 'heatMap', title: 'weights', rowTitle: 'query', columnTitle: 'key', labelled: true },
      values: [
        [0.25, 0.75],
        [1, 0],
      ],
    },
    {
      ...{ kind: 'plane', title: 'norms', x: { title: 'w₁' }, y: { title: 'w₂' }, ...ranges },
      contours: [{ name: 'L1', levels: [0.5], values: sampled(ranges, (x, y) => Math.abs(x) + Math.abs(y)) }],
      paths: [
        {
          name: 'path',
          points: [
            [0, 0],
            [0.5, 0.5],
          ],
        },
      ],
      points: [{ name: 'w*', at: [0.5, 0.5] }],
      rectangles: [{ name: 'field', from: [0, 0], to: [0.2, 0.2] }],
    },
  ]

  it('writes the values of a matrix into its cells', () => {
    const svg = drawPicture(pictures[0])
    expect(svg.match(/<rect/g)).toHaveLength(4)
    for (const text of ['0.25', '0.75']) expect(svg).toContain(`>${text}</text>`)
  })

  it('draws a contour where the function has its value', () => {
    const svg = drawPicture(pictures[1])
    for (const name of ['w*', 'L1', 'path', 'field']) expect(svg).toContain(`>${name}</`)
    // |w₁| + |w₂| = ½ in the upper half plane: a path that begins and ends on the lower edge of the picture.
    const [path] = /<path[^>]*d="M[^"]+"/.exec(svg.slice(svg.indexOf('contour'))) ?? []
    expect(path?.match(/[ML]/g)?.length).toBeGreaterThan(20)
  })
})
