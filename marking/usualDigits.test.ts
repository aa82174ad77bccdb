import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exercise5 } from '../exercises/fer/5.js'
import { exerciseAlexNet } from '../exercises/lecture/alexnet.js'
import { loss } from '../exercises/lecture/loss.js'
import { masks } from '../exercises/lecture/masks.js'
import { transfer } from '../exercises/lecture/transfer.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise11c } from '../exercises/ntua/1.1c.js'
import { exercise13 } from '../exercises/ntua/1.3.js'
import { exercise21a } from '../exercises/ntua/2.1a.js'
import { exercise21b } from '../exercises/ntua/2.1b.js'
import { handwritten } from './fixtures/handwritten.js'
import { markDocument } from './mark.js'

/** What is said of the lines of a solution that are not right. */
async function faults(exercise: Exercise, text: string): Promise<readonly string[]> {
  const { claims } = await markDocument(handwritten(exercise, text), { exercises: [exercise] })
  return claims.flatMap(({ verdict, line, message }) =>
    ['correct', 'rounded', 'missing'].includes(verdict) ? [] : [`line ${line}: ${verdict}: ${message}`],
  )
}

const given21b = String.raw`# Given
X = \begin{bmatrix} -1 & 0.5 & 0.5 \\ 2 & -1 & 0 \\ -2.5 & 0.5 & -1.5 \\ 0 & -2 & 2.5 \end{bmatrix}
W_{Q} = \begin{bmatrix} -2.5 & -2.5 \\ 0 & 2.5 \\ -2.5 & -2 \end{bmatrix}
W_{K} = \begin{bmatrix} -2 & -0.5 \\ -1.5 & 2 \\ 2 & 2 \end{bmatrix}
W_{V} = \begin{bmatrix} -1 & 0.5 \\ -0.5 & 1 \\ -2.5 & -2.5 \end{bmatrix}
# Solution
Q = \begin{bmatrix} 1.250 & 2.750 \\ -5.000 & -7.500 \\ 10.00 & 10.50 \\ -6.250 & -10.00 \end{bmatrix}
K = \begin{bmatrix} 2.250 & 2.500 \\ -2.500 & -3.000 \\ 1.250 & -0.7500 \\ 8.000 & 1.000 \end{bmatrix}`

/** QKᵀ to four significant digits, which no line writes down, divided by √2: −11.38 for −11.375, and −8.047. */
const scaled = (second: string): string => String.raw`${given21b}
\bar{S} = \begin{bmatrix} 6.850 & ${second} & -0.3536 & 9.016 \\ -21.21 & 24.75 & -0.4419 & -33.59 \\ 34.47 & -39.95 & 3.270 & 63.99 \\ -27.62 & 32.27 & -0.2210 & -42.43 \end{bmatrix}`

const cutGiven = String.raw`# Given
S = \begin{bmatrix} -1 & 1 & 1 & 1 \\ -0.5 & 3 & 0.5 & 1 \\ -1 & -2.5 & -0.5 & 2 \\ -0.5 & 0.5 & -1 & 2.5 \end{bmatrix}
V = \begin{bmatrix} 2 & 1 \\ 0 & -2 \\ -1 & 3 \\ 2 & 4 \end{bmatrix}
L = 4
# Solution
M = \begin{bmatrix} 1 & 1 & 1 & 1 \\ 1 & 1 & 1 & 1 \\ 1 & 1 & 1 & 1 \\ 1 & 1 & 1 & 1 \end{bmatrix}`

/** What the masked attention gives with its weights cut off after three decimals, which no line writes down. */
const masked = (last: string): string => String.raw`${cutGiven}
Z = \begin{bmatrix} 0.404 & 1.633 \\ 0.199 & -0.951 \\ 1.763 & 3.734 \\ 1.700 & ${last} \end{bmatrix}
# In the decoder: the look-ahead mask
A = \begin{bmatrix} 1.000 & 0.000 & 0.000 & 0.000 \\ 0.029 & 0.970 & 0.000 & 0.000 \\ 0.348 & 0.077 & 0.574 & 0.000 \\ 0.040 & 0.111 & 0.024 & 0.822 \end{bmatrix}`

describe('a value that was computed and not written down', () => {
  test('is taken as rounded to significant digits where the solution counts these', async () => {
    expect(await faults(exercise21b, scaled('-8.047'))).toEqual([])
  })

  test('excuses no more than its last digit', async () => {
    expect(await faults(exercise21b, scaled('-8.097'))).toEqual([expect.stringContaining('line 9: wrong')])
  })

  test('is taken as cut off where the solution cuts', async () => {
    expect(await faults(masks, masked('3.178'))).toEqual([])
    expect(await faults(masks, masked('3.148'))).toEqual([expect.stringContaining('line 7: wrong')])
  })

  test('is taken as rounded to significant digits where the solution may count these or decimals', async () => {
    // p_t = 0.97949 to five digits, and −ln p_t = 0.020723 or, of the rounded value, 0.020718… 0.020728.
    const text = String.raw`# Given
x = \begin{bmatrix} -1 & -1 \end{bmatrix}
t = 2
W_{1} = \begin{bmatrix} -1 & -1 \\ -1 & -0.5 \\ 2 & 1.5 \end{bmatrix}
W_{2} = \begin{bmatrix} 0 & -1.5 & -1.5 \\ -1 & 0.5 & -1 \\ 1 & 0 & -1.5 \end{bmatrix}
W_{3} = \begin{bmatrix} -1.5 & 0 & -1 \\ -1.5 & -1.5 & -1 \\ 2 & -0.5 & 1 \end{bmatrix}
\eta = 0.5
\text{eta}' = 0.2
# Solution
\delta_{3} = \begin{bmatrix} 0.017668 & 0.017668 & -0.035337 \end{bmatrix}
# The last layers fine-tuned
L^{new} = 0.020718`
    expect(await faults(transfer, text)).toEqual([])
  })

  test('keeps a digit where it is divided by, however few decimals the solution has', async () => {
    // P_s = 0.000165 is 0.0002 to four decimals and nothing to three: 0.0002^(−1/5) = 5.4928, and 5.709 exactly.
    const text = (perplexity: string): string => String.raw`# Given
p = \begin{bmatrix} 0.21052631578947367 & 0.05263157894736842 & 0.07894736842105263 & 0.3157894736842105 & 0.10526315789473684 & 0.23684210526315788 \end{bmatrix}
w = 3
t = \begin{bmatrix} 1 & 2 & 4 & 1 & 5 \end{bmatrix}
P = \begin{bmatrix} 0.10416666666666667 & 0.16666666666666666 & 0.3541666666666667 & 0.1875 & 0.10416666666666667 & 0.08333333333333333 \\ 0.047619047619047616 & 0.047619047619047616 & 0.47619047619047616 & 0.3333333333333333 & 0.047619047619047616 & 0.047619047619047616 \\ 0.02631578947368421 & 0.10526315789473684 & 0.39473684210526316 & 0.21052631578947367 & 0.13157894736842105 & 0.13157894736842105 \\ 0.23684210526315788 & 0.07894736842105263 & 0.3157894736842105 & 0.15789473684210525 & 0.05263157894736842 & 0.15789473684210525 \\ 0.044444444444444446 & 0.13333333333333333 & 0.06666666666666667 & 0.37777777777777777 & 0.17777777777777778 & 0.2 \end{bmatrix}
# Solution
l = \begin{bmatrix} 2.585 & 1.07 & 2.926 & 3.663 & 2.322 \end{bmatrix}
L_{s} = 12.566
\text{ppl} = ${perplexity}`
    expect(await faults(loss, text('5.4928'))).toEqual([])
    expect(await faults(loss, text('7.4928'))).toEqual([expect.stringContaining('wrong')])
  })
})

describe('values that tie once they are rounded', () => {
  const text = (gradient: string): string => String.raw`# Given
X_{1} = \begin{bmatrix} 4 & 3 & 4 & 2 & 2 \\ 1 & 1 & 3 & 3 & 2 \\ 4 & 4 & 1 & 4 & 4 \end{bmatrix}
X_{2} = \begin{bmatrix} 3 & 1 & 1 & 4 & 4 \\ 0 & 4 & 1 & 2 & 0 \\ 1 & 0 & 1 & 2 & 1 \end{bmatrix}
X_{3} = \begin{bmatrix} 4 & 1 & 2 & 2 & 4 \\ 0 & 0 & 0 & 0 & 0 \\ 2 & 4 & 0 & 2 & 2 \end{bmatrix}
X_{4} = \begin{bmatrix} 0 & 1 & 4 & 3 & 1 \\ 1 & 2 & 0 & 3 & 1 \\ 0 & 1 & 3 & 4 & 0 \end{bmatrix}
k = 1
\alpha = 2
\beta = 2
G_{3} = \begin{bmatrix} -2 & 1 \end{bmatrix}
# Solution
B_{3} = \begin{bmatrix} 0.001 & 0.002 & 0.000 & 0.000 & 0.001 \\ 0.000 & 0.000 & 0.000 & 0.000 & 0.000 \\ 0.001 & 0.001 & 0.000 & 0.000 & 0.001 \end{bmatrix}
# Their gradients
\nabla B_{3} = \begin{bmatrix} ${gradient} \end{bmatrix}`

  test('may have their maximum at either', async () => {
    const first = String.raw`0 & -2 & 0 & 0 & 1 \\ 0 & 0 & 0 & 0 & 0 \\ 0 & 0 & 0 & 0 & 0`
    expect(await faults(exerciseAlexNet, text(first))).toEqual([])
  })

  test('have it nowhere else', async () => {
    const elsewhere = String.raw`0 & -2 & 0 & 1 & 0 \\ 0 & 0 & 0 & 0 & 0 \\ 0 & 0 & 0 & 0 & 0`
    expect(await faults(exerciseAlexNet, text(elsewhere))).not.toEqual([])
  })
})

const given11c = String.raw`# Given
x_{0} = 1
x_{1} = 1
x_{2} = 0
y_{\text{target}} = -1
\eta = 2
w_{03} = 0
w_{13} = 2
w_{23} = -3
w_{04} = 2
w_{14} = 3
w_{24} = 2.5
w_{05} = 1.5
w_{35} = 2
w_{45} = 0
# Solution
`

describe('significant digits', () => {
  test('are what a solution counts whose 1.000 is 0.9998 rounded up', async () => {
    // tanh′ of y₅ = 0.998, three digits of 0.99789, is 0.0040 and not 0.0042: Δw₁₃ = 0.00452, and 0.00475 exactly.
    const text = (change: string): string => String.raw`${given11c}\Delta w_{13} = ${change}
\Delta w_{14} = 0
# New weights, and the forward pass with them
w_{04} = 2.00
y_{4} = 1.000`
    expect(await faults(exercise11c, text('0.00452'))).toEqual([])
    expect(await faults(exercise11c, text('0.00752'))).toEqual([expect.stringContaining('wrong')])
  })

  test('are what a solution counts whose matrix has zeros of many decimals', async () => {
    const text = (entry: string): string => String.raw`# Given
X = \begin{bmatrix} -1.5 & 2.5 & -2.5 \\ 1.5 & -2.5 & 2 \\ 2.5 & 1.5 & 1 \\ -2.5 & 1 & -0.5 \end{bmatrix}
W_{Q} = \begin{bmatrix} -1 & -1 \\ 1 & 1 \\ -1.5 & -2 \end{bmatrix}
W_{K} = \begin{bmatrix} 0 & 1 \\ 0 & -2 \\ -2.5 & 2 \end{bmatrix}
W_{V} = \begin{bmatrix} -2.5 & 0.5 \\ 0.5 & 0 \\ 1 & 2.5 \end{bmatrix}
# Solution
A = \begin{bmatrix} 0.000000000000 & 1.0000 & 0.000000000000 & 0.000000000000 \\ 0.99990 & 0.000000000000 & 0.000000000000 & ${entry} \\ 0.97995 & 0.000000000002 & 0.0000053960 & 0.020047 \\ 0.000000000000 & 1.00000 & 0.000000000669 & 0.000000000000 \end{bmatrix}`
    expect(await faults(exercise21b, text('0.00010184'))).toEqual([])
    expect(await faults(exercise21b, text('0.00012184'))).toEqual([expect.stringContaining('wrong')])
  })

  test('are what a solution counts one of whose values has fewer, after as many decimals as there are', async () => {
    // The logits, to four digits, stand on no line: 0.003436 follows from them, and 0.003447 exactly.
    const text = (probability: string): string => String.raw`# Given
\mathcal{V} = \begin{bmatrix} 1 & 0 & -2 \\ -1 & 1 & 1 \\ 1 & -2 & 1 \\ -1 & 1 & 1 \\ 0 & 1 & 1 \\ -1 & -1 & -1 \\ 1 & -2 & -3 \end{bmatrix}
\text{ids} = \begin{bmatrix} 6 & 3 & 0 \end{bmatrix}
W_{\text{wh}} = \begin{bmatrix} -1 & 2 & 2 \\ -1 & 1 & 2 \end{bmatrix}
W_{\text{hh}} = \begin{bmatrix} 2 & 1 \\ 1 & 1 \end{bmatrix}
W_{\text{hy}} = \begin{bmatrix} 2 & 2 \\ 0 & -2 \\ 2 & 1 \end{bmatrix}
h_{0} = \begin{bmatrix} 0 & 0 \end{bmatrix}
b_{h} = \begin{bmatrix} 0 & 0 \end{bmatrix}
b_{y} = \begin{bmatrix} 2 & 1 & -1 \end{bmatrix}
# Solution
# With the mean of the hidden states
y = \begin{bmatrix} 0.9966 & 0.000000000753 & ${probability} \end{bmatrix}`
    expect(await faults(exercise13, text('0.003436'))).toEqual([])
    expect(await faults(exercise13, text('0.003636'))).toEqual([expect.stringContaining('wrong')])
  })
})

describe('a numeral that repeats a given 1 or 0', () => {
  const derivative = (result: string, given: string): string => String.raw`# Given
x_{0} = 1
x_{1} = 2
x_{2} = 0.5
y_{\text{target}} = ${given}
\eta = 2
w_{03} = 0
w_{13} = 1.5
w_{23} = 2
w_{04} = -3
w_{14} = -0.5
w_{24} = -0.5
w_{05} = -0.5
w_{35} = -0.5
w_{45} = -2.5
# Solution
y_{5} = \tanh(1.50) = 0.905
\delta_{5} = 2 \cdot (0.905 - 1) \cdot (1 - 0.905^{2}) = -0.0344
\delta_{4} = (1 - (-1.000)^{2}) \cdot (-2.5) \cdot (-0.0344) = ${result}`

  test('with the usual decimals may be another value, shortened to it', async () => {
    // y₄ = −0.99959, which no line writes down: 1 − y₄² is 0.00081.
    expect(await faults(exercise11c, derivative('0.0000699', '1'))).toEqual([])
    expect(await faults(exercise11c, derivative('0.000699', '1'))).toEqual([
      expect.stringContaining('line 19: arithmetic'),
    ])
  })

  test('with fewer decimals is the given', async () => {
    const text = (result: string): string => String.raw`${given11c}a_{3} = 0.0 + 1.0 \cdot 2 + 0.0 \cdot 3 = ${result}
y_{3} = 0.964`
    expect(await faults(exercise11c, text('2.000'))).toEqual([])
    expect(await faults(exercise11c, text('2.040'))).toEqual([expect.stringContaining('arithmetic')])
  })
})

test('decimals are taken for cut off where everything is right then, under whichever convention', async () => {
  // σ(−2.17) = 0.1025 and y₄ = 0.2689: 0.164·0.268 = 0.0439. Of three places, the other values could have been rounded as well.
  const text = (change: string): string => String.raw`# Given
x_{0} = 1
x_{1} = 0
x_{2} = -2
y_{\text{target}} = 1
\eta = 1
w_{03} = -0.5
w_{13} = 1
w_{23} = 1
w_{04} = 1
w_{14} = -1
w_{24} = 1
w_{05} = -2
w_{35} = -0.5
w_{45} = -0.5
# Solution
y_{5} = 0.102
\text{error} = 0.806
\delta_{5} = -0.164
\Delta w_{23} = -0.010
\Delta w_{24} = -0.032
\Delta w_{45} = ${change}`
  expect(await faults(exercise11b, text('-0.043'))).toEqual([])
  expect(await faults(exercise11b, text('-0.040'))).toEqual([expect.stringContaining('wrong')])
})

test('decimals are taken for cut off where everything is right then, under a convention that is worse when they are rounded', async () => {
  // Of 1.25/√3 = 0.7216 cut, e^0.7216 = 2.0577, and 2.0579 exactly: rounded, that is one more error than the sign of the query.
  const text = (first: string): string => String.raw`# Given
X = \begin{bmatrix} -0.5 & 0.5 & 0 \\ -2 & 0 & -0.5 \\ -2.5 & 1.5 & 1 \\ 1.5 & -1 & -1 \end{bmatrix}
q = \begin{bmatrix} -0.5 & -2 & -0.5 \end{bmatrix}
# Solution
# Attention
q_{\text{used}} = \begin{bmatrix} -0.5000 & 2.0000 & -0.5000 \end{bmatrix}
s = \begin{bmatrix} 1.2500 & 1.2500 & 3.7500 & -2.2500 \end{bmatrix}
E = \begin{bmatrix} ${first} & 2.0577 & 8.7146 & 0.2728 \end{bmatrix}
p = \begin{bmatrix} 0.1570 & 0.1570 & 0.6650 & 0.0208 \end{bmatrix}
y_{1} = \begin{bmatrix} -0.0785 & 0.0785 & 0.0000 \end{bmatrix}
y = \begin{bmatrix} -2.0238 & 1.0552 & 0.5657 \end{bmatrix}`
  expect(await faults(exercise21a, text('2.0577'))).toEqual([])
  expect(await faults(exercise21a, text('2.0597'))).not.toEqual([])
})

test('decimals are taken for cut off where everything is right then, and what seemed to follow from nothing', async () => {
  // y₄ = −0.76159, cut −0.7615: a₅ = 2 + 0.49985 − 1.90375 = 0.5961, and 0.5959 exactly. Rounded, w₃₅ is right all the same.
  const text = (sum: string): string => String.raw`# Given
x_{0} = 1
x_{1} = -0.5
x_{2} = 0.5
y_{\text{target}} = 0.5
\eta = 2
w_{03} = 3
w_{13} = -2.5
w_{23} = 0.5
w_{04} = 0.5
w_{14} = 2
w_{24} = -1
w_{05} = 2
w_{35} = 0.5
w_{45} = 2.5
# Solution
y_{3} = 0.9997
a_{5} = ${sum}
y_{5} = 0.5342
\text{error} = 0.0011
g_{4}' = 0.4199
\Delta w_{04} = 0.1024
\Delta w_{05} = 0.0976
# New weights, and the forward pass with them
w_{35} = 0.4025`
  expect(await faults(exercise11c, text('0.5961'))).toEqual([])
  expect(await faults(exercise11c, text('0.5991'))).not.toEqual([])
})

test('decimals are taken for cut off where everything is right then, though no value tells otherwise', async () => {
  // P_s = 0.0000187, of which five decimals are 0.00001, whose fifth root is a tenth.
  const text = (perplexity: string): string => String.raw`# Given
p = \begin{bmatrix} 0.1 & 0.25 & 0.45 & 0.1 & 0.05 & 0.05 \end{bmatrix}
w = 4
t = \begin{bmatrix} 4 & 3 & 1 & 1 & 5 \end{bmatrix}
P = \begin{bmatrix} 0.09 & 0.18 & 0.4 & 0.15 & 0.15 & 0.03 \\ 0.2 & 0.13 & 0.08 & 0.13 & 0.05 & 0.41 \\ 0.34 & 0.06 & 0.17 & 0.17 & 0.17 & 0.09 \\ 0.19 & 0.09 & 0.37 & 0.03 & 0.14 & 0.18 \\ 0.06 & 0.5 & 0.08 & 0.06 & 0.12 & 0.18 \end{bmatrix}
# Solution
\text{ppl} = ${perplexity}`
  expect(await faults(loss, text('10.00000'))).toEqual([])
  expect(await faults(loss, text('11.00000'))).toEqual([expect.stringContaining('wrong')])
})

describe('a numeral that may be a value on no line', () => {
  const given = (last: string): string => String.raw`# Given
x_{0} = 1
x_{1} = 1.5
x_{2} = -0.5
y_{\text{target}} = 1
\eta = 1
w_{03} = 0.5
w_{13} = 2
w_{23} = 1
w_{04} = -2
w_{14} = -0.5
w_{24} = -3
w_{05} = -2
w_{35} = -2
w_{45} = 2.5
# Solution
y_{4} = \tanh\left(-1.25\right) = -0.8483
${last}`
  const delta5 = (output: string, result: string): string =>
    given(
      String.raw`\delta_{5} = 2 \cdot \left(${output} - 1\right) \cdot \left(1 - \left(${output}\right)^{2}\right) = ${result}`,
    )

  test('is that value where it is written without its last zeros', async () => {
    // y₅ = −0.99999, of which four decimals without zeros are −1: the delta is −0.00008.
    expect(await faults(exercise11c, delta5('-1', '-0.0001'))).toEqual([])
    expect(await faults(exercise11c, delta5('-1', '-0.0011'))).toEqual([expect.stringContaining('arithmetic')])
  })

  test('is itself where that value stands on a line', async () => {
    const written = given(String.raw`y_{5} = -0.99999
\delta_{5} = 2 \cdot \left(-1 - 1\right) \cdot \left(1 - \left(-1\right)^{2}\right) = -0.0001`)
    expect(await faults(exercise11c, written)).toEqual([
      expect.stringContaining('line 19: wrong: δ₅ should be -0.00007937'),
    ])
  })
})

test('a value that was cut is not taken for its namesake after the update', async () => {
  // y₃ = 0.996997…, and the new one is 0.99699, rounded.
  const text = String.raw`# Given
x_{0} = 1
x_{1} = -0.5
x_{2} = -0.5
y_{\text{target}} = -1
\eta = 0.25
w_{03} = 1
w_{13} = -2
w_{23} = -2.5
w_{04} = -0.5
w_{14} = 1
w_{24} = 3
w_{05} = 0.5
w_{35} = 1.5
w_{45} = 3
# Solution
y_{3} = 0.99699
\text{error} = 0.06441
\delta_{3} = 0.00202
\Delta w_{04} = 0.00448`
  expect(await faults(exercise11c, text)).toEqual([])
})

test('a value that follows from others that were cut speaks for cutting', async () => {
  // w₂ = (−1.3158, −0.0909) stands on no line: of (−1.315, −0.090) half the square is 0.8687, which is 0.8698 otherwise.
  const text = (penalty: string): string => String.raw`# Given
H = \begin{bmatrix} 2.5 & 0 \\ 0 & 0.5 \end{bmatrix}
w^{*} = \begin{bmatrix} -2.5 & -0.5 \end{bmatrix}
\lambda_{2} = 2.25
\lambda_{3} = 3
# Solution
w_{1} = \begin{bmatrix} -2.500 & -0.500 \end{bmatrix}
w_{3} = \begin{bmatrix} -1.300 & 0.000 \end{bmatrix}
w_{4} = \begin{bmatrix} 0.000 & 0.000 \end{bmatrix}
\Delta w_{2} = \begin{bmatrix} 0.900 & 0.500 \end{bmatrix}
g_{2} = \begin{bmatrix} 2.250 & 0.250 \end{bmatrix}
J_{2} = 1.075
\Delta w_{3} = \begin{bmatrix} 1.200 & 0.500 \end{bmatrix}
g_{3} = \begin{bmatrix} 3.000 & 0.250 \end{bmatrix}
# With the L2 norm
w_{3} = \begin{bmatrix} -1.136 & -0.071 \end{bmatrix}
w_{4} = \begin{bmatrix} 0.000 & 0.000 \end{bmatrix}
\Delta w_{2} = \begin{bmatrix} 1.185 & 0.410 \end{bmatrix}
g_{2} = \begin{bmatrix} 2.962 & 0.205 \end{bmatrix}
J_{2} = 1.797
\Omega_{2} = ${penalty}
\Delta w_{3} = \begin{bmatrix} 1.364 & 0.429 \end{bmatrix}
g_{3} = \begin{bmatrix} 3.410 & 0.214 \end{bmatrix}
\Omega_{3} = 0.647`
  expect(await faults(exercise5, text('0.868'))).toEqual([])
  expect(await faults(exercise5, text('0.848'))).toEqual([expect.stringContaining('line 21: wrong')])
})
