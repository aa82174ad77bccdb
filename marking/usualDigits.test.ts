import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exerciseAlexNet } from '../exercises/lecture/alexnet.js'
import { masks } from '../exercises/lecture/masks.js'
import { transfer } from '../exercises/lecture/transfer.js'
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
