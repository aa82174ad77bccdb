import { describe, expect, test } from 'vitest'
import { markText, present } from './fixtures/marked.js'

/** Solutions as they are typed into a plain file, all of them right. */
const solutions = {
  'ntua/1.1b': `Exercise 1.1 b)

Forward:
y3 = 1/(1+e^-1) = 0.7311
y4 = 1/(1+e^0) = 0.5
net5 = -2 + 0.7311 + 0.5 = -0.7689
y5 = 1/(1+e^0.7689) = 0.3167
error t - y5 = 0.6833

Backward:
d5 = y5(1-y5)(t-y5) = 0.3167*0.6833*0.6833 = 0.1479
d3 = y3(1-y3) w35 d5 = 0.1966*1*0.1479 = 0.0291
d4 = 0.25*0.1479 = 0.0370

New weights (eta = 1):
w03 = -1 + 0.0291 = -0.9709
w13 = 1 + 0.0291 = 1.0291
w05 = -2 + 0.1479 = -1.8521
w35 = 1 + 0.1479*0.7311 = 1.1081
`,
  'ntua/1.3': `Übung 1.3

h1 = relu(Wwh x1 + Whh h0) = relu((0*0 + (-1)*(-1) + 2*2, 1*0 + (-2)*(-1) + 0*2)) = relu(5, 2) = (5, 2)
h2 = relu(0 + h1) = (5, 2)
h3 = relu((4, 2) + (5, 2)) = (9, 4)
logits = Why h3 = (4, 9, 14)
softmax = (0.000045, 0.0067, 0.9933) -> class 2

mean h = (19/3, 8/3) = (6.333, 2.667)
logits = (2.667, 6.333, 10)
softmax = (0.0006, 0.0249, 0.9745) → class 2
`,
  'ntua/2.1a': `Task 2.1 (1)

scores: q.x1 = 4 - 1 - 0.5 = 2.5, q.x2 = -2 - 1.5 + 0.5 = -3, q.x3 = 3 - 1 + 0.5 = 2.5, q.x4 = 4 + 2.5 - 1.5 = 5
divide by sqrt(3): 1.443, -1.732, 1.443, 2.887
exp: 4.235, 0.177, 4.235, 17.935; sum = 26.582
output: (-1.900, -1.358, 1.009)
`,
  'fer/4': `f(x_p1) = (1, 1, 1, 1)
f(x_p2) = (3, 3, 3, 3)
L = ||f1 - f2||^2 = 4 * (1 - 3)^2 = 16
dL/df1 = 2 (f1 - f2) = (-4, -4, -4, -4)
dL/dw1 = -4*(1 + 1 + 1.3 + 1) + 4*(3.3 + 3.3 + 2.7 + 3.3) = -17.2 + 50.4 = 33.2
dL/dw = (33.2, 33.2, 29.6)
dL/db = -16 + 16 = 0
`,
}

describe('a right solution that is typed as it comes', () => {
  test.each(Object.entries(solutions))('of %s is not called false', async (exercise, text) => {
    const { claims } = await markText(text, exercise, 'solution.txt')
    const wrong = present(claims).filter(({ verdict }) => verdict !== 'correct' && verdict !== 'rounded')
    expect(wrong).toEqual([])
    expect(present(claims).length).toBeGreaterThan(6)
  })

  test('has answered what an arrow leads to', async () => {
    const { claims } = await markText(solutions['ntua/1.3'], 'ntua/1.3', 'solution.txt')
    expect(claims.filter(({ verdict }) => verdict === 'missing')).toEqual([])
  })
})
